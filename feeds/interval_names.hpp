// How venues write intervals.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace lockstep::feeds {

/// One interval in a venue's spelling and in lockstep's: "60" and "1h".
struct IntervalName {
  std::string_view venue, ours;
};

/// The venue's spelling as lockstep's; `text` itself where the table has none.
template <std::size_t N>
constexpr std::string_view our_interval(const IntervalName (&names)[N], std::string_view text) {
  const auto* const found =
      std::find_if(names, names + N, [&](const IntervalName& name) { return name.venue == text; });
  return found == names + N ? text : found->ours;
}

/// The other way round; empty where the venue does not have the interval.
template <std::size_t N>
constexpr std::string_view venue_interval(const IntervalName (&names)[N], std::string_view interval) {
  const auto* const found =
      std::find_if(names, names + N, [&](const IntervalName& name) { return name.ours == interval; });
  return found == names + N ? std::string_view() : found->venue;
}

}  // namespace lockstep::feeds
