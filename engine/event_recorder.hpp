// Who hears of what events did to series: the journal.
#pragma once

#include <cstdint>

#include "engine/live_series.hpp"

namespace lockstep::engine {

/// What a series was before an event.
struct SeriesMark {
  std::uint64_t sequence = 0;
  std::uint64_t transitions = 0;
  std::uint32_t revision = 0;
  SeriesCounters counters;
};

/// Hears of every event after a series has taken it, and after its publications went to the sink.
class EventRecorder {
 public:
  virtual ~EventRecorder() = default;
  virtual void applied(const core::MarketEvent& event, const LiveSeries& series, core::SeriesId id,
                       const SeriesMark& before) = 0;
};

}  // namespace lockstep::engine
