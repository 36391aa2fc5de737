// One bar of one symbol. Compiled once per instruction set (see step_*.cpp), each into a namespace of its
// own.
#pragma once

#include "incremental/detail/layers.ipp"

#include "incremental/detail/digest_step.hpp"
#include "incremental/exp.hpp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

LOCKSTEP_INLINE Status check(const Tables& tables, const StateBlock& state, const BarTicks& bar) {
  if (bar.open <= 0 || bar.high <= 0 || bar.low <= 0 || bar.close <= 0) return Status::price_not_positive;
  if (bar.low > bar.open || bar.low > bar.close || bar.high < bar.open || bar.high < bar.close) {
    return Status::bar_inconsistent;
  }
  if (bar.high > tables.price_max) return Status::price_out_of_range;
  if (state.bars > 0 && bar.ts_open_ms <= state.ts_last_ms) return Status::time_not_increasing;
  return Status::ok;
}

LOCKSTEP_INLINE double growth_at(const Tables& tables, std::int64_t bars) {
  if (bars < detail::kGrowthTableBars) return tables.growth[bars];
  return detail::exp_correctly_rounded(tables.rate * static_cast<double>(bars));
}

/// What is published as this bar's: the strategy shows the verdict of the bar before.
LOCKSTEP_INLINE Verdict shown_verdict(const Tables& tables, const StateBlock& state, const Verdict& verdict) {
  if (!tables.strategy) return verdict;
  return {state.average, state.direction, static_cast<TradeEvent>(state.event)};
}

/// Families' values as they are published: a disabled family's is undefined.
template <Path kPath>
LOCKSTEP_INLINE VecD published(const Tables& tables, const VecD& values) {
  if constexpr (kPath == Path::uniform) return values;
  return pick(greater(load<VecD>(tables.enabled_lane), VecD{}), values, broadcast(kUndefined));
}

LOCKSTEP_INLINE VecU bits_of(const VecD& lanes) {
  VecU bits;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecU::kParts; ++i) bits.part[i] = (VecU::Part)lanes.part[i];
  return bits;
}

template <Path kPath, class S>
[[gnu::noinline]] Status rarer_step(const Tables& tables, const StateBlock& state, const BarTicks& bar,
                                    Outputs& out, const S& sinks);

/// What remains to be written of the next state, the equities and the members' memories being there.
struct Remembered {
  const Inputs& in;
  const Signals& signals;
  const Verdict& verdict;
  VecD family;           ///< F, 0 before the cutout
  const Verdict& shown;  ///< as published, with all that follows
  VecD shown_signal;
  VecD shown_equity;
  double growth;
};

/// Of what was published, nothing is read back from the Outputs: a load across two stores that have only just
/// been made waits until both have reached the cache.
LOCKSTEP_INLINE void remember(const Tables& tables, const BarTicks& bar, const Remembered& of_bar,
                              StateBlock& next) {
  const Inputs& in = of_bar.in;
  const std::uint64_t head = next.ring_head;
  auto* ring = const_cast<std::uint64_t*>(detail::ring_of(tables, next));
  ring[head] = in.prefix;
  if (head < kRingTail) ring[tables.ring_size + head] = in.prefix;
  next.ring_head = head + 1 == tables.ring_size ? 0 : head + 1;
  next.prefix = in.prefix;
  next.price = in.price;
  next.close = in.close;
  next.ts_last_ms = bar.ts_open_ms;
  next.bars = in.t + 1;
  store(next.sides, of_bar.signals.sides);
  store(next.signs, of_bar.signals.signs);
  store(next.signal, of_bar.family);
  next.average = of_bar.verdict.average;
  next.direction = of_bar.verdict.direction;
  next.event = static_cast<std::int64_t>(of_bar.verdict.event);
  next.last_average = of_bar.shown.average;
  next.last_growth = of_bar.growth;
  next.last_direction = of_bar.shown.direction;
  next.last_event = static_cast<std::int64_t>(of_bar.shown.event);
  add_to_digest(next.digest, bar_row(bar, of_bar.shown.average), bits_of(of_bar.shown_signal),
                bits_of(of_bar.shown_equity));
}

