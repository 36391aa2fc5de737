// How long a bar is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep::core {

/// A bar length, written as traders do: 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M (month, capital).
/// Any positive count of s, m, h, d, w (100 years at most), and 1M, is an interval; which of them a venue has
/// is the venue's matter. Equal lengths are equal intervals: 60m is 1h, 7d is 1w. Times are UTC ms within
/// +-9e15.
class Interval {
 public:
  /// Nothing when `text` is not an interval.
  static std::optional<Interval> parse(std::string_view text);

  /// In the longest unit that divides it: 90m, but 1h for 60m.
  std::string text() const;
  bool is_month() const { return ms_ == 0; }
  /// Length in ms; 0 for the calendar month.
  std::int64_t ms() const { return ms_; }
  /// Open time of the bar after (before) the one that opens at ts_open_ms.
  std::int64_t next_open_ms(std::int64_t ts_open_ms) const;
  std::int64_t previous_open_ms(std::int64_t ts_open_ms) const;
  /// Open time of the bar that holds ts_ms. UTC; weeks open on Monday (several weeks count from 1970-01-05),
  /// all other intervals count from the epoch.
  std::int64_t open_of(std::int64_t ts_ms) const;
  /// ts_open_ms is the open time of a bar.
  bool on_grid(std::int64_t ts_open_ms) const { return open_of(ts_open_ms) == ts_open_ms; }

  friend bool operator==(const Interval&, const Interval&) = default;
  friend auto operator<=>(const Interval&, const Interval&) = default;

 private:
  explicit Interval(std::int64_t ms) : ms_(ms) {}
  std::int64_t ms_;
};

}  // namespace lockstep::core
