// How the self-audit does, for status and metrics.
#pragma once

#include <cstdint>
#include <string>

namespace lockstep::engine::audit {

/// Counters grow only, since the start.
struct Stats {
  bool is_enabled = false;
  bool is_running = false;                ///< a pass is under way
  std::uint64_t passes = 0;               ///< whole ones
  std::uint64_t series = 0;               ///< series checked
  std::uint64_t bars = 0;                 ///< closed bars recomputed by the batch path
  std::uint64_t differences = 0;          ///< series found wrong: must always be 0
  std::uint64_t backend_differences = 0;  ///< a batch backend alone was wrong: must always be 0
  std::uint64_t rebuilds = 0;             ///< series that were made to begin anew
  std::uint64_t postponed = 0;            ///< checks put off: the journal was stuck, or its files changed
  std::uint64_t series_done = 0, series_total = 0;  ///< of the present or last pass
  std::int64_t ts_pass_begin_ms = 0,
               ts_pass_end_ms = 0;  ///< wall time, of the present and the last whole pass
  std::int64_t cpu_ms = 0;          ///< that the audit's thread has used
  std::string last_report;          ///< file; empty: none
};

}  // namespace lockstep::engine::audit
