// Histories of cold starts, computed several at a time.
#pragma once

#include <cstddef>
#include <vector>

#include "engine/event_recorder.hpp"
#include "engine/live_series.hpp"
#include "kernels/batch.hpp"

namespace lockstep::engine {

/// Series of a shard whose history has become complete wait here for one another: eight of them in the lanes
/// of a batch cost little more than half of what their bars cost one by one. Nobody waits for company: the
/// shard finishes them in its next quiet moment, or when one of them has another event. The results are those
/// of LiveSeries::apply, to the bit.
class ColdStarts {
 public:
  /// As many as fill the lanes of the widest CPU backend.
  static constexpr std::size_t kTogether = 8;

  ColdStarts();

  /// A series that awaits_history(), and the event that made it complete; the recorder hears of it in
  /// finish().
  void add(LiveSeries& series, core::SeriesId id, const core::MarketEvent& event, const SeriesMark& before);
  std::size_t size() const { return waiting_.size(); }
  /// All that wait, in the order they came.
  void finish(SeriesSink& sink, EventRecorder* recorder);

 private:
  struct Waiting {
    LiveSeries* series;
    core::SeriesId id;
    core::MarketEvent event;
    SeriesMark before;
    std::size_t unused_bars;  ///< of its history: before a time anchor
  };

  Batch batch_;
  std::vector<Waiting> waiting_;
  std::vector<BatchSeries> series_;
  std::vector<BatchResult> results_;
};

}  // namespace lockstep::engine
