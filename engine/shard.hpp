// A share of the series, on one thread. The transition is apply(event): deterministic, no clock, no sockets,
// no locks.
#pragma once

#include <memory>
#include <vector>

#include "engine/core/catalog.hpp"
#include "engine/live_series.hpp"

namespace lockstep::engine {

class Shard {
 public:
  /// `ids` are this shard's series. Settings and sink must outlive the shard.
  Shard(const core::Catalog& catalog, const std::vector<core::SeriesId>& ids, const SeriesSettings& settings,
        SeriesSink& sink);

  /// One event, in the order it was taken from the queue. Events of series that are not ours are ignored.
  void apply(const core::MarketEvent& event);
  /// Does some of what the events so far left for a quiet moment; false when nothing is left. Changes no
  /// result.
  bool do_postponed();
  /// The weight table of a series; answer.request_id is the request's.
  DetailAnswer answer(const DetailRequest& request);

  const std::vector<std::unique_ptr<LiveSeries>>& series() const { return series_; }

 private:
  SeriesSink& sink_;
  std::vector<std::unique_ptr<LiveSeries>> series_;
  std::vector<LiveSeries*> postponed_;              // had a closed bar since; some more than once
  std::vector<LiveSeries*> by_id_;                  // null: not ours
  std::vector<std::vector<LiveSeries*>> by_venue_;  // who hears a venue's clock
};

/// The shard of a series.
inline std::size_t shard_of(core::SeriesId id, std::size_t shards) {
  return id % shards;
}

}  // namespace lockstep::engine
