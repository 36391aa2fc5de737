#include "engine/daemon_watch.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "engine/audit/audit_thread.hpp"
#include "engine/journal/journal.hpp"
#include "engine/network_thread.hpp"
#include "engine/shard_thread.hpp"

namespace lockstep::engine {
namespace {

/// Idle, and while the disk is full, the writer waits for others: that is not its fault. The gate says what a
/// disk that hangs means, long before this does.
std::function<std::uint64_t()> writer_beats(const journal::Writer& writer) {
  return [&writer, count = std::uint64_t{0}]() mutable {
    const std::int64_t since = writer.busy_since_ns();
    return since == 0 || writer.is_stalled() ? ++count | std::uint64_t{1} << 63
                                             : static_cast<std::uint64_t>(since);
  };
}

}  // namespace

std::vector<Watchdog::Watched> watched_threads(const DaemonThreads& threads) {
  std::vector<Watchdog::Watched> watched;
  watched.push_back({"network", [&network = threads.network] { return network.beats(); }});
  watched.push_back(
      {"outputs", [&beats = threads.output_beats] { return beats.load(std::memory_order_relaxed); }});
  for (std::size_t i = 0; i < threads.shards.size(); ++i)
    watched.push_back(
        {"shard " + std::to_string(i), [&shard = *threads.shards[i]] { return shard.beats(); }});
  if (journal::Journal* journal = threads.journal) {
    watched.push_back({"journal", writer_beats(journal->writer()), std::chrono::seconds(10), false});
    watched.push_back(
        {"keeper", [journal] { return journal->keeper().beats(); }, std::chrono::seconds(120), false});
  }
  if (const audit::AuditThread* audit = threads.audit)
    watched.push_back({"audit", [audit] { return audit->beats(); }, std::chrono::seconds(120), false});
  return watched;
}

void end_stuck_process(const std::string& names) {
  spdlog::critical("{}: stuck for good. What was published is safe; ending, to be started anew", names);
  spdlog::default_logger()->flush();
  std::_Exit(4);
}

}  // namespace lockstep::engine
