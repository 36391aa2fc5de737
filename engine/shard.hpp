// A share of the series, on one thread. The transition is apply(event): deterministic, no clock, no sockets,
// no locks.
#pragma once

#include <memory>
#include <vector>

#include "engine/cold_starts.hpp"
#include "engine/core/catalog.hpp"
#include "engine/event_recorder.hpp"
#include "engine/live_series.hpp"
#include "kernels/rolling_runs.hpp"

namespace lockstep::engine {

class Shard {
 public:
  /// `ids` are this shard's series. Catalog, settings, sink and recorder (if any) must outlive the shard.
  Shard(const core::Catalog& catalog, const std::vector<core::SeriesId>& ids, const SeriesSettings& settings,
        SeriesSink& sink, EventRecorder* recorder = nullptr);

  /// Takes the place of a series of ours, before any event: one that was restored.
  void adopt(core::SeriesId id, std::unique_ptr<LiveSeries> series);

  /// A series of the catalog that came after the start joins, without a bar. Nothing when it is here already.
  void begin(core::SeriesId id);

  /// One event, in the order it was taken from the queue. Events of series that are not ours are ignored.
  void apply(const core::MarketEvent& event);
  /// Computes the histories that are complete: at the latest when nothing else is to be done, and before
  /// anybody looks at a series. False when none was.
  bool finish_cold_starts();
  /// Does some of what the events so far left for a quiet moment; false when nothing is left. Changes no
  /// result.
  bool do_postponed();
  /// The weight table of a series; answer.request_id is the request's.
  DetailAnswer answer(const DetailRequest& request);

  const std::vector<std::unique_ptr<LiveSeries>>& series() const { return series_; }
  /// The series with this id; null when it is not ours.
  const LiveSeries* find(core::SeriesId id) const { return id < by_id_.size() ? by_id_[id] : nullptr; }

 private:
  void give(LiveSeries& series, core::SeriesId id, const core::MarketEvent& event);

  const core::Catalog& catalog_;
  const SeriesSettings& settings_;
  SeriesSink& sink_;
  EventRecorder* recorder_;
  std::vector<core::SeriesId> ids_;
  std::vector<std::unique_ptr<LiveSeries>> series_;
  std::vector<LiveSeries*> postponed_;      // had a closed bar since; some more than once
  std::vector<AnchoredState*> whole_runs_;  // of those, with much to do
  RollingRuns rolling_runs_;
  ColdStarts cold_starts_;
  std::vector<LiveSeries*> by_id_;                     // null: not ours
  std::vector<std::vector<core::SeriesId>> by_venue_;  // who hears a venue's clock
};

/// The shard of a series.
inline std::size_t shard_of(core::SeriesId id, std::size_t shards) {
  return id % shards;
}

}  // namespace lockstep::engine
