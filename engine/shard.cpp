#include "engine/shard.hpp"

#include <algorithm>

namespace lockstep::engine {
namespace {

/// Series seen to at once: some 10 us of work, as long as an event that comes meanwhile may have to wait.
/// Where whole runs are due, some 500 us.
constexpr std::size_t kPostponedAtOnce = RollingRuns::kTogether;
/// From so many bars on, a batch over the run from its first bar costs less than its bars one by one.
constexpr std::int64_t kWholeRunBars = 256;

}  // namespace

Shard::Shard(const core::Catalog& catalog, const std::vector<core::SeriesId>& ids,
             const SeriesSettings& settings, SeriesSink& sink, EventRecorder* recorder)
    : catalog_(catalog),
      settings_(settings),
      sink_(sink),
      recorder_(recorder),
      by_id_(catalog.size(), nullptr),
      by_venue_(catalog.venues().size()) {
  for (const core::SeriesId id : ids) begin(id);
}

void Shard::begin(core::SeriesId id) {
  if (id >= by_id_.size()) by_id_.resize(id + 1, nullptr);
  if (by_id_[id] != nullptr) return;
  ids_.push_back(id);
  series_.push_back(std::make_unique<LiveSeries>(catalog_[id], settings_));
  by_id_[id] = series_.back().get();
  by_venue_[catalog_[id].venue_index].push_back(id);
}

void Shard::adopt(core::SeriesId id, std::unique_ptr<LiveSeries> series) {
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (ids_[i] != id) continue;
    by_id_[id] = series.get();
    series_[i] = std::move(series);
  }
}

void Shard::give(LiveSeries& series, core::SeriesId id, const core::MarketEvent& event) {
  if (series.awaits_history()) finish_cold_starts();
  const SeriesMark before{series.sequence(), series.transitions(), series.revision(), series.counters()};
  series.take(event, sink_);
  if (series.awaits_history()) {
    cold_starts_.add(series, id, event, before);
    if (cold_starts_.size() == ColdStarts::kTogether) finish_cold_starts();
    return;
  }
  if (recorder_ != nullptr) recorder_->applied(event, series, id, before);
}

bool Shard::finish_cold_starts() {
  if (cold_starts_.size() == 0) return false;
  cold_starts_.finish(sink_, recorder_);
  return true;
}

void Shard::apply(const core::MarketEvent& event) {
  if (event.kind == core::EventKind::clock) {
    if (event.venue >= by_venue_.size()) return;
    for (const core::SeriesId id : by_venue_[event.venue]) give(*by_id_[id], id, event);
    return;
  }
  if (event.series >= by_id_.size() || by_id_[event.series] == nullptr) return;
  give(*by_id_[event.series], event.series, event);
  // Without a quiet moment for long, the next commit of each does it.
  if (event.is_closed && postponed_.size() < 2 * series_.size()) postponed_.push_back(by_id_[event.series]);
}

bool Shard::do_postponed() {
  whole_runs_.clear();
  for (std::size_t i = 0; i < kPostponedAtOnce && !postponed_.empty(); ++i) {
    AnchoredState* const state = postponed_.back()->anchored();
    postponed_.pop_back();
    if (state == nullptr) continue;
    if (state->postponed_bars() >= kWholeRunBars) {
      const bool is_there = std::find(whole_runs_.begin(), whole_runs_.end(), state) != whole_runs_.end();
      if (!is_there) whole_runs_.push_back(state);
    } else {
      state->prepare();
    }
  }
  if (!whole_runs_.empty()) rolling_runs_.build(whole_runs_);
  return !postponed_.empty();
}

DetailAnswer Shard::answer(const DetailRequest& request) {
  DetailAnswer answer;
  answer.request_id = request.request_id;
  if (request.series < by_id_.size() && by_id_[request.series] != nullptr)
    by_id_[request.series]->detail(answer);
  return answer;
}

}  // namespace lockstep::engine
