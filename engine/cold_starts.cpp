#include "engine/cold_starts.hpp"

namespace lockstep::engine {
ColdStarts::ColdStarts() : batch_(BatchOptions::on_this_thread()) {}

void ColdStarts::add(LiveSeries& series, core::SeriesId id, const core::MarketEvent& event,
                     const SeriesMark& before) {
  BatchSeries batch_series;
  batch_series.bars = series.history();
  // Only bars that a state can begin with are kept, so there is one.
  batch_series.end_state = series.anchored()->begin_history(batch_series.bars);
  batch_series.params = &batch_series.end_state->params();
  waiting_.push_back({&series, id, event, before, series.history().size() - batch_series.bars.size()});
  series_.push_back(batch_series);
}

void ColdStarts::finish(SeriesSink& sink, EventRecorder* recorder) {
  results_.resize(series_.size());
  batch_.recompute(series_, results_);
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const Waiting& each = waiting_[i];
    const auto taken = static_cast<std::size_t>(results_[i].bars);
    each.series->anchored()->end_history(series_[i].bars.first(taken));
    each.series->end_history(each.unused_bars + taken, results_[i].status, sink);
    if (recorder != nullptr) recorder->applied(each.event, *each.series, each.id, each.before);
  }
  waiting_.clear();
  series_.clear();
}

}  // namespace lockstep::engine
