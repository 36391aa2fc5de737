// One bar of one symbol. Compiled once per instruction set (see step_*.cpp), each into a namespace of its own.
#include <cmath>
#include <cstring>

#include "incremental/arithmetic.hpp"
#include "incremental/detail/lanes.hpp"
#include "incremental/detail/state_block.hpp"
#include "incremental/exp.hpp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

using lockstep::detail::HullBlock;
using lockstep::detail::kRingTail;
using lockstep::detail::Members;
using lockstep::detail::MemberTable;
using lockstep::detail::StateBlock;
using lockstep::detail::Tables;

constexpr int kEma = 0, kHma = 1, kWma = 2, kDema = 3, kLsma = 4, kKama = 5;

/// The bar as the step sees it.
struct Inputs {
  std::int64_t t;         ///< bars since the anchor
  std::int64_t price;     ///< p, in units of 1/k tick
  std::int64_t close;     ///< c, likewise
  std::uint64_t prefix;   ///< P_t
  double price_d;
  double close_d;
};

/// On which side of its average the close is, one bit a member of a family.
struct Sides {
  unsigned above;
  unsigned below;
};

/// Where results other than the sides go; null pointers when nobody wants them.
struct Sinks {
  StateBlock* state;
  Members* members;
};

std::int64_t source_price(const Tables& tables, const BarTicks& bar) {
  switch (tables.source) {
    case Source::close: return bar.close;
    case Source::open: return bar.open;
    case Source::high: return bar.high;
    case Source::low: return bar.low;
    case Source::hl2: return bar.high + bar.low;
    case Source::hlc3: return bar.high + bar.low + bar.close;
    case Source::ohlc4: return bar.open + bar.high + bar.low + bar.close;
    case Source::hlcc4: return bar.high + bar.low + 2 * bar.close;
  }
  return bar.close;
}

/// Prefix sums around a family's base length: entry 9 - o + 2 ... see Tables::ring_index.
const std::uint64_t* ring_window(const Tables& tables, const StateBlock& state, const MemberTable& table) {
  std::int64_t start = static_cast<std::int64_t>(state.ring_head) - (table.base + 9);
  if (start < 0) start += static_cast<std::int64_t>(tables.ring_size);
  return detail::ring_of(tables, state) + start;
}

/// Prefix sums L + extra bars back (extra 0, 1 or 2), for the members at `at` of a lane type.
template <class L>
typename L::U lagged(const Tables& tables, const std::uint64_t* window, int at, int extra) {
  if constexpr (L::kCount == 8) {
    return look_up(window + 2 - extra, tables.ring_index + at);
  } else {
    return window[2 - extra + tables.ring_index[at]];
  }
}

template <class L>
Sides sides_of(const typename L::U& close_times_denominator, const typename L::U& numerator) {
  // The products may wrap; their difference fits by the price limit, so its sign is right.
  const auto difference = (typename L::I)(close_times_denominator - numerator);
  const typename L::I zero{};
  return {bits_greater(difference, zero), bits_greater(zero, difference)};
}

template <class L>
Sides sides_of_average(double close, const typename L::D& average) {
  const auto closes = all_lanes<typename L::D>(close);
  return {bits_greater(closes, average), bits_greater(average, closes)};
}

template <class L>
struct Sma {
  static Sides step(const Tables& tables, const StateBlock& state, const Inputs& in, int at, const Sinks& sinks) {
    using U = typename L::U;
    const MemberTable& table = tables.family[kHma];
    const U sum = in.prefix - lagged<L>(tables, ring_window(tables, state, table), at, 0);
    if (sinks.members) store(sinks.members->numerator[kHma] + at, sum);
    return sides_of<L>(load<U>(table.denominator + at) * static_cast<std::uint64_t>(in.close), sum);
  }
};

/// W_t = W_{t-1} + L p_t - S_{t-1}.
template <class L>
typename L::U next_weighted(const typename L::U& weighted, const typename L::U& length, const Inputs& in,
                            std::uint64_t prefix_before, const typename L::U& prefix_lagged) {
  return weighted + length * static_cast<std::uint64_t>(in.price) - (prefix_before - prefix_lagged);
}

