// The daemon: feeds on a network thread, shards on theirs, outputs on another; only queues between them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/api/static_files.hpp"
#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "engine/health.hpp"
#include "engine/history_page.hpp"
#include "engine/signal.hpp"
#include "feeds/feed.hpp"

namespace lockstep::engine {

class ApiServer;
namespace metrics {
class Registry;
}

/// One running engine. start(), then run_outputs() on the caller's thread until stop().
class Daemon {
 public:
  /// Called on the outputs thread for every publication, after the API has it (for the terminal's plain
  /// mode).
  using SignalHook = std::function<void(const Signal&)>;

  /// Throws ConfigError when feeds are missing or contradict each other, std::system_error when the API's
  /// address is taken, std::invalid_argument with a feed's complaint, journal::StorageError when the data
  /// directory is in use or cannot be written. Keeps a journal when [journal] is enabled and a data_dir
  /// given.
  /// `page`: files that the API serves to browsers; they outlive the daemon.
  explicit Daemon(const Config& config, std::span<const StaticFile> page = {});
  ~Daemon();

  void start();
  /// SIGINT and SIGTERM call stop(); a second one ends the process at once.
  void stop_on_signals();
  /// Serves the API and calls `every` each `period_ms` on this thread, until stop().
  void run_outputs(int period_ms, const std::function<void()>& every, SignalHook on_signal = {});
  /// From any thread, also from within the callbacks: stops feeds, drains shards, ends run_outputs().
  /// Idempotent.
  void stop();

  /// SIGHUP calls it, on the outputs thread. Before run_outputs().
  void on_hangup(std::function<void()> reload);
  /// On the outputs thread: takes over what can change while it runs (see take_live_part()); the log is its
  /// owner's matter. Throws std::invalid_argument for a target that cannot be used, and std::system_error
  /// when the outbox cannot be opened; then nothing has changed.
  void use(const Config& config);
  /// Any thread: the self-audit has found a bar that differs. Raises alerts; counting is the audit's own
  /// matter.
  void report_audit_difference(core::SeriesId series, std::int64_t ts_open_ms, std::string what);

  const core::Catalog& catalog() const;
  /// For the outputs thread only.
  ApiServer& api();
  /// From any thread while the daemon runs; `done` is called on the history's own thread.
  void ask_history(const HistoryQuery& query, std::function<void(const HistoryPage&)> done);
  /// From any thread; as of a fraction of a second ago.
  std::vector<feeds::FeedHealth> feed_health() const;
  DaemonHealth health() const;
  /// From any thread: every thread of the daemon moves, the watchdog too. False before run_outputs().
  bool is_moving() const;
  /// From any thread: a pass of the self-audit now, or after the present one. False: there is no audit.
  bool audit_now();
  /// Why the daemon stopped by itself: the journal failed. Empty otherwise.
  std::string failure() const;
  /// To count in; any thread, as long as the daemon lives. engine/metrics/registry.hpp shows how.
  metrics::Registry& metrics();
  /// What was found in the data directory at the start: damage, and how it was answered.
  std::vector<std::string> findings() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::engine