template <Path kPath, class S>
LOCKSTEP_INLINE Status step(const Tables& tables, const StateBlock& state, const BarTicks& bar, Outputs& out,
                            const S& sinks) {
  if (const Status status = check(tables, state, bar); status != Status::ok) return status;
  Inputs in;
  in.t = state.bars;
  in.price = source_price(tables, bar);
  in.close = bar.close * tables.divisor;
  in.prefix = state.prefix + static_cast<std::uint64_t>(in.price);
  in.price_d = static_cast<double>(in.price);
  in.close_d = static_cast<double>(in.close);

  const std::int64_t growing = in.t - tables.cutout;  // bars since the cutout, negative before it
  const bool is_growing = kPath != Path::general || growing >= 0;
  const double growth = is_growing ? growth_at(tables, growing) : kUndefined;
  Returns returns{0, growing == 0};
  if (is_growing && (kPath != Path::general || growing > 0)) {
    returns.r = static_cast<double>(in.close - state.close) / static_cast<double>(state.close) * growth;
  }
  if constexpr (kPath == Path::general) {
    if (is_growing) {
      if (!(growth < HUGE_VAL)) return Status::growth_not_finite;
      if (!(std::fabs(returns.r) < HUGE_VAL)) return Status::equity_not_finite;
      if (!stays_finite({tables, state, returns})) return Status::equity_not_finite;
    }
  } else if (!(std::fabs(returns.r) < kFarFromInfinity) || state.near_infinity != 0) [[unlikely]] {
    return rarer_step<Path::general>(tables, state, bar, out, sinks);
  }

  // From here on nothing is refused, so the next state may be written.
  const Signals signals = next_signals<kPath>(tables, state, in, sinks);
  Verdict verdict;
  VecD family{};
  VecD shown_signal = broadcast(kUndefined);
  VecD shown_equity = shown_signal;
  if (is_growing) {
    const NextEquities<kPath> next{tables, state, returns};
    const VecD held = next.held();
    const VecD second = next.second(held);
    const VecD weights = vote_weights<kPath>(tables, second);
    const VecD shares = family_shares(next, signals, sinks);
    verdict = next_verdict(tables, state, average_signal(shares, weights));
    family = round2(shares);
    shown_signal = published<kPath>(tables, family);
    shown_equity = published<kPath>(tables, second);
    if constexpr (S::kCommit) {
      store(sinks.state->equity2, second);
      store(sinks.state->held, held);
      sinks.state->near_infinity |= !are_below(second, kFarFromInfinity);
    }
  }
  store_families(out.signal.data(), shown_signal);
  store_families(out.equity.data(), shown_equity);
  out.growth = growth;
  const Verdict shown = shown_verdict(tables, state, verdict);
  out.average = shown.average;
  out.direction = static_cast<std::int8_t>(shown.direction);
  out.event = shown.event;
  if constexpr (S::kDetail) {
    sinks.members->has_equity = is_growing;
    lockstep::detail::defined_words(tables, in.t + 1, sinks.members->defined);
    store(sinks.members->signs, signals.signs);
  }
  if constexpr (S::kCommit) {
    remember(tables, bar, {in, signals, verdict, family, shown, shown_signal, shown_equity, growth},
             *sinks.state);
  }
  return Status::ok;
}

template <Path kPath, class S>
Status rarer_step(const Tables& tables, const StateBlock& state, const BarTicks& bar, Outputs& out,
                  const S& sinks) {
  return step<kPath>(tables, state, bar, out, sinks);
}

template <class S>
LOCKSTEP_INLINE Status step_of(const Tables& tables, const StateBlock& state, const BarTicks& bar,
                               Outputs& out, const S& sinks) {
  if (state.bars < tables.steady_from || tables.is_hull) [[unlikely]] {
    return rarer_step<Path::general>(tables, state, bar, out, sinks);
  }
  if (!tables.is_uniform) return rarer_step<Path::steady>(tables, state, bar, out, sinks);
  return step<Path::uniform>(tables, state, bar, out, sinks);
}

}  // namespace

Status commit_step(const Tables& tables, StateBlock& state, const BarTicks& bar, Outputs& out) {
  return step_of(tables, state, bar, out, Sinks<true, false>{&state, nullptr});
}

Status peek_step(const Tables& tables, const StateBlock& state, const BarTicks& bar, Outputs& out) {
  return step_of(tables, state, bar, out, Sinks<false, false>{nullptr, nullptr});
}

Status detail_step(const Tables& tables, const StateBlock& state, const BarTicks& bar, Outputs& out,
                   Members& members) {
  return step_of(tables, state, bar, out, Sinks<false, true>{nullptr, &members});
}

}  // namespace lockstep::LOCKSTEP_ISA