template <class L>
struct Wma {
  static Sides step(const Tables& tables, const StateBlock& state, const Inputs& in, int at, const Sinks& sinks) {
    using U = typename L::U;
    const MemberTable& table = tables.family[kWma];
    const std::uint64_t* window = ring_window(tables, state, table);
    const U weighted = next_weighted<L>(load<U>(state.wma_w + at), load<U>(table.length + at), in, state.prefix,
                                        lagged<L>(tables, window, at, 1));
    if (sinks.state) store(sinks.state->wma_w + at, weighted);
    const U numerator = weighted + weighted;
    if (sinks.members) store(sinks.members->numerator[kWma] + at, numerator);
    return sides_of<L>(load<U>(table.denominator + at) * static_cast<std::uint64_t>(in.close), numerator);
  }
};

template <class L>
struct Lsma {
  static Sides step(const Tables& tables, const StateBlock& state, const Inputs& in, int at, const Sinks& sinks) {
    using U = typename L::U;
    const MemberTable& table = tables.family[kLsma];
    const std::uint64_t* window = ring_window(tables, state, table);
    const U weighted = next_weighted<L>(load<U>(state.lsma_w + at), load<U>(table.length + at), in, state.prefix,
                                        lagged<L>(tables, window, at, 1));
    if (sinks.state) store(sinks.state->lsma_w + at, weighted);
    const U sum = in.prefix - lagged<L>(tables, window, at, 0);
    const U numerator = (weighted + weighted + weighted) * 2 - load<U>(table.twice_next + at) * sum;
    if (sinks.members) store(sinks.members->numerator[kLsma] + at, numerator);
    return sides_of<L>(load<U>(table.denominator + at) * static_cast<std::uint64_t>(in.close), numerator);
  }
};

/// The EMA of `lengths`, seeded at bar L - 1 with the mean of the first L prices.
template <class L, bool kWarming>
typename L::D next_ema(const MemberTable& table, const typename L::D& before, const Inputs& in, int at) {
  using D = typename L::D;
  const D moved = move_towards(before, load<D>(table.alpha + at), all_lanes<D>(in.price_d));
  if constexpr (!kWarming) return moved;
  const D seed = static_cast<double>(static_cast<std::int64_t>(in.prefix)) / load<D>(table.length_d + at);
  const auto t = all_lanes<D>(static_cast<double>(in.t));
  const D seed_bar = load<D>(table.length_d + at) - 1.0;
  return select(t > seed_bar, moved, select(t == seed_bar, seed, D{}));
}

template <class L, bool kWarming>
struct Ema {
  static Sides step(const Tables& tables, const StateBlock& state, const Inputs& in, int at, const Sinks& sinks) {
    using D = typename L::D;
    const D ema = next_ema<L, kWarming>(tables.family[kEma], load<D>(state.ema + at), in, at);
    if (sinks.state) store(sinks.state->ema + at, ema);
    if (sinks.members) store(sinks.members->value[kEma] + at, ema);
    return sides_of_average<L>(in.close_d, ema);
  }
};

template <class L, bool kWarming>
struct Dema {
  static Sides step(const Tables& tables, const StateBlock& state, const Inputs& in, int at, const Sinks& sinks) {
    using D = typename L::D;
    const MemberTable& table = tables.family[kDema];
    const D first = next_ema<L, kWarming>(table, load<D>(state.dema1 + at), in, at);
    const D second = next_second(table, load<D>(state.dema2 + at), first, in, at);
    const D dema = 2.0 * first - second;
    if (sinks.state) {
      store(sinks.state->dema1 + at, first);
      store(sinks.state->dema2 + at, second);
    }
    if (sinks.members) store(sinks.members->value[kDema] + at, dema);
    return sides_of_average<L>(in.close_d, dema);
  }

  /// EMA of the EMA, seeded at bar 2L - 2 with the mean of its first L values, added oldest first.
  static typename L::D next_second(const MemberTable& table, const typename L::D& before, const typename L::D& first,
                                   const Inputs& in, int at) {
    using D = typename L::D;
    const D moved = move_towards(before, load<D>(table.alpha + at), first);
    if constexpr (!kWarming) return moved;
    const D length = load<D>(table.length_d + at);
    const auto t = all_lanes<D>(static_cast<double>(in.t));
    const D seed_bar = 2.0 * length - 2.0;
    const D sum = select(t < length - 1.0, D{}, D(before + first));
    return select(t > seed_bar, moved, select(t == seed_bar, D(sum / length), sum));
  }
};

