// How a daemon's queues and journal do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/audit/stats.hpp"
#include "engine/journal/writer.hpp"
#include "engine/watchdog.hpp"

namespace lockstep::engine {

/// How the queues do; every counter grows only.
struct DaemonHealth {
  std::vector<std::size_t> queue_depth;  ///< per shard, events
  std::vector<std::int64_t>
      lag_ms;                     ///< per shard: since its socket the oldest event at hand has waited so long
  std::uint64_t events_lost = 0;  ///< pushed while a shard's queue was full (the series went to GAP)
  std::uint64_t signals_lost = 0;  ///< published while the outputs' queue was full
  bool has_journal = false;
  bool is_journal_stuck = false;  ///< nothing is published, no series is valid
  std::string journal_trouble;    ///< why; empty while all is well
  journal::WriterStats journal;
  audit::Stats audit;
  WatchStats watch;
};

}  // namespace lockstep::engine
