// The outputs that people and bots attach to: HTTP and websocket on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "engine/signal.hpp"
#include "feeds/feed.hpp"

namespace boost::asio {
class io_context;
}

namespace lockstep::engine {

/// What the server needs from the daemon besides signals. The callbacks must be callable from the API thread.
struct ApiHooks {
  /// Passes a request for the weight table to the series' shard; the answer comes by on_detail().
  std::function<void(const DetailRequest&)> request_detail;
  std::function<std::vector<feeds::FeedHealth>()> feed_health;
  std::function<std::string()> config_text;       ///< what is in force, for /v1/status
};

/// HTTP GET /v1/status, /v1/signals, /v1/signals/{venue}/{symbol}/{interval}[?detail=1]; websocket /v1/stream.
/// Documented in docs/api.md. Everything runs on the io_context's one thread.
class ApiServer {
 public:
  /// Binds at once: throws std::system_error when the address is taken. The catalog must outlive the server.
  ApiServer(boost::asio::io_context& io, const ApiConfig& config, const core::Catalog& catalog, ApiHooks hooks);
  ~ApiServer();

  /// The port in use (of interest when the configuration said 0).
  int port() const;
  /// A publication: becomes the series' latest and goes to stream clients.
  void on_signal(const Signal& signal);
  void on_detail(const DetailAnswer& answer);
  /// The latest publications of a series (for the terminal table): the last of any kind; kind state and ts_open_ms 0 if none.
  const Signal& latest(core::SeriesId series) const;
  /// The latest closed bar's publication.
  const Signal& latest_closed(core::SeriesId series) const;
  /// Refuses new clients, closes websockets with 1001, ends within a second.
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace lockstep::engine
