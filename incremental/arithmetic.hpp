// The arithmetic of one bar, as spec.md writes it: each function once, for a plain double, for eight lanes of a CPU
// vector, or for a GPU thread. One IEEE operation after another in the written order, nothing fused.
//
// A source that is compiled for one instruction set defines LOCKSTEP_ISA before including this, so that its copies of the
// templates are its own.
#pragma once

#ifndef LOCKSTEP_ISA
#define LOCKSTEP_ISA detail
#endif
#ifdef __CUDACC__
#define LOCKSTEP_HD __host__ __device__
#else
#define LOCKSTEP_HD
#endif

namespace lockstep::LOCKSTEP_ISA {

/// Lane-wise choice. Conditions of vectors are lane masks, of scalars bool.
template <class M, class V>
LOCKSTEP_HD inline V select(const M& condition, const V& yes, const V& no) {
  return condition ? yes : no;
}

template <class D>
LOCKSTEP_HD inline D all_lanes(double value) {
  return D{} + value;
}

/// m moves towards x by the share `rate`: EMA with alpha, KAMA with its smoothing constant. spec.md section 2.
template <class D>
LOCKSTEP_HD inline D move_towards(const D& m, const D& rate, const D& x) {
  return m + rate * (x - m);
}

/// KAMA's smoothing constant from |p_t - p_{t-L}| and the sum of the last L absolute changes, both in ticks.
template <class D>
LOCKSTEP_HD inline D kama_rate(const D& move, const D& noise) {
  const D ratio = select(noise == D{}, D{}, D(move / noise));
  const D q = ratio * (0.666 - 0.064) + 0.064;
  return q * q;
}

/// One step of an equity chain: idle loss, then the bar's return, never below 0.25. `keep` is 1 - decay', `factor` 1 + a.
template <class D>
LOCKSTEP_HD inline D equity_step(const D& equity, double keep, const D& factor) {
  const D next = (equity * keep) * factor;
  return select(next < all_lanes<D>(0.25), all_lanes<D>(0.25), next);
}

/// Rounds to two decimals, spec.md section 6: |x|*100 exactly, to the nearest integer, ties away from zero, where a
/// fraction of at least 0.5 - 1e-10 is a tie; never -0. For |x| < 2^45.
template <class D>
LOCKSTEP_HD inline D round2(const D& x) {
  const D magnitude = select(x < D{}, D(-x), x);
  const D product = magnitude * 100.0;
  // The product's rounding error, exactly (Dekker): 27 and 26 bit halves times 100 need no rounding.
  const D split = magnitude * 134217729.0;
  const D high = split - (split - magnitude);
  const D error = (high * 100.0 - product) + (magnitude - high) * 100.0;
  // floor(product): adding 2^52 rounds to an integer, one too high at times.
  const D nearest = (product + 0x1p52) - 0x1p52;
  const D whole = select(nearest > product, D(nearest - 1.0), nearest);
  const D fraction = product - whole;  // exact; the true one is fraction + error
  const D rounded = select((fraction - (0.5 - 1e-10)) >= -error, D(whole + 1.0), whole);
  const D result = rounded / 100.0;
  return select(x < D{}, D(D{} - result), result);  // 0 - 0 is +0
}

}  // namespace lockstep::LOCKSTEP_ISA
