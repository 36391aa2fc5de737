// The 54 averages of the reference, each over a whole series.
#pragma once

#include <span>
#include <vector>

#include "incremental/bar.hpp"
#include "incremental/config.hpp"

namespace lockstep::test {

__extension__ using Int128 = __int128;

/// One average on one bar.
struct MemberValue {
  bool is_defined = false;
  int close_side = 0;            ///< sign(close - average)
  double reported = kUndefined;  ///< in price units
};

/// Prices of a series in units of 1/k tick.
struct AverageInput {
  std::vector<Int128> price;  ///< the source
  std::vector<Int128> close;
  Int128 unit = 1;  ///< k * 10^price_scale: one whole price in these units
};

AverageInput average_input(const AtcConfig& config, int price_scale, std::span<const BarTicks> bars);

/// A windowed average is sum(coefficient[i] * price[t - i]) / denominator.
struct Window {
  std::vector<Int128> coefficient;
  Int128 denominator = 1;
};

/// The window of hma, wma or lsma (1, 2, 4) at a length.
Window average_window(const AtcConfig& config, int family, int length);

/// The average of one family (0 ema ... 5 kama) and length on every bar.
std::vector<MemberValue> member_averages(const AtcConfig& config, int family, int length,
                                         const AverageInput& input);

}  // namespace lockstep::test
