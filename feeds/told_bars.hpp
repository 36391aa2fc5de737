// The newest closed bars of each series, as the engine was told them.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/core/event.hpp"

namespace lockstep::feeds {

struct ToldBar {
  BarTicks bar;
  std::uint8_t price_scale = 0;
};

/// Bounded: kKept bars a series.
class ToldBars {
 public:
  static constexpr std::size_t kKept = 48;

  /// `series_count`: size of the catalog.
  explicit ToldBars(std::size_t series_count) : series_(series_count) {}

  void grow(std::size_t series_count) { series_.resize(series_count); }
  /// A closed bar, of the stream or of history; the same open time again takes the place of the one before.
  void note(const core::MarketEvent& event);
  /// Oldest first, each open time once.
  const std::deque<ToldBar>& of(core::SeriesId series) const { return series_[series]; }

 private:
  std::vector<std::deque<ToldBar>> series_;
};

}  // namespace lockstep::feeds
