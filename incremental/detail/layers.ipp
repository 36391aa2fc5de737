// What follows from the sides: signals, the equities of both layers, votes and verdict. Part of step.ipp.
#pragma once

#include <cmath>

#include "incremental/detail/averages.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

/// Members whose average is defined at bar t, while some are not.
MemberBits defined_at(const Tables& tables, std::int64_t t) {
  MemberBits defined{};
  for (int f = 0; f < kFamilies; ++f) {
    if (!tables.enabled[f]) continue;
    for (int j = 0; j < kMembers; ++j) {
      if (t < tables.family[f].first[j]) continue;
      (j < 8 ? defined.eight : defined.ninth) |= std::uint64_t{1} << (8 * (j % 8) + f);
    }
  }
  return defined;
}

LOCKSTEP_INLINE MemberBits in_general(const MemberBits& bits) {
  return {general_register(bits.eight), general_register(bits.ninth)};
}

/// The 54 signals after this bar.
struct Signals {
  MemberBits above, below, defined, positive, negative;
};

template <bool kGeneral, class S>
LOCKSTEP_INLINE Signals next_signals(const Tables& tables, const StateBlock& state, const Inputs& in,
                                     const S& sinks) {
  AllSides sides = averages<kGeneral>(tables, state, in, sinks);
  sides = {in_general(sides.above), in_general(sides.below)};
  const MemberBits defined_before = in_general(state.defined);
  MemberBits defined = defined_before;
  if constexpr (kGeneral) {
    defined = defined_at(tables, in.t);
    sides.above = sides.above & defined;
    sides.below = sides.below & defined;
  }
  // A cross needs the bar before to have a defined average on the other side,
  // or on it.
  const MemberBits up = sides.above & ~in_general(state.above) & defined_before;
  const MemberBits down = sides.below & ~in_general(state.below) & defined_before;
  return {sides.above, sides.below, defined, (in_general(state.positive) & ~down) | up,
          (in_general(state.negative) & ~up) | down};
}

/// Equities of both layers after this bar; they follow the signals of the bar
/// before.
struct Equities {
  VecD row[kMembers];
  VecD sum;  ///< over the nine members, left to right
  VecD second;
  VecD held;
};

/// Member bits beside the lanes of the families, ready to give the mask of any
/// row.
struct RowMasks {
  VecU32 word[3];

  LOCKSTEP_INLINE explicit RowMasks(const MemberBits& members)
      : word{broadcast(static_cast<std::uint32_t>(members.eight)),
             broadcast(static_cast<std::uint32_t>(members.eight >> 32)),
             broadcast(static_cast<std::uint32_t>(members.ninth))} {}
  LOCKSTEP_INLINE Mask operator[](int row) const { return row_mask(word[row / 4], row); }
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
  const VecD gain = broadcast(1.0 + r);
  const VecD loss = broadcast(1.0 + -r);
  next.sum = VecD{};
  const RowMasks positive(state.positive);
  const RowMasks negative(state.negative);
  for (int j = 0; j < kMembers; ++j) {
    const VecD factor = pick(positive[j], gain, pick(negative[j], loss, one));
    next.row[j] = equity_step(load<VecD>(state.equity[j]), tables.keep, factor, floor);
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
  const RowMasks some(signals.positive | signals.negative);
  const RowMasks negative(signals.negative);
  VecD sum{};
  for (int j = 0; j < kMembers; ++j) sum = sum + only(some[j], negate(negative[j], equities.row[j]));
  return sum / equities.sum;
}

/// What the families' votes of layer 2 count. A disabled family's is 0, which
/// changes no bit of a sum.
struct Weights {
  VecD each;
  double sum;  ///< left to right
};

LOCKSTEP_INLINE Weights vote_weights(const Tables& tables, const VecD& second) {
  Weights weights{second * load<VecD>(tables.enabled_lane), 0};
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
  // Comparisons with an undefined average before are false: the first defined
  // one crosses nothing. No branches: those of a cross are mispredicted. The
  // thresholds are ordered, so both crosses cannot be at once.
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
