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

/// Equities and returns below this cannot take the next bar's sums out of the double range.
constexpr double kFarFromInfinity = 0x1p500;

LOCKSTEP_INLINE bool are_below(const VecD& lanes, double limit) {
  return is_all(greater(broadcast(limit), lanes));
}

/// What a bar does to the equities; they follow the signals of the bar before.
struct Returns {
  double r;       ///< the return, grown
  bool is_start;  ///< the bar at the cutout: equities start, r does not count
};

/// The nine members' equities, a row each with a lane a family, and layer 2's, one after another so that few
/// are live at once.
template <Path kPath>
struct NextEquities {
  const Tables& tables;
  const StateBlock& state;
  Returns returns;
  VecU signs;
  BySign factor;
  VecD floor = broadcast(0.25);

  LOCKSTEP_INLINE NextEquities(const Tables& t, const StateBlock& s, const Returns& of_bar)
      : tables(t),
        state(s),
        returns(of_bar),
        signs(load<VecU>(s.signs)),
        factor(1.0, 1.0 + of_bar.r, 1.0 + -of_bar.r) {}

  LOCKSTEP_INLINE VecD row(int j) const {
    if (kPath == Path::general && returns.is_start) return broadcast(1.0);
    return equity_step(load<VecD>(state.equity[j]), tables.keep, factor.of(signs, j), floor);
  }
  /// The a that layer 2 applies.
  LOCKSTEP_INLINE VecD held() const {
    if (kPath == Path::general && returns.is_start) return VecD{};
    const VecD signal = load<VecD>(state.signal);
    const VecD rs = broadcast(returns.r);
    return select(signal > VecD{}, rs, select(signal < VecD{}, -rs, load<VecD>(state.held)));
  }
  LOCKSTEP_INLINE VecD second(const VecD& held) const {
    if (kPath == Path::general && returns.is_start) return load<VecD>(tables.start_equity2);
    return equity_step(load<VecD>(state.equity2), tables.keep, broadcast(1.0) + held, floor);
  }
};

/// n / w of layer 1, which round2 makes the family signals. Writes the members' equities on the way.
template <Path kPath, class S>
LOCKSTEP_INLINE VecD family_shares(const NextEquities<kPath>& next, const Signals& signals, const S& sinks) {
  const BySign sign(0.0, 1.0, -1.0);
  VecD votes;
  VecD weights;
  LOCKSTEP_UNROLL_MEMBERS
  for (int j = 0; j < kMembers; ++j) {
    const VecD equity = next.row(j);
    weights = j == 0 ? equity : weights + equity;
    votes = add_exact_product(equity, sign.of(signals.signs, j), j == 0 ? VecD{} : votes);
    if constexpr (S::kCommit) store(sinks.state->equity[j], equity);
    if constexpr (S::kDetail) store(sinks.members->equity[j], equity);
  }
  if constexpr (S::kCommit) sinks.state->near_infinity = !are_below(weights, kFarFromInfinity);
  return votes / weights;
}

/// What the families' votes of layer 2 count. A disabled family's is 0, which changes no bit of a sum.
template <Path kPath>
LOCKSTEP_INLINE VecD vote_weights(const Tables& tables, const VecD& second) {
  if constexpr (kPath == Path::uniform) return second;
  return second * load<VecD>(tables.enabled_lane);
}

/// Whether every sum that a bar needs stays in the double range.
LOCKSTEP_INLINE bool stays_finite(const NextEquities<Path::general>& next) {
  VecD sum{};
  for (int j = 0; j < kMembers; ++j) sum = sum + next.row(j);
  const VecD second = next.second(next.held());
  const VecD weights = vote_weights<Path::general>(next.tables, second);
  return are_below(sum, HUGE_VAL) && sums_of_six(weights, weights).first < HUGE_VAL;
}

/// Layer 2: the average over the enabled families, left to right.
LOCKSTEP_INLINE double average_signal(const VecD& shares, const VecD& weights) {
  const VecD votes = pick(at_or_above(shares, broadcast(kVoteFrom)), weights,
                          only(at_or_above(broadcast(-kVoteFrom), shares), -weights));
  const TwoSums sums = sums_of_six(votes, weights);
  return sums.first / sums.second;
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
