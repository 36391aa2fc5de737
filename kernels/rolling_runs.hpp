// The next runs of many rolling anchors, built together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "incremental/anchored_state.hpp"
#include "kernels/batch.hpp"

namespace lockstep {

/// Series of one interval re-anchor on the same bar, each on a run of N bars (1,500 by default). Eight of
/// these runs in the lanes of a batch cost little more than half of what as many commits cost. It changes no
/// result: a state whose run is not ready when its bar comes builds it itself.
class RollingRuns {
 public:
  /// As many as fill the lanes of the widest CPU backend.
  static constexpr std::size_t kTogether = 8;

  RollingRuns();

  /// Builds the next runs of these states as far as their bars go. All have one configuration; price scales
  /// may differ. States whose next run is not in sight stay as they are.
  void build(std::span<AnchoredState* const> states);

 private:
  Batch batch_;
  // Of one build(); kept for their memory.
  std::vector<AnchoredState*> building_;
  std::vector<std::vector<BarTicks>> bars_;
  std::vector<BatchSeries> series_;
  std::vector<BatchResult> results_;
};

}  // namespace lockstep
