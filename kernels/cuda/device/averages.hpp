// The nine averages of a family on one bar: on which side of each the close is.
#pragma once

#include "kernels/cuda/device/thread.hpp"

namespace lockstep::cuda {

/// A bit a member.
struct SideBits {
  U32 above = 0;
  U32 below = 0;
};

/// One family's averages for one series. kSteady: from DevicePlan::steady_from on, where every average is
/// defined and in its recurrence.
template <class Config, int kFamily, bool kSteady>
struct Averages {
  const Thread<Config>& thread;
  I64 t;
  I32 row;
  SideBits sides{};

  LOCKSTEP_DEVICE const LaunchArgs& args() const { return thread.args; }
  LOCKSTEP_DEVICE I64 length(I32 j) const { return thread.config().length(kFamily, j); }
  LOCKSTEP_DEVICE F64 number(I32 which, I32 j) const { return from_bits(thread.r.word[which][j]); }
  LOCKSTEP_DEVICE void remember(I32 which, I32 j, F64 value) {
    thread.r.word[which][j] = bits_of(value.value);
  }
  LOCKSTEP_DEVICE F64 price() const { return to_double(thread.shared.price[row][thread.lane]); }
  LOCKSTEP_DEVICE U64 prefix() const { return thread.shared.prefix[row][thread.lane]; }
  LOCKSTEP_DEVICE U64 lagged(I32 ring, I64 bars) const { return thread.ring(ring, t - bars); }

  LOCKSTEP_DEVICE void note_member(I32 j, U64 bits) const {
    if (!args().member_average || t < args().out_first) return;
    const I64 column = (kMemberCount * kFamily + j) * args().series;
    args().member_average[column * args().out_bars + thread.row_of(thread.series(), t)] = from_bits(bits);
  }
  LOCKSTEP_DEVICE void note(I32 j, F64 average) {
    const F64 close = to_double(thread.shared.close[row + 1][thread.lane]);
    sides.above |= static_cast<U32>(close > average) << j;
    sides.below |= static_cast<U32>(average > close) << j;
    note_member(j, bits_of(average.value));
  }
  /// N / D: the side is that of c * D against N. The products may wrap; their difference fits.
  LOCKSTEP_DEVICE void note_ratio(I32 j, U64 numerator) {
    const auto close = static_cast<U64>(thread.shared.close[row + 1][thread.lane]);
    const U64 scaled = close * static_cast<U64>(thread.config().denominator(kFamily, j));
    const auto difference = static_cast<I64>(scaled - numerator);
    sides.above |= static_cast<U32>(difference > 0) << j;
    sides.below |= static_cast<U32>(difference < 0) << j;
    note_member(j, numerator);
  }

  /// The mean of the first `length` prices.
  LOCKSTEP_DEVICE F64 seed(I32 j) const {
    return to_double(static_cast<I64>(prefix())) / to_double(length(j));
  }
  LOCKSTEP_DEVICE F64 next_ema(I32 j) const {
    if (!kSteady && t < length(j)) return t == length(j) - 1 ? seed(j) : F64(0.0);
    return move_towards(number(0, j), F64(thread.config().alpha(kFamily, j)), price());
  }
  LOCKSTEP_DEVICE void ema(I32 j) {
    const F64 mean = next_ema(j);
    remember(0, j, mean);
    note(j, mean);
  }
  LOCKSTEP_DEVICE void dema(I32 j) {
    const F64 first = next_ema(j);
    F64 second = number(1, j);
    if (kSteady || t > 2 * length(j) - 2) {
      second = move_towards(second, F64(thread.config().alpha(kFamily, j)), first);
    } else if (t >= length(j) - 1) {
      // Seeded with the mean of the first L values, added oldest first.
      second = second + first;
      if (t == 2 * length(j) - 2) second = second / to_double(length(j));
    }
    remember(0, j, first);
    remember(1, j, second);
    note(j, F64(2.0) * first - second);
  }

  LOCKSTEP_DEVICE F64 kama_rate_at(I32 j) const {
    if (!kSteady && t < length(j)) return kama_rate(F64(0.0), F64(0.0), F64(1.0));
    // Prices are exact as doubles, and so is their difference.
    const F64 move = absolute(price() - to_double(static_cast<I64>(lagged(kRingPrice, length(j)))));
    const U64 noise = thread.shared.change[row][thread.lane] - lagged(kRingChange, length(j));
    return kama_rate(move, to_double(static_cast<I64>(noise)), F64(1.0));
  }
  LOCKSTEP_DEVICE void kama(I32 j) {
    F64 mean = number(0, j);
    if (!kSteady && args().plan.kama_from_price && t < length(j)) {
      if (t == 0) mean = price();
    } else {
      mean = move_towards(mean, kama_rate_at(j), price());
    }
    remember(0, j, mean);
    note(j, mean);
  }

  /// S = P_t - P_{t-L}.
  LOCKSTEP_DEVICE U64 sum(I32 j) const { return prefix() - lagged(kRingPrefix, length(j)); }
  /// W = L P_t - (P_{t-L} + ... + P_{t-1}), the sum of prefixes by their own prefix sums.
  LOCKSTEP_DEVICE U64 weighted(I64 bars) const {
    return static_cast<U64>(bars) * prefix() -
           (thread.shared.second_before[row][thread.lane] - lagged(kRingSecond, bars + 1));
  }
  LOCKSTEP_DEVICE void lsma(I32 j) {
    note_ratio(j, 6 * weighted(length(j)) - static_cast<U64>(2 * (length(j) + 1)) * sum(j));
  }
  /// A WMA over `root` values of raw = 2 WMA(L/2) - WMA(L), all over one denominator.
  LOCKSTEP_DEVICE void hull(I32 j) {
    const DevicePlan& plan = args().plan;
    const U64 raw = static_cast<U64>(plan.hull_half_factor[j]) * weighted(plan.hull_half[j]) -
                    static_cast<U64>(plan.hull_full_factor[j]) * weighted(length(j));
    thread.ring(kRings + j, t) = raw;
    const U64 raw_sum = thread.r.word[0][j];
    const U64 raw_w = thread.r.word[1][j] + static_cast<U64>(plan.hull_root[j]) * raw - raw_sum;
    thread.r.word[0][j] = raw_sum + raw - thread.ring(kRings + j, t - plan.hull_root[j]);
    thread.r.word[1][j] = raw_w;
    note_ratio(j, raw_w);
  }

  LOCKSTEP_DEVICE void member(I32 j) {
    if constexpr (kFamily == kEma) ema(j);
    if constexpr (kFamily == kHma) thread.config().is_hull() ? hull(j) : note_ratio(j, sum(j));
    if constexpr (kFamily == kWma) note_ratio(j, 2 * weighted(length(j)));
    if constexpr (kFamily == kDema) dema(j);
    if constexpr (kFamily == kLsma) lsma(j);
    if constexpr (kFamily == kKama) kama(j);
  }
  LOCKSTEP_DEVICE SideBits all() {
    LOCKSTEP_UNROLLED
    for (I32 j = 0; j < kMemberCount; ++j) member(j);
    return sides;
  }
};

}  // namespace lockstep::cuda
