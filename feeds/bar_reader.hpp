// The decimal texts of a bar, checked and turned into ticks. Pure, and the same for every venue.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/core/event.hpp"
#include "engine/core/interval.hpp"

namespace lockstep::feeds {

/// A bar as a venue wrote it. The texts point into the frame.
struct BarTexts {
  std::int64_t ts_open_ms = 0;
  std::string_view open, high, low, close, volume;
};

/// A bar of a REST answer.
struct HistoryRow {
  BarTexts bar;
  std::int64_t ts_close_ms = 0;  ///< last ms of the bar, inclusive
};

/// Times outside these are a wrong unit or damage, never data: 2009-01-01 and 2100-01-01, UTC.
inline constexpr std::int64_t kTimeMsMin = 1'230'768'000'000;
inline constexpr std::int64_t kTimeMsMax = 4'102'444'800'000;
constexpr bool is_time_plausible(std::int64_t ts_ms) {
  return ts_ms >= kTimeMsMin && ts_ms < kTimeMsMax;
}

/// Fills bar, volume and price_scale of `out` (0 <= price_scale <= 18) and gives Reason::none, or leaves
/// `out` untouched and says why not:
///   record_unusable  time outside 2009..2100, or a text that is not a decimal, or a negative volume
///   off_grid         the open time is no multiple of the interval
///   scale_changed    a price has more decimals than price_scale: see scale_needed()
///   price_refused    price not positive or beyond int64 ticks, or not low <= open, close <= high
core::Reason read_bar(const BarTexts& texts, const core::Interval& interval, int price_scale,
                      core::MarketEvent& out);

/// The least scale that holds all four prices exactly. Nothing when one is no decimal or needs more than 18.
std::optional<int> scale_needed(const BarTexts& texts);

}  // namespace lockstep::feeds
