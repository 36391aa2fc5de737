// What follows from the sides: signals, the equities of both layers, votes and verdict. Part of step.ipp.
#pragma once

#include <cmath>

#include "incremental/detail/averages.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

/// Words with both bits of the members whose average is defined once `bars` bars are there.
LOCKSTEP_INLINE VecU defined_after(const Tables& tables, std::int64_t bars) {
  std::uint64_t words[8];
  lockstep::detail::defined_words(tables, bars, words);
  return load<VecU>(words);
}

/// Sides and signals of the 54 after this bar.
struct Signals {
  VecU sides, signs;
};

template <Path kPath, class S>
LOCKSTEP_INLINE Signals next_signals(const Tables& tables, const StateBlock& state, const Inputs& in,
                                     const S& sinks) {
  VecU sides = averages<kPath>(tables, state, in, sinks);
  // A cross needs the bar before to have a defined average on the other side, or on it.
  VecU crossed = without(sides, load<VecU>(state.sides));
  if constexpr (kPath == Path::general) {
    const VecU defined = defined_after(tables, in.t + 1);
    sides = sides & defined;
    crossed = crossed & defined & defined_after(tables, in.t);
  }
  return {sides, after_crossings(load<VecU>(state.signs), crossed)};
}

/// Equities of both layers after this bar; they follow the signals of the bar before.
struct Equities {
  VecD row[kMembers];
  VecD sum;  ///< over the nine members, left to right
  VecD second;
  VecD held;
};

LOCKSTEP_INLINE void start_equities(const Tables& tables, Equities& next) {
  const VecD one = broadcast(1.0);
  for (VecD& row : next.row) row = one;
  next.sum = broadcast(static_cast<double>(kMembers));
  next.second = load<VecD>(tables.start_equity2);
  next.held = VecD{};
}

LOCKSTEP_INLINE void next_equities(const Tables& tables, const StateBlock& state, double r, Equities& next) {
  const VecD one = broadcast(1.0);
  const VecD floor = broadcast(0.25);
  const BySign factor(1.0, 1.0 + r, 1.0 + -r);
  const VecU signs = load<VecU>(state.signs);
  next.sum = VecD{};
  LOCKSTEP_UNROLL_MEMBERS
  for (int j = 0; j < kMembers; ++j) {
    next.row[j] = equity_step(load<VecD>(state.equity[j]), tables.keep, factor.of(signs, j), floor);
    next.sum = next.sum + next.row[j];  // 0 + E is E: the first addition changes no bit
  }
  const VecD signal = load<VecD>(state.signal);
  const VecD rs = broadcast(r);
  next.held = select(signal > VecD{}, rs, select(signal < VecD{}, -rs, load<VecD>(state.held)));
  next.second = equity_step(load<VecD>(state.equity2), tables.keep, one + next.held, floor);
}

LOCKSTEP_INLINE bool is_finite(const VecD& lanes) {
  return is_all(greater(broadcast(HUGE_VAL), lanes));
}

/// n / w of layer 1, which round2 makes the family signals.
LOCKSTEP_INLINE VecD family_shares(const Equities& equities, const Signals& signals) {
  const BySign sign(0.0, 1.0, -1.0);
  VecD sum{};
  LOCKSTEP_UNROLL_MEMBERS
  for (int j = 0; j < kMembers; ++j) sum = sum + equities.row[j] * sign.of(signals.signs, j);
  return sum / equities.sum;
}

/// What the families' votes of layer 2 count. A disabled family's is 0, which changes no bit of a sum.
struct Weights {
  VecD each;
  double sum;  ///< left to right
};

template <Path kPath>
LOCKSTEP_INLINE Weights vote_weights(const Tables& tables, const VecD& second) {
  Weights weights{second, 0};
  if constexpr (kPath != Path::uniform) weights.each = second * load<VecD>(tables.enabled_lane);
  for (int f = 0; f < kFamilies; ++f) weights.sum += weights.each[f];
  return weights;
}

/// Layer 2: the average over the enabled families, left to right.
LOCKSTEP_INLINE double average_signal(const VecD& shares, const Weights& weights) {
  const VecD vote = pick(at_or_above(shares, broadcast(kVoteFrom)), weights.each,
                         only(at_or_above(broadcast(-kVoteFrom), shares), -weights.each));
  double votes = 0;
  for (int f = 0; f < kFamilies; ++f) votes += vote[f];
  return votes / weights.sum;
}

/// What layer 2 says, before the strategy shift.
struct Verdict {
  double average = kUndefined;
  std::int64_t direction = 0;
  TradeEvent event = TradeEvent::none;
};

LOCKSTEP_INLINE Verdict next_verdict(const Tables& tables, const StateBlock& state, double average) {
  Verdict verdict{average, state.direction, TradeEvent::none};
  // Comparisons with an undefined average before are false: the first defined one crosses nothing. No
  // branches: those of a cross are mispredicted. The thresholds are ordered, so both crosses cannot be at
  // once.
  const bool is_long = static_cast<int>(average > tables.long_threshold) &
                       static_cast<int>(state.average <= tables.long_threshold);
  const bool is_short = static_cast<int>(average < tables.short_threshold) &
                        static_cast<int>(state.average >= tables.short_threshold);
  verdict.direction = is_short ? -1 : is_long ? 1 : state.direction;
  verdict.event = is_short && state.direction == 1   ? TradeEvent::short_
                  : is_long && state.direction == -1 ? TradeEvent::long_
                                                     : TradeEvent::none;
  return verdict;
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