template <class V>
V magnitude(const V& value) {
  return select(value < V{}, V(-value), value);
}

template <class L, bool kWarming>
struct Kama {
  static Sides step(const Tables& tables, const StateBlock& state, const Inputs& in, int at, const Sinks& sinks) {
    using D = typename L::D;
    using I = typename L::I;
    using U = typename L::U;
    const MemberTable& table = tables.family[kKama];
    const std::uint64_t* window = ring_window(tables, state, table);
    const U lag0 = lagged<L>(tables, window, at, 0);
    const U lag1 = lagged<L>(tables, window, at, 1);
    const U lag2 = lagged<L>(tables, window, at, 2);
    const I oldest = (I)(lag0 - lag1);  // p_{t-L}; 0 before the first bar
    const I leaving = magnitude(I(oldest - (I)(lag1 - lag2)));
    const std::int64_t entering = magnitude(in.price - state.price);
    const U noise = load<U>(state.noise + at) + static_cast<std::uint64_t>(entering) - (U)leaving;
    const I move = magnitude(I(in.price - oldest));
    D rate = kama_rate(to_double(move), to_double((I)noise));
    const D before = load<D>(state.kama + at);
    const D x = all_lanes<D>(in.price_d);
    D kama;
    if constexpr (kWarming) {
      const auto t = all_lanes<D>(static_cast<double>(in.t));
      const auto is_early = t < load<D>(table.length_d + at);
      rate = select(is_early, kama_rate(D{}, D{}), rate);
      kama = move_towards(before, rate, x);
      if (tables.kama_from_price) kama = select(is_early, in.t == 0 ? x : before, kama);
    } else {
      kama = move_towards(before, rate, x);
    }
    if (sinks.state) {
      store(sinks.state->noise + at, noise);
      store(sinks.state->kama + at, kama);
    }
    if (sinks.members) store(sinks.members->value[kKama] + at, kama);
    return sides_of_average<L>(in.close_d, kama);
  }
};

/// Hull's average: a WMA of raw = 2 WMA(L/2) - WMA(L), all over one denominator. Member by member, its roots differ.
Sides hull_step(const Tables& tables, const StateBlock& state, const Inputs& in, const Sinks& sinks) {
  const auto& table = tables.hull;
  const HullBlock& hull = detail::hull_of(tables, state);
  const std::uint64_t* ring = detail::hull_ring_of(hull);
  const std::int64_t rows = table.root_max + 1;
  const std::int64_t row = in.t % rows;
  const auto price = static_cast<std::uint64_t>(in.price);
  Sides sides{0, 0};
  for (int j = 0; j < kMembers; ++j) {
    const std::int64_t length = tables.family[kHma].length[j];
    const std::int64_t root = table.root[j];
    const std::uint64_t half_w = hull.half_w[j] + static_cast<std::uint64_t>(table.half[j]) * price -
                                 (state.prefix - detail::prefix_at(tables, state, table.half[j] + 1));
    const std::uint64_t full_w = hull.full_w[j] + static_cast<std::uint64_t>(length) * price -
                                 (state.prefix - detail::prefix_at(tables, state, length + 1));
    const std::uint64_t raw = static_cast<std::uint64_t>(table.half_factor[j]) * half_w -
                              static_cast<std::uint64_t>(table.full_factor[j]) * full_w;
    const std::uint64_t leaving = ring[((row + rows - root) % rows) * kMembers + j];
    const std::uint64_t raw_w = hull.raw_w[j] + static_cast<std::uint64_t>(root) * raw - hull.raw_sum[j];
    const Sides one = sides_of<Narrow>(static_cast<std::uint64_t>(tables.family[kHma].denominator[j]) *
                                           static_cast<std::uint64_t>(in.close), raw_w);
    sides.above |= one.above << j;
    sides.below |= one.below << j;
    if (sinks.members) sinks.members->numerator[kHma][j] = static_cast<std::int64_t>(raw_w);
    if (sinks.state) {
      auto& next = const_cast<HullBlock&>(detail::hull_of(tables, *sinks.state));
      next.half_w[j] = half_w;
      next.full_w[j] = full_w;
      next.raw_sum[j] = hull.raw_sum[j] + raw - leaving;
      next.raw_w[j] = raw_w;
      const_cast<std::uint64_t*>(detail::hull_ring_of(next))[row * kMembers + j] = raw;
    }
  }
  return sides;
}

