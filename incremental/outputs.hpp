// What the indicator gives for one bar.
#pragma once

#include <array>
#include <cstdint>

#include "incremental/bar.hpp"
#include "incremental/config.hpp"

namespace lockstep {

/// The answer to a commit or a peek.
enum class Status : std::uint8_t {
  ok,
  price_not_positive,   ///< a price is 0 or negative
  price_out_of_range,   ///< a price is above AtcParams::price_ticks_max()
  bar_inconsistent,     ///< not low <= open, close <= high
  time_not_increasing,  ///< the bar does not open after the one before it
  growth_not_finite,    ///< exp(lambda/1000 * (t - cutout)) left the double range: move the anchor or lower
                        ///< lambda
  equity_not_finite,    ///< an equity left the double range
};
const char* to_string(Status status);

enum class TradeEvent : std::uint8_t { none, long_, short_ };

inline constexpr std::array<double, kFamilies> kUndefinedFamilies = {kUndefined, kUndefined, kUndefined,
                                                                     kUndefined, kUndefined, kUndefined};

/// One bar's result. Undefined doubles are kUndefined.
struct Outputs {
  double average = kUndefined;  ///< average signal, in [-1, 1]; undefined before the cutout
  std::array<double, kFamilies> signal =
      kUndefinedFamilies;  ///< family signals, in [-1, 1] in steps of 0.01; undefined if disabled
  std::array<double, kFamilies> equity =
      kUndefinedFamilies;      ///< layer-2 equities, >= 0.25; undefined if disabled
  double growth = kUndefined;  ///< g; a caution above kGrowthCaution, a warning above kGrowthWarning
  std::int8_t direction = 0;   ///< 1 long, -1 short, 0 undefined
  TradeEvent event = TradeEvent::none;
};

/// The script's own limits: above them reduce lambda or move the anchor.
inline constexpr double kGrowthCaution = 1.1;
inline constexpr double kGrowthWarning = 1.25;

/// The weight table: all 54 members after one bar, [family][member]. Undefined where not defined or disabled.
struct Detail {
  std::array<std::array<int, kMembers>, kFamilies> length{};
  std::array<std::array<double, kMembers>, kFamilies> average{};      ///< in price units
  std::array<std::array<std::int8_t, kMembers>, kFamilies> signal{};  ///< -1, 0, 1
  std::array<std::array<double, kMembers>, kFamilies> equity{};  ///< layer 1; undefined before the cutout
};

}  // namespace lockstep
