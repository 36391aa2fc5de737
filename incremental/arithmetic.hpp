// The arithmetic of one bar, as spec.md writes it: each function once, for a plain double, for eight lanes of
// a CPU vector, or for a GPU thread. One IEEE operation after another in the written order, nothing fused.
//
// A source that is compiled for one instruction set defines LOCKSTEP_ISA before including this, so that its
// copies of the templates are its own.
#pragma once

#ifndef LOCKSTEP_ISA
#define LOCKSTEP_ISA detail
#endif
#ifdef __CUDACC__
#define LOCKSTEP_HD __host__ __device__ __forceinline__
#else
#define LOCKSTEP_HD [[gnu::always_inline]] inline
#endif

namespace lockstep::LOCKSTEP_ISA {

/// Choice; lane-wise for vectors, whose own overload is in detail/lanes.hpp.
LOCKSTEP_HD constexpr double select(bool condition, double yes, double no) {
  return condition ? yes : no;
}

/// m moves towards x by the share `rate`: EMA with alpha, KAMA with its smoothing constant. spec.md
/// section 2.
template <class D>
LOCKSTEP_HD D move_towards(const D& m, const D& rate, const D& x) {
  return m + rate * (x - m);
}

/// The value, or the bound where that is greater.
LOCKSTEP_HD double at_least(double bound, double value) {
  return bound > value ? bound : value;
}

#ifdef __CUDACC_RTC__  // the run-time compiler knows no builtin
LOCKSTEP_HD double absolute(double value) {
  return fabs(value);
}
#else
LOCKSTEP_HD constexpr double absolute(double value) {
  return __builtin_fabs(value);
}
#endif

/// KAMA's smoothing constant from |p_t - p_{t-L}| and the sum of the last L absolute changes, whole numbers
/// of ticks. Where the sum is 0 so is the move: 0 / `one` is the ratio that spec.md asks for. `one` is 1 in
/// every lane.
template <class D>
LOCKSTEP_HD D kama_rate(const D& move, const D& noise, const D& one) {
  const D ratio = move / at_least(one, noise);
  const D q = ratio * (0.666 - 0.064) + 0.064;
  return q * q;
}

/// One step of an equity chain: idle loss, then the bar's return, never below `floor` = 0.25 (in every lane).
/// `keep` is 1 - decay', `factor` 1 + a. spec.md section 5.
template <class D>
LOCKSTEP_HD D equity_step(const D& equity, double keep, const D& factor, const D& floor) {
  return at_least(floor, (equity * keep) * factor);
}

/// a * b + c where a * b needs no rounding: fused or not, the same bits. Where a CPU fuses, its own overload
/// is in detail/lanes.hpp.
template <class D>
LOCKSTEP_HD constexpr D add_exact_product(const D& a, const D& b, const D& c) {
  return a * b + c;
}

/// k / 100.0 for a whole 0 <= k < 2^26, without a division: 0.01 = kHigh + kLow but for 2^-90, and k * kHigh
/// is exact (kHigh has 26 bits), so the sum misses k / 100 by less than 2^-75 of it before its one rounding.
/// A quotient k / 100 lies at least 2^-61 of itself from the middle between two doubles, so that rounding is
/// the division's.
template <class D>
LOCKSTEP_HD constexpr D hundredths(const D& k) {
  constexpr double kHigh = 0x1.47ae148p-7;
  constexpr double kLow = -0x1.47ae147ae147bp-37;
  return add_exact_product(k, D{} + kHigh, k * kLow);
}

/// 100 x - product, exactly, where product = 100 x rounded. By Dekker: 27 and 26 bit halves times 100 need no
/// rounding.
template <class D>
LOCKSTEP_HD constexpr D hundredfold_error(const D& x, const D& product) {
  const D split = x * 134217729.0;
  const D high = split - (split - x);
  return (high * 100.0 - product) + (x - high) * 100.0;
}

/// Rounds to two decimals, spec.md section 6: |x|*100 exactly, to the nearest integer, ties away from zero,
/// where a fraction of at least 0.5 - 1e-10 is a tie; never -0. For |x| < 2^19.
template <class D>
LOCKSTEP_HD constexpr D round2(const D& x) {
  const D magnitude = absolute(x);
  const D product = magnitude * 100.0;
  const D error = hundredfold_error(magnitude, product);
  // Adding 2^52 rounds to the nearest integer; product - nearest is exact and at least -0.5, where nearest
  // stands.
  const D nearest = (product + 0x1p52) - 0x1p52;
  const D beyond = (product - nearest) - (0.5 - 1e-10);
  const D result = hundredths(select(beyond >= -error, nearest + 1.0, nearest));
  return select(x < D{}, D{} - result, result);  // 0 - 0 is +0
}

/// cut(round2(x)) of layer 2 is 1 from this x on, -1 from minus this down, 0 between: the first double that
/// round2 takes to 0.50, and round2 rises with x. So the votes need not wait for the rounding.
constexpr double kVoteFrom = 0x1.fae147ae1015p-2;

}  // namespace lockstep::LOCKSTEP_ISA