/// Eight members, then the ninth.
template <class First, class Ninth>
Sides nine(const Tables& tables, const StateBlock& state, const Inputs& in, const Sinks& sinks) {
  const Sides first = First::step(tables, state, in, 0, sinks);
  const Sides ninth = Ninth::step(tables, state, in, 8, sinks);
  return {first.above | ninth.above << 8, first.below | ninth.below << 8};
}

/// Nine bits to every sixth place, from `family` on.
inline std::uint64_t spread(unsigned bits, int family) {
#if defined(__BMI2__)
  constexpr std::uint64_t kEverySixth = 0x0001041041041041ull;
  return _pdep_u64(bits, kEverySixth) << family;
#else
  std::uint64_t places = 0;
  for (int j = 0; j < kMembers; ++j) places |= static_cast<std::uint64_t>(bits >> j & 1) << (j * kFamilies);
  return places << family;
#endif
}

struct AllSides {
  std::uint64_t above = 0;
  std::uint64_t below = 0;

  void add(int family, const Sides& sides) {
    above |= spread(sides.above, family);
    below |= spread(sides.below, family);
  }
};

template <bool kWarming>
AllSides averages(const Tables& tables, const StateBlock& state, const Inputs& in, const Sinks& sinks) {
  AllSides all;
  if (tables.enabled[kEma]) all.add(kEma, nine<Ema<Wide, kWarming>, Ema<Narrow, kWarming>>(tables, state, in, sinks));
  if (tables.enabled[kHma]) {
    all.add(kHma, tables.is_hull ? hull_step(tables, state, in, sinks)
                                 : nine<Sma<Wide>, Sma<Narrow>>(tables, state, in, sinks));
  }
  if (tables.enabled[kWma]) all.add(kWma, nine<Wma<Wide>, Wma<Narrow>>(tables, state, in, sinks));
  if (tables.enabled[kDema]) {
    all.add(kDema, nine<Dema<Wide, kWarming>, Dema<Narrow, kWarming>>(tables, state, in, sinks));
  }
  if (tables.enabled[kLsma]) all.add(kLsma, nine<Lsma<Wide>, Lsma<Narrow>>(tables, state, in, sinks));
  if (tables.enabled[kKama]) {
    all.add(kKama, nine<Kama<Wide, kWarming>, Kama<Narrow, kWarming>>(tables, state, in, sinks));
  }
  return all;
}

/// Members whose average is defined at bar t, while some are not.
std::uint64_t defined_at(const Tables& tables, std::int64_t t) {
  std::uint64_t defined = 0;
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers; ++j) {
      if (tables.enabled[f] && t >= tables.family[f].first[j]) defined |= std::uint64_t{1} << (j * kFamilies + f);
    }
  }
  return defined;
}

/// The 54 signals after this bar.
struct Signals {
  std::uint64_t above, below, defined, positive, negative;
};

Signals next_signals(const Tables& tables, const StateBlock& state, const Inputs& in, const Sinks& sinks) {
  AllSides sides;
  std::uint64_t defined = state.defined;
  if (in.t < tables.changes_end) {
    defined = defined_at(tables, in.t);
    sides = averages<true>(tables, state, in, sinks);
    sides.above &= defined;
    sides.below &= defined;
  } else {
    sides = averages<false>(tables, state, in, sinks);
  }
  // A cross needs the bar before to have a defined average on the other side, or on it.
  const std::uint64_t up = sides.above & ~state.above & state.defined;
  const std::uint64_t down = sides.below & ~state.below & state.defined;
  return {sides.above, sides.below, defined, (state.positive & ~down) | up, (state.negative & ~up) | down};
}

/// Equities of both layers after this bar; they follow the signals of the bar before.
struct Equities {
  VecD row[kMembers];
  VecD sum;  ///< over the nine members, left to right
  VecD second;
  VecD held;
};

inline unsigned row_bits(std::uint64_t members, int row) { return static_cast<unsigned>(members >> (row * kFamilies)) & 63u; }

void start_equities(const Tables& tables, Equities& next) {
  const VecD one = all_lanes<VecD>(1.0);
  for (VecD& row : next.row) row = one;
  next.sum = all_lanes<VecD>(static_cast<double>(kMembers));
  next.second = load<VecD>(tables.start_equity2);
  next.held = VecD{};
}

