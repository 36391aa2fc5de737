// Longer bars from shorter ones.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/core/interval.hpp"
#include "incremental/bar.hpp"

namespace lockstep::feeds {

/// A bar with its volume, as it rolls.
struct RolledBar {
  BarTicks bar;
  double volume = 0;  ///< for display only
  bool is_closed = false;
};

/// Pure and deterministic. Takes the bars of `part` in any order, again when they change, and gives the bar
/// of `whole` that they belong to: closed when each of its parts has come and is closed, open while its parts
/// so far follow each other from its beginning. A hole below is a hole above: nothing is given then. UTC
/// grid, weeks from Monday, calendar months.
class RollUp {
 public:
  /// Bars of `whole` that are kept to be corrected: the one in progress and those before it.
  static constexpr std::size_t kKept = 3;

  /// `whole` must be divided by `part`, see divides().
  RollUp(const core::Interval& part, const core::Interval& whole) : part_(part), whole_(whole) {}

  /// Every bar of `whole` is made of whole bars of `part`, and of more than one.
  static bool divides(const core::Interval& part, const core::Interval& whole);

  std::optional<RolledBar> take(const BarTicks& bar, double volume, bool is_closed);
  /// The stream has a hole here: an open bar is not continued.
  void reset() { wholes_.clear(); }

 private:
  struct Part {
    BarTicks bar;
    double volume = 0;
    bool is_closed = false;
  };
  struct Whole {
    std::map<std::int64_t, Part> parts;  ///< by open time
    RolledBar settled;                   ///< of the closed parts from the beginning up to settled_to_ms
    std::int64_t settled_to_ms = 0;
  };
  static void append(RolledBar& to, const Part& part, bool is_first);
  void settle(std::int64_t whole_ms, Whole& whole) const;

  core::Interval part_, whole_;
  std::map<std::int64_t, Whole> wholes_;  ///< by open time of the whole
};

}  // namespace lockstep::feeds
