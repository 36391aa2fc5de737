#include "kernels/rolling_runs.hpp"

namespace lockstep {
RollingRuns::RollingRuns() : batch_(BatchOptions::on_this_thread()) {}

void RollingRuns::build(std::span<AnchoredState* const> states) {
  if (bars_.size() < states.size()) bars_.resize(states.size());
  series_.clear();
  building_.clear();
  for (AnchoredState* const state : states) {
    std::vector<BarTicks>& bars = bars_[building_.size()];
    BatchSeries series;
    state->begin_next_run(bars, series.end_state);
    if (bars.empty()) continue;
    series.params = &series.end_state->params();
    series.bars = bars;
    series_.push_back(series);
    building_.push_back(state);
  }
  results_.resize(series_.size());
  batch_.recompute(series_, results_);
  // A refused bar is met again, and reported, where the run is needed.
  for (std::size_t i = 0; i < building_.size(); ++i) building_[i]->end_next_run(results_[i].bars);
}

}  // namespace lockstep
