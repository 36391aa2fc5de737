// The outputs that people and bots attach to: HTTP and websocket on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/api/limits.hpp"
#include "engine/api/static_files.hpp"
#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "engine/health.hpp"
#include "engine/history_page.hpp"
#include "engine/metrics/text_writer.hpp"
#include "engine/series_changes.hpp"
#include "engine/signal.hpp"
#include "feeds/feed.hpp"

namespace boost::asio {
class io_context;
}

namespace lockstep::engine {

/// Makes the answer's text on the thread that has computed the page.
using HistoryFormat = std::function<std::string(const HistoryPage&)>;
/// Takes that text, on the API thread.
using HistoryDone = std::function<void(const std::string&)>;

/// What the server needs from the daemon besides signals. The callbacks must be callable from the API thread.
struct ApiHooks {
  /// Passes a request for the weight table to the series' shard; the answer comes by on_detail().
  std::function<void(const DetailRequest&)> request_detail;
  std::function<std::vector<feeds::FeedHealth>()> feed_health;
  std::function<DaemonHealth()> daemon_health;
  std::function<void(metrics::TextWriter&)> write_metrics;  ///< whole families, for /metrics
  std::function<std::string()> config_text;                 ///< what is in force, for /v1/status
  /// Asks for a page of the past; empty: there is none to ask.
  std::function<void(const HistoryQuery&, HistoryFormat, HistoryDone)> history;
  /// Begins a snapshot of all states; false when one is under way. Empty: there is no journal.
  std::function<bool()> snapshot_now;
  std::function<bool()> audit_now;  ///< a pass of the self-audit; false: there is none
  /// Adds or removes series; the report comes on the API thread, once, or never when the daemon stops. Empty:
  /// the series are fixed.
  std::function<void(const SeriesRequest&, std::function<void(const SeriesReport&)>)> change_series;
  /// For /v1/config: what is kept beside the configuration.
  std::function<SeriesChanges()> series_changes;
  std::span<const StaticFile> page;  ///< for browsers
  AtcConfig atc;                     ///< in force
};

/// HTTP and the websocket /v1/stream, as docs/api.md and docs/openapi.json document them, and a page at `/`.
/// Everything runs on the io_context's one thread: the members must be called there, except the constructor,
/// the destructor and port() while the io_context does not run. What is behind the server never waits for a
/// client.
class ApiServer {
 public:
  /// Binds at once. The catalog must outlive the server; what joins it later the server is told.
  /// Throws std::invalid_argument when the configuration is not usable (bind is not an address, it is beyond
  /// loopback without a token, the token is short), std::system_error when the address is taken.
  ApiServer(boost::asio::io_context& io, const ApiConfig& config, const core::Catalog& catalog,
            ApiHooks hooks, const ApiLimits& limits = {});
  /// Cuts what stop() has not ended. The io_context must not run any more, or on this thread only.
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  /// The port in use (of interest when the configuration said 0).
  int port() const;
  /// Random at each start; in every answer, so that clients notice a restart.
  const std::string& epoch() const;
  /// The series with the next id has joined the catalog; before its first publication.
  void add_series(const core::Series& series);
  /// A publication: becomes the series' latest and goes to stream clients. ts_published_ns is
  /// std::chrono::steady_clock.
  void on_signal(const Signal& signal);
  void on_detail(const DetailAnswer& answer);
  /// The latest publications of a series (for the terminal table): the last of any kind; kind state and
  /// ts_open_ms 0 if none.
  const Signal& latest(core::SeriesId series) const;
  /// The latest closed bar's publication.
  const Signal& latest_closed(core::SeriesId series) const;
  /// Refuses new clients, closes websockets with 1001, ends within a second: after that the server has no
  /// work left on the io_context.
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::engine
