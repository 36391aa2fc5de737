// What the watchdog of a daemon looks at.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/watchdog.hpp"

namespace lockstep::engine {

class NetworkThread;
class ShardThread;
namespace audit {
class AuditThread;
}
namespace journal {
class Journal;
}

/// All outlive the watchdog.
struct DaemonThreads {
  const NetworkThread& network;
  const std::atomic<std::uint64_t>& output_beats;  ///< grows while the outputs thread moves
  const std::vector<std::unique_ptr<ShardThread>>& shards;
  journal::Journal* journal;        ///< null: none is kept
  const audit::AuditThread* audit;  ///< null: there is none, or it is switched off
};

std::vector<Watchdog::Watched> watched_threads(const DaemonThreads& threads);

/// Watchdog::Hooks::give_up of a daemon: says why, and ends the process, to be started anew.
[[noreturn]] void end_stuck_process(const std::string& names);

}  // namespace lockstep::engine