void next_equities(const Tables& tables, const StateBlock& state, double r, Equities& next) {
  const VecD one = all_lanes<VecD>(1.0);
  const VecD gain = all_lanes<VecD>(1.0 + r);
  const VecD loss = all_lanes<VecD>(1.0 + -r);
  next.sum = VecD{};
  for (int j = 0; j < kMembers; ++j) {
    const VecD factor = pick(row_bits(state.positive, j), gain, pick(row_bits(state.negative, j), loss, one));
    next.row[j] = equity_step(load<VecD>(state.equity[j]), tables.keep, factor);
    next.sum = next.sum + next.row[j];  // 0 + E is E: the first addition changes no bit
  }
  const VecD signal = load<VecD>(state.signal);
  const VecD rs = all_lanes<VecD>(r);
  next.held = select(signal > VecD{}, rs, select(signal < VecD{}, VecD(-rs), load<VecD>(state.held)));
  next.second = equity_step(load<VecD>(state.equity2), tables.keep, VecD(one + next.held));
}

bool is_finite(const VecD& lanes) {
  return bits_greater(all_lanes<VecD>(HUGE_VAL), lanes) == 255u;
}

/// F: the family signals of layer 1.
VecD family_signals(const Equities& equities, const Signals& signals) {
  VecD sum{};
  for (int j = 0; j < kMembers; ++j) {
    const VecD& equity = equities.row[j];
    sum = sum + pick(row_bits(signals.positive, j), equity, pick(row_bits(signals.negative, j), VecD(-equity), VecD{}));
  }
  return round2(VecD(sum / equities.sum));
}

/// Layer 2: the average over the enabled families, left to right. Adding a disabled family's 0 changes no bit.
double average_signal(const Tables& tables, const VecD& signals, const VecD& second) {
  const VecD weight = second * load<VecD>(tables.enabled_lane);
  const VecD vote = select(signals > all_lanes<VecD>(0.49), weight,
                           select(signals < all_lanes<VecD>(-0.49), VecD(-weight), VecD{}));
  double votes = 0, weights = 0;
  for (int f = 0; f < kFamilies; ++f) {
    votes += vote[f];
    weights += weight[f];
  }
  return votes / weights;
}

/// What layer 2 says, before the strategy shift.
struct Verdict {
  double average = kUndefined;
  std::int64_t direction = 0;
  TradeEvent event = TradeEvent::none;
};

Verdict next_verdict(const Tables& tables, const StateBlock& state, double average) {
  Verdict verdict{average, state.direction, TradeEvent::none};
  // Comparisons with an undefined average before are false: the first defined one crosses nothing.
  if (average > tables.long_threshold && state.average <= tables.long_threshold) {
    if (state.direction == -1) verdict.event = TradeEvent::long_;
    verdict.direction = 1;
  }
  if (average < tables.short_threshold && state.average >= tables.short_threshold) {
    if (state.direction == 1) verdict.event = TradeEvent::short_;
    verdict.direction = -1;
  }
  return verdict;
}

Status check(const Tables& tables, const StateBlock& state, const BarTicks& bar) {
  if (bar.open <= 0 || bar.high <= 0 || bar.low <= 0 || bar.close <= 0) return Status::price_not_positive;
  if (bar.low > bar.open || bar.low > bar.close || bar.high < bar.open || bar.high < bar.close) {
    return Status::bar_inconsistent;
  }
  if (bar.high > tables.price_max) return Status::price_out_of_range;
  if (state.bars > 0 && bar.ts_open_ms <= state.ts_last_ms) return Status::time_not_increasing;
  return Status::ok;
}

double growth_at(const Tables& tables, std::int64_t bars) {
  if (bars < static_cast<std::int64_t>(tables.growth.size())) return tables.growth[static_cast<std::size_t>(bars)];
  return detail::exp_correctly_rounded(tables.rate * static_cast<double>(bars));
}

void publish(const Tables& tables, const StateBlock& state, const Verdict& verdict, Outputs& out) {
  out.average = tables.strategy ? state.average : verdict.average;
  out.direction = static_cast<std::int8_t>(tables.strategy ? state.direction : verdict.direction);
  out.event = tables.strategy ? static_cast<TradeEvent>(state.event) : verdict.event;
}

