// Which batch runs give what an AnchoredState gives.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "incremental/anchored_state.hpp"

namespace lockstep {

/// A fresh run over bars first .. end - 1, whose outputs from `outputs` on are those of the anchored state;
/// what comes before is its run-up.
struct AnchoredRun {
  std::int64_t first = 0;    ///< its anchor: bar 0 of the run
  std::int64_t outputs = 0;  ///< >= first
  std::int64_t end = 0;      ///< > outputs
};

/// The runs of a series, oldest first; their outputs follow each other without a gap. Empty when every bar
/// lies before a time anchor. With rolling:N/S each run takes N bars before its S bars of outputs.
std::vector<AnchoredRun> anchored_runs(std::span<const BarTicks> bars, const Anchor& anchor,
                                       std::int64_t interval_ms);

}  // namespace lockstep