/// Writes what the families gave; a disabled family, and every one before the cutout, is undefined.
void publish_families(const Tables& tables, const VecD& signals, const VecD& second, Outputs& out) {
  for (int f = 0; f < kFamilies; ++f) {
    out.signal[f] = tables.enabled[f] ? signals[f] : kUndefined;
    out.equity[f] = tables.enabled[f] ? second[f] : kUndefined;
  }
}

template <bool kCommit>
Status step(const Tables& tables, const StateBlock& state, StateBlock* next, const BarTicks& bar, Outputs& out,
            Members* members) {
  if (const Status status = check(tables, state, bar); status != Status::ok) return status;
  Inputs in;
  in.t = state.bars;
  in.price = source_price(tables, bar);
  in.close = bar.close * tables.divisor;
  in.prefix = state.prefix + static_cast<std::uint64_t>(in.price);
  in.price_d = static_cast<double>(in.price);
  in.close_d = static_cast<double>(in.close);

  const std::int64_t growing = in.t - tables.cutout;  // bars since the cutout, negative before it
  double growth = kUndefined;
  Equities equities;
  if (growing >= 0) {
    growth = growth_at(tables, growing);
    if (!(growth < HUGE_VAL)) return Status::growth_not_finite;
    if (growing == 0) {
      start_equities(tables, equities);
    } else {
      const double r = static_cast<double>(in.close - state.close) / static_cast<double>(state.close) * growth;
      if (!(std::fabs(r) < HUGE_VAL)) return Status::equity_not_finite;
      next_equities(tables, state, r, equities);
      if (!is_finite(equities.sum) || !is_finite(equities.second)) return Status::equity_not_finite;
    }
  }

  // From here on nothing is refused, so the next state may be written.
  const Signals signals = next_signals(tables, state, in, Sinks{kCommit ? next : nullptr, members});
  Verdict verdict;
  VecD family{};
  if (growing >= 0) {
    family = family_signals(equities, signals);
    verdict = next_verdict(tables, state, average_signal(tables, family, equities.second));
    publish_families(tables, family, equities.second, out);
  } else {
    out.signal = kUndefinedFamilies;
    out.equity = kUndefinedFamilies;
  }
  out.growth = growth;
  publish(tables, state, verdict, out);

  if (members) {
    members->has_equity = growing >= 0;
    members->defined = signals.defined;
    members->positive = signals.positive;
    members->negative = signals.negative;
    if (growing >= 0) std::memcpy(members->equity, equities.row, sizeof members->equity);
  }
  if constexpr (kCommit) {
    if (growing >= 0) {
      std::memcpy(next->equity, equities.row, sizeof next->equity);
      store(next->equity2, equities.second);
      store(next->held, equities.held);
      store(next->signal, family);
    }
    next->above = signals.above;
    next->below = signals.below;
    next->defined = signals.defined;
    next->positive = signals.positive;
    next->negative = signals.negative;
    next->average = verdict.average;
    next->direction = verdict.direction;
    next->event = static_cast<std::int64_t>(verdict.event);
    auto* ring = const_cast<std::uint64_t*>(detail::ring_of(tables, *next));
    const std::uint64_t head = state.ring_head;
    ring[head] = in.prefix;
    if (head < kRingTail) ring[tables.ring_size + head] = in.prefix;
    next->ring_head = head + 1 == tables.ring_size ? 0 : head + 1;
    next->prefix = in.prefix;
    next->price = in.price;
    next->close = in.close;
    next->ts_last_ms = bar.ts_open_ms;
    next->bars = in.t + 1;
    next->digest.add(bar, out);
    next->last_average = out.average;
    next->last_growth = out.growth;
    std::memcpy(next->last_signal, &out.signal, sizeof next->last_signal);
    std::memcpy(next->last_equity, &out.equity, sizeof next->last_equity);
    next->last_direction = out.direction;
    next->last_event = static_cast<std::int64_t>(out.event);
  }
  return Status::ok;
}

}  // namespace

Status commit_step(const Tables& tables, StateBlock& state, const BarTicks& bar, Outputs& out) {
  return step<true>(tables, state, &state, bar, out, nullptr);
}

Status peek_step(const Tables& tables, const StateBlock& state, const BarTicks& bar, Outputs& out, Members* members) {
  return step<false>(tables, state, nullptr, bar, out, members);
}

}  // namespace lockstep::LOCKSTEP_ISA
