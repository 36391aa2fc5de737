// One bar of one symbol. Compiled once per instruction set (see step_*.cpp),
// each into a namespace of its own.
#include <cmath>
#include <cstring>

// Before arithmetic.hpp: where a CPU has one instruction for what is written
// there, its overload is found first.
#include "incremental/detail/lanes.hpp"

#include "incremental/arithmetic.hpp"
#include "incremental/detail/digest_step.hpp"
#include "incremental/detail/state_block.hpp"
#include "incremental/exp.hpp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

using lockstep::detail::HullBlock;
using lockstep::detail::kRingTail;
using lockstep::detail::MemberBits;
using lockstep::detail::Members;
using lockstep::detail::MemberTable;
using lockstep::detail::StateBlock;
using lockstep::detail::Tables;

constexpr int kEma = 0, kHma = 1, kWma = 2, kDema = 3, kLsma = 4, kKama = 5;

/// The bar as the step sees it.
struct Inputs {
  std::int64_t t;       ///< bars since the anchor
  std::int64_t price;   ///< p, in units of 1/k tick
  std::int64_t close;   ///< c, likewise
  std::uint64_t prefix; ///< P_t
  double price_d;
  double close_d;
};

/// On which side of its average the close is: bit f of a member is family f.
template <class L> struct SideBits {
  typename L::U above{};
  typename L::U below{};
};

/// The sides of all 54.
struct AllSides {
  MemberBits above{};
  MemberBits below{};
};

template <class L> LOCKSTEP_INLINE typename L::D lanes_of(double value) {
  if constexpr (L::kCount == 8) {
    return broadcast(value);
  } else {
    return value;
  }
}

/// What a step does besides giving outputs: commit writes the next state,
/// detail notes the 54 members.
template <bool kCommits, bool kDetails> struct Sinks {
  static constexpr bool kCommit = kCommits;
  static constexpr bool kDetail = kDetails;
  StateBlock *state;
  Members *members;
};

LOCKSTEP_INLINE std::int64_t source_price(const Tables &tables,
                                          const BarTicks &bar) {
  switch (tables.source) {
  case Source::close:
    return bar.close;
  case Source::open:
    return bar.open;
  case Source::high:
    return bar.high;
  case Source::low:
    return bar.low;
  case Source::hl2:
    return bar.high + bar.low;
  case Source::hlc3:
    return bar.high + bar.low + bar.close;
  case Source::ohlc4:
    return bar.open + bar.high + bar.low + bar.close;
  case Source::hlcc4:
    return bar.high + bar.low + 2 * bar.close;
  }
  return bar.close;
}

/// Where a state keeps a field of these members.
template <class L>
LOCKSTEP_INLINE const std::uint64_t *field(const StateBlock &state,
                                           detail::Field field) {
  return L::kCount == 8 ? state.eight[field] : state.ninth + field;
}
template <class L>
LOCKSTEP_INLINE std::uint64_t *field(StateBlock &state, detail::Field field) {
  return L::kCount == 8 ? state.eight[field] : state.ninth + field;
}

/// Prefix sums around a family's base length: entry 9 - o + 2 ... see
/// Tables::ring_index.
LOCKSTEP_INLINE const std::uint64_t *ring_window(const Tables &tables,
                                                 const StateBlock &state,
                                                 const MemberTable &table) {
  std::int64_t start =
      static_cast<std::int64_t>(state.ring_head) - (table.base + 9);
  start += (start >> 63) &
           static_cast<std::int64_t>(
               tables.ring_size); // a branch here is mispredicted often
  return detail::ring_of(tables, state) + start;
}

/// Prefix sums L + extra bars back (extra 0, 1 or 2), for the members at `at`
/// of a lane type.
template <class L>
LOCKSTEP_INLINE typename L::U
lagged(const Tables &tables, const std::uint64_t *window, int at, int extra) {
  if constexpr (L::kCount == 8) {
    return look_up(window + 2 - extra, tables.ring_index + at);
  } else {
    return window[2 - extra + tables.ring_index[at]];
  }
}

/// Notes the side of windowed averages N / D from c * D and N.
template <class L>
LOCKSTEP_INLINE void note_sides(SideBits<L> &sides,
                                const typename L::U &close_times_denominator,
                                const typename L::U &numerator, int family) {
  // The products may wrap; their difference fits by the price limit, so its
  // sign is right.
  note_negative(sides.above, to_signed(numerator - close_times_denominator),
                family);
  note_negative(sides.below, to_signed(close_times_denominator - numerator),
                family);
}

/// Notes the side of averages in ticks.
template <class L>
LOCKSTEP_INLINE void note_sides_of_average(SideBits<L> &sides, double close,
                                           const typename L::D &average,
                                           int family) {
  const auto closes = lanes_of<L>(close);
  note_greater(sides.above, closes, average, family);
  note_greater(sides.below, average, closes, family);
}

template <class U> LOCKSTEP_INLINE U times_six(const U &value) {
  const U thrice = value + value + value;
  return thrice + thrice;
}

template <class L> struct Sma {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables &tables,
                                   const StateBlock &state, const Inputs &in,
                                   int at, const S &sinks, SideBits<L> &sides) {
    using U = typename L::U;
    const MemberTable &table = tables.family[kHma];
    const U sum =
        in.prefix - lagged<L>(tables, ring_window(tables, state, table), at, 0);
    if constexpr (S::kDetail)
      store(sinks.members->numerator[kHma] + at, sum);
    note_sides<L>(sides,
                  times(load<U>(table.denominator + at),
                        static_cast<std::uint64_t>(in.close)),
                  sum, kHma);
  }
};

/// W_t = W_{t-1} + L p_t - S_{t-1}.
template <class L>
LOCKSTEP_INLINE typename L::U
next_weighted(const typename L::U &weighted, const typename L::U &length,
              const Inputs &in, std::uint64_t prefix_before,
              const typename L::U &prefix_lagged) {
  return weighted + times(length, static_cast<std::uint64_t>(in.price)) -
         (prefix_before - prefix_lagged);
}

template <class L> struct Wma {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables &tables,
                                   const StateBlock &state, const Inputs &in,
                                   int at, const S &sinks, SideBits<L> &sides) {
    using U = typename L::U;
    const MemberTable &table = tables.family[kWma];
    const std::uint64_t *window = ring_window(tables, state, table);
    const U weighted =
        next_weighted<L>(load<U>(field<L>(state, detail::kFieldWmaW)),
                         load<U>(table.length + at), in, state.prefix,
                         lagged<L>(tables, window, at, 1));
    if constexpr (S::kCommit)
      store(field<L>(*sinks.state, detail::kFieldWmaW), weighted);
    const U numerator = weighted + weighted;
    if constexpr (S::kDetail)
      store(sinks.members->numerator[kWma] + at, numerator);
    note_sides<L>(sides,
                  times(load<U>(table.denominator + at),
                        static_cast<std::uint64_t>(in.close)),
                  numerator, kWma);
  }
};

template <class L> struct Lsma {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables &tables,
                                   const StateBlock &state, const Inputs &in,
                                   int at, const S &sinks, SideBits<L> &sides) {
    using U = typename L::U;
    const MemberTable &table = tables.family[kLsma];
    const std::uint64_t *window = ring_window(tables, state, table);
    const U weighted =
        next_weighted<L>(load<U>(field<L>(state, detail::kFieldLsmaW)),
                         load<U>(table.length + at), in, state.prefix,
                         lagged<L>(tables, window, at, 1));
    if constexpr (S::kCommit)
      store(field<L>(*sinks.state, detail::kFieldLsmaW), weighted);
    const U sum = in.prefix - lagged<L>(tables, window, at, 0);
    const U numerator =
        times_six(weighted) - times(load<U>(table.twice_next + at), sum);
    if constexpr (S::kDetail)
      store(sinks.members->numerator[kLsma] + at, numerator);
    note_sides<L>(sides,
                  times(load<U>(table.denominator + at),
                        static_cast<std::uint64_t>(in.close)),
                  numerator, kLsma);
  }
};

/// The EMA of `lengths`, seeded at bar L - 1 with the mean of the first L
/// prices.
template <class L, bool kGeneral>
LOCKSTEP_INLINE typename L::D next_ema(const MemberTable &table,
                                       const typename L::D &before,
                                       const Inputs &in, int at) {
  using D = typename L::D;
  const D moved =
      move_towards(before, load<D>(table.alpha + at), lanes_of<L>(in.price_d));
  if constexpr (!kGeneral)
    return moved;
  const D seed = static_cast<double>(static_cast<std::int64_t>(in.prefix)) /
                 load<D>(table.length_d + at);
  const auto t = lanes_of<L>(static_cast<double>(in.t));
  const D seed_bar = load<D>(table.length_d + at) - 1.0;
  return select(t > seed_bar, moved, select(t == seed_bar, seed, D{}));
}

template <class L, bool kGeneral> struct Ema {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables &tables,
                                   const StateBlock &state, const Inputs &in,
                                   int at, const S &sinks, SideBits<L> &sides) {
    using D = typename L::D;
    const D ema = next_ema<L, kGeneral>(
        tables.family[kEma], load<D>(field<L>(state, detail::kFieldEma)), in,
        at);
    if constexpr (S::kCommit)
      store(field<L>(*sinks.state, detail::kFieldEma), ema);
    if constexpr (S::kDetail)
      store(sinks.members->value[kEma] + at, ema);
    note_sides_of_average<L>(sides, in.close_d, ema, kEma);
  }
};

template <class L, bool kGeneral> struct Dema {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables &tables,
                                   const StateBlock &state, const Inputs &in,
                                   int at, const S &sinks, SideBits<L> &sides) {
    using D = typename L::D;
    const MemberTable &table = tables.family[kDema];
    const D first = next_ema<L, kGeneral>(
        table, load<D>(field<L>(state, detail::kFieldDema1)), in, at);
    const D second = next_second(
        table, load<D>(field<L>(state, detail::kFieldDema2)), first, in, at);
    const D dema = 2.0 * first - second;
    if constexpr (S::kCommit) {
      store(field<L>(*sinks.state, detail::kFieldDema1), first);
      store(field<L>(*sinks.state, detail::kFieldDema2), second);
    }
    if constexpr (S::kDetail)
      store(sinks.members->value[kDema] + at, dema);
    note_sides_of_average<L>(sides, in.close_d, dema, kDema);
  }

  /// EMA of the EMA, seeded at bar 2L - 2 with the mean of its first L values,
  /// added oldest first.
  LOCKSTEP_INLINE static typename L::D next_second(const MemberTable &table,
                                                   const typename L::D &before,
                                                   const typename L::D &first,
                                                   const Inputs &in, int at) {
    using D = typename L::D;
    const D moved = move_towards(before, load<D>(table.alpha + at), first);
    if constexpr (!kGeneral)
      return moved;
    const D length = load<D>(table.length_d + at);
    const auto t = lanes_of<L>(static_cast<double>(in.t));
    const D seed_bar = 2.0 * length - 2.0;
    const D sum = select(t < length - 1.0, D{}, before + first);
    return select(t > seed_bar, moved,
                  select(t == seed_bar, sum / length, sum));
  }
};

template <class L, bool kGeneral> struct Kama {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables &tables,
                                   const StateBlock &state, const Inputs &in,
                                   int at, const S &sinks, SideBits<L> &sides) {
    using D = typename L::D;
    using I = typename L::I;
    using U = typename L::U;
    const MemberTable &table = tables.family[kKama];
    const std::uint64_t *window = ring_window(tables, state, table);
    const U lag0 = lagged<L>(tables, window, at, 0);
    const U lag1 = lagged<L>(tables, window, at, 1);
    const U lag2 = lagged<L>(tables, window, at, 2);
    const I oldest = to_signed(lag0 - lag1); // p_{t-L}; 0 before the first bar
    const I leaving = magnitude(oldest - to_signed(lag1 - lag2));
    const std::int64_t entering = magnitude(in.price - state.price);
    const U noise = load<U>(field<L>(state, detail::kFieldNoise)) +
                    static_cast<std::uint64_t>(entering) - to_unsigned(leaving);
    const I move = magnitude(in.price - oldest);
    D rate = kama_rate(to_double(move), to_double(to_signed(noise)),
                       lanes_of<L>(1.0));
    const D before = load<D>(field<L>(state, detail::kFieldKama));
    const D x = lanes_of<L>(in.price_d);
    D kama;
    if constexpr (kGeneral) {
      const auto t = lanes_of<L>(static_cast<double>(in.t));
      const auto is_early = t < load<D>(table.length_d + at);
      rate = select(is_early, kama_rate(D{}, D{}, lanes_of<L>(1.0)), rate);
      kama = move_towards(before, rate, x);
      if (tables.kama_from_price)
        kama = select(is_early, in.t == 0 ? x : before, kama);
    } else {
      kama = move_towards(before, rate, x);
    }
    if constexpr (S::kCommit) {
      store(field<L>(*sinks.state, detail::kFieldNoise), noise);
      store(field<L>(*sinks.state, detail::kFieldKama), kama);
    }
    if constexpr (S::kDetail)
      store(sinks.members->value[kKama] + at, kama);
    note_sides_of_average<L>(sides, in.close_d, kama, kKama);
  }
};

/// Hull's average: a WMA of raw = 2 WMA(L/2) - WMA(L), all over one
/// denominator. Member by member, its roots differ.
template <class S>
AllSides hull_step(const Tables &tables, const StateBlock &state,
                   const Inputs &in, const S &sinks) {
  const auto &table = tables.hull;
  const HullBlock &hull = detail::hull_of(tables, state);
  const std::uint64_t *ring = detail::hull_ring_of(hull);
  const std::int64_t rows = table.root_max + 1;
  const std::int64_t row = in.t % rows;
  const auto price = static_cast<std::uint64_t>(in.price);
  AllSides sides;
  for (int j = 0; j < kMembers; ++j) {
    const std::int64_t length = tables.family[kHma].length[j];
    const std::int64_t root = table.root[j];
    const std::uint64_t half_w =
        hull.half_w[j] + static_cast<std::uint64_t>(table.half[j]) * price -
        (state.prefix - detail::prefix_at(tables, state, table.half[j] + 1));
    const std::uint64_t full_w =
        hull.full_w[j] + static_cast<std::uint64_t>(length) * price -
        (state.prefix - detail::prefix_at(tables, state, length + 1));
    const std::uint64_t raw =
        static_cast<std::uint64_t>(table.half_factor[j]) * half_w -
        static_cast<std::uint64_t>(table.full_factor[j]) * full_w;
    const std::uint64_t leaving =
        ring[((row + rows - root) % rows) * kMembers + j];
    const std::uint64_t raw_w = hull.raw_w[j] +
                                static_cast<std::uint64_t>(root) * raw -
                                hull.raw_sum[j];
    SideBits<Narrow> one;
    const std::uint64_t denominator =
        static_cast<std::uint64_t>(tables.family[kHma].denominator[j]);
    note_sides<Narrow>(one, denominator * static_cast<std::uint64_t>(in.close),
                       raw_w, kHma + 8 * (j % 8));
    (j < 8 ? sides.above.eight : sides.above.ninth) |= one.above;
    (j < 8 ? sides.below.eight : sides.below.ninth) |= one.below;
    if constexpr (S::kDetail)
      sinks.members->numerator[kHma][j] = static_cast<std::int64_t>(raw_w);
    if constexpr (S::kCommit) {
      auto &next =
          const_cast<HullBlock &>(detail::hull_of(tables, *sinks.state));
      next.half_w[j] = half_w;
      next.full_w[j] = full_w;
      next.raw_sum[j] = hull.raw_sum[j] + raw - leaving;
      next.raw_w[j] = raw_w;
      const_cast<std::uint64_t *>(
          detail::hull_ring_of(next))[row * kMembers + j] = raw;
    }
  }
  return sides;
}

template <bool kGeneral, class S>
LOCKSTEP_INLINE AllSides averages(const Tables &tables, const StateBlock &state,
                                  const Inputs &in, const S &sinks) {
  SideBits<Wide> eight;
  SideBits<Narrow> ninth;
  const auto add = [&](int family, auto wide, auto narrow)
      __attribute__((always_inline)) {
    if (!tables.enabled[family])
      return;
    wide.step(tables, state, in, 0, sinks, eight);
    narrow.step(tables, state, in, 8, sinks, ninth);
  };
  // KAMA first: its division takes longest, and what follows depends on all of
  // them.
  add(kKama, Kama<Wide, kGeneral>{}, Kama<Narrow, kGeneral>{});
  add(kDema, Dema<Wide, kGeneral>{}, Dema<Narrow, kGeneral>{});
  add(kEma, Ema<Wide, kGeneral>{}, Ema<Narrow, kGeneral>{});
  AllSides hull;
  if (kGeneral && tables.is_hull) {
    hull = hull_step(tables, state, in, sinks);
  } else {
    add(kHma, Sma<Wide>{}, Sma<Narrow>{});
  }
  add(kWma, Wma<Wide>{}, Wma<Narrow>{});
  add(kLsma, Lsma<Wide>{}, Lsma<Narrow>{});
  return {
      {packed(eight.above) | hull.above.eight, ninth.above | hull.above.ninth},
      {packed(eight.below) | hull.below.eight, ninth.below | hull.below.ninth}};
}

/// Members whose average is defined at bar t, while some are not.
MemberBits defined_at(const Tables &tables, std::int64_t t) {
  MemberBits defined{};
  for (int f = 0; f < kFamilies; ++f) {
    if (!tables.enabled[f])
      continue;
    for (int j = 0; j < kMembers; ++j) {
      if (t < tables.family[f].first[j])
        continue;
      (j < 8 ? defined.eight : defined.ninth) |= std::uint64_t{1}
                                                 << (8 * (j % 8) + f);
    }
  }
  return defined;
}

LOCKSTEP_INLINE MemberBits in_general(const MemberBits &bits) {
  return {general_register(bits.eight), general_register(bits.ninth)};
}

/// The 54 signals after this bar.
struct Signals {
  MemberBits above, below, defined, positive, negative;
};

template <bool kGeneral, class S>
LOCKSTEP_INLINE Signals next_signals(const Tables &tables,
                                     const StateBlock &state, const Inputs &in,
                                     const S &sinks) {
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
  const MemberBits down =
      sides.below & ~in_general(state.below) & defined_before;
  return {sides.above, sides.below, defined,
          (in_general(state.positive) & ~down) | up,
          (in_general(state.negative) & ~up) | down};
}

/// Equities of both layers after this bar; they follow the signals of the bar
/// before.
struct Equities {
  VecD row[kMembers];
  VecD sum; ///< over the nine members, left to right
  VecD second;
  VecD held;
};

/// Member bits beside the lanes of the families, ready to give the mask of any
/// row.
struct RowMasks {
  VecU32 word[3];

  LOCKSTEP_INLINE explicit RowMasks(const MemberBits &members)
      : word{broadcast(static_cast<std::uint32_t>(members.eight)),
             broadcast(static_cast<std::uint32_t>(members.eight >> 32)),
             broadcast(static_cast<std::uint32_t>(members.ninth))} {}
  LOCKSTEP_INLINE Mask operator[](int row) const {
    return row_mask(word[row / 4], row);
  }
};

LOCKSTEP_INLINE void start_equities(const Tables &tables, Equities &next) {
  const VecD one = broadcast(1.0);
  for (VecD &row : next.row)
    row = one;
  next.sum = broadcast(static_cast<double>(kMembers));
  next.second = load<VecD>(tables.start_equity2);
  next.held = VecD{};
}

LOCKSTEP_INLINE void next_equities(const Tables &tables,
                                   const StateBlock &state, double r,
                                   Equities &next) {
  const VecD one = broadcast(1.0);
  const VecD floor = broadcast(0.25);
  const VecD gain = broadcast(1.0 + r);
  const VecD loss = broadcast(1.0 + -r);
  next.sum = VecD{};
  const RowMasks positive(state.positive);
  const RowMasks negative(state.negative);
  for (int j = 0; j < kMembers; ++j) {
    const VecD factor = pick(positive[j], gain, pick(negative[j], loss, one));
    next.row[j] =
        equity_step(load<VecD>(state.equity[j]), tables.keep, factor, floor);
    next.sum =
        next.sum + next.row[j]; // 0 + E is E: the first addition changes no bit
  }
  const VecD signal = load<VecD>(state.signal);
  const VecD rs = broadcast(r);
  next.held = select(signal > VecD{}, rs,
                     select(signal < VecD{}, -rs, load<VecD>(state.held)));
  next.second = equity_step(load<VecD>(state.equity2), tables.keep,
                            one + next.held, floor);
}

LOCKSTEP_INLINE bool is_finite(const VecD &lanes) {
  return is_all(greater(broadcast(HUGE_VAL), lanes));
}

/// n / w of layer 1, which round2 makes the family signals.
LOCKSTEP_INLINE VecD family_shares(const Equities &equities,
                                   const Signals &signals) {
  const RowMasks some(signals.positive | signals.negative);
  const RowMasks negative(signals.negative);
  VecD sum{};
  for (int j = 0; j < kMembers; ++j)
    sum = sum + only(some[j], negate(negative[j], equities.row[j]));
  return sum / equities.sum;
}

/// What the families' votes of layer 2 count. A disabled family's is 0, which
/// changes no bit of a sum.
struct Weights {
  VecD each;
  double sum; ///< left to right
};

LOCKSTEP_INLINE Weights vote_weights(const Tables &tables, const VecD &second) {
  Weights weights{second * load<VecD>(tables.enabled_lane), 0};
  for (int f = 0; f < kFamilies; ++f)
    weights.sum += weights.each[f];
  return weights;
}

/// Layer 2: the average over the enabled families, left to right.
LOCKSTEP_INLINE double average_signal(const VecD &shares,
                                      const Weights &weights) {
  const VecD vote =
      pick(at_or_above(shares, broadcast(kVoteFrom)), weights.each,
           only(at_or_above(broadcast(-kVoteFrom), shares), -weights.each));
  double votes = 0;
  for (int f = 0; f < kFamilies; ++f)
    votes += vote[f];
  return votes / weights.sum;
}

/// What layer 2 says, before the strategy shift.
struct Verdict {
  double average = kUndefined;
  std::int64_t direction = 0;
  TradeEvent event = TradeEvent::none;
};

LOCKSTEP_INLINE Verdict next_verdict(const Tables &tables,
                                     const StateBlock &state, double average) {
  Verdict verdict{average, state.direction, TradeEvent::none};
  // Comparisons with an undefined average before are false: the first defined
  // one crosses nothing. No branches: those of a cross are mispredicted. The
  // thresholds are ordered, so both crosses cannot be at once.
  const bool is_long = static_cast<int>(average > tables.long_threshold) &
                       static_cast<int>(state.average <= tables.long_threshold);
  const bool is_short =
      static_cast<int>(average < tables.short_threshold) &
      static_cast<int>(state.average >= tables.short_threshold);
  verdict.direction = is_short ? -1 : is_long ? 1 : state.direction;
  verdict.event = is_short && state.direction == 1   ? TradeEvent::short_
                  : is_long && state.direction == -1 ? TradeEvent::long_
                                                     : TradeEvent::none;
  return verdict;
}

LOCKSTEP_INLINE Status check(const Tables &tables, const StateBlock &state,
                             const BarTicks &bar) {
  if (bar.open <= 0 || bar.high <= 0 || bar.low <= 0 || bar.close <= 0)
    return Status::price_not_positive;
  if (bar.low > bar.open || bar.low > bar.close || bar.high < bar.open ||
      bar.high < bar.close) {
    return Status::bar_inconsistent;
  }
  if (bar.high > tables.price_max)
    return Status::price_out_of_range;
  if (state.bars > 0 && bar.ts_open_ms <= state.ts_last_ms)
    return Status::time_not_increasing;
  return Status::ok;
}

LOCKSTEP_INLINE double growth_at(const Tables &tables, std::int64_t bars) {
  if (bars < detail::kGrowthTableBars)
    return tables.growth[bars];
  return detail::exp_correctly_rounded(tables.rate * static_cast<double>(bars));
}

LOCKSTEP_INLINE void publish(const Tables &tables, const StateBlock &state,
                             const Verdict &verdict, Outputs &out) {
  out.average = tables.strategy ? state.average : verdict.average;
  out.direction = static_cast<std::int8_t>(tables.strategy ? state.direction
                                                           : verdict.direction);
  out.event =
      tables.strategy ? static_cast<TradeEvent>(state.event) : verdict.event;
}

/// Writes what the families gave; a disabled family, and every one before the
/// cutout, is undefined.
LOCKSTEP_INLINE void publish_families(const Tables &tables, const VecD &signals,
                                      const VecD &second, double *to_signal,
                                      double *to_equity) {
  const VecD undefined = broadcast(kUndefined);
  const Mask enabled = mask_of(tables.enabled_bits);
  store_families(to_signal, pick(enabled, signals, undefined));
  store_families(to_equity, pick(enabled, second, undefined));
}

template <bool kGeneral, class S>
LOCKSTEP_INLINE Status step(const Tables &tables, const StateBlock &state,
                            const BarTicks &bar, Outputs &out, const S &sinks) {
  if (const Status status = check(tables, state, bar); status != Status::ok)
    return status;
  Inputs in;
  in.t = state.bars;
  in.price = source_price(tables, bar);
  in.close = bar.close * tables.divisor;
  in.prefix = state.prefix + static_cast<std::uint64_t>(in.price);
  in.price_d = static_cast<double>(in.price);
  in.close_d = static_cast<double>(in.close);

  const std::int64_t growing =
      in.t - tables.cutout; // bars since the cutout, negative before it
  double growth = kUndefined;
  Equities equities;
  Weights weights;
  if (growing >= 0) {
    growth = growth_at(tables, growing);
    if (!(growth < HUGE_VAL))
      return Status::growth_not_finite;
    if (growing == 0) {
      start_equities(tables, equities);
    } else {
      const double r = static_cast<double>(in.close - state.close) /
                       static_cast<double>(state.close) * growth;
      if (!(std::fabs(r) < HUGE_VAL))
        return Status::equity_not_finite;
      next_equities(tables, state, r, equities);
      if (!is_finite(equities.sum))
        return Status::equity_not_finite;
    }
    weights = vote_weights(tables, equities.second);
    if (!(weights.sum < HUGE_VAL))
      return Status::equity_not_finite;
  }

  // From here on nothing is refused, so the next state may be written.
  const Signals signals = next_signals<kGeneral>(tables, state, in, sinks);
  Verdict verdict;
  VecD family{};
  if (growing >= 0) {
    const VecD shares = family_shares(equities, signals);
    verdict = next_verdict(tables, state, average_signal(shares, weights));
    family = round2(shares);
    publish_families(tables, family, equities.second, out.signal.data(),
                     out.equity.data());
  } else {
    out.signal = kUndefinedFamilies;
    out.equity = kUndefinedFamilies;
  }
  out.growth = growth;
  publish(tables, state, verdict, out);

  if constexpr (S::kDetail) {
    Members *members = sinks.members;
    members->has_equity = growing >= 0;
    members->defined = signals.defined;
    members->positive = signals.positive;
    members->negative = signals.negative;
    if (growing >= 0)
      std::memcpy(members->equity, equities.row, sizeof members->equity);
  }
  if constexpr (S::kCommit) {
    StateBlock *next = sinks.state;
    if (growing >= 0) {
      for (int j = 0; j < kMembers; ++j)
        store(next->equity[j], equities.row[j]);
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
    auto *ring = const_cast<std::uint64_t *>(detail::ring_of(tables, *next));
    const std::uint64_t head = state.ring_head;
    ring[head] = in.prefix;
    if (head < kRingTail)
      ring[tables.ring_size + head] = in.prefix;
    next->ring_head = head + 1 == tables.ring_size ? 0 : head + 1;
    next->prefix = in.prefix;
    next->price = in.price;
    next->close = in.close;
    next->ts_last_ms = bar.ts_open_ms;
    next->bars = in.t + 1;
    add_to_digest(next->digest, bar, out);
    next->last_average = out.average;
    next->last_growth = out.growth;
    if (growing >= 0) {
      publish_families(tables, family, equities.second, next->last_signal,
                       next->last_equity);
    } else {
      std::memcpy(next->last_signal, &out.signal, sizeof next->last_signal);
      std::memcpy(next->last_equity, &out.equity, sizeof next->last_equity);
    }
    next->last_direction = out.direction;
    next->last_event = static_cast<std::int64_t>(out.event);
  }
  return Status::ok;
}

template <class S>
[[gnu::noinline]] Status
general_step(const Tables &tables, const StateBlock &state, const BarTicks &bar,
             Outputs &out, const S &sinks) {
  return step<true>(tables, state, bar, out, sinks);
}

/// The general path forms seeds, knows undefined averages, and has Hull; the
/// steady one is what nearly every bar takes.
template <class S>
LOCKSTEP_INLINE Status either_step(const Tables &tables,
                                   const StateBlock &state, const BarTicks &bar,
                                   Outputs &out, const S &sinks) {
  if (state.bars < tables.changes_end || tables.is_hull) [[unlikely]] {
    return general_step(tables, state, bar, out, sinks);
  }
  return step<false>(tables, state, bar, out, sinks);
}

} // namespace

Status commit_step(const Tables &tables, StateBlock &state, const BarTicks &bar,
                   Outputs &out) {
  return either_step(tables, state, bar, out,
                     Sinks<true, false>{&state, nullptr});
}

Status peek_step(const Tables &tables, const StateBlock &state,
                 const BarTicks &bar, Outputs &out) {
  return either_step(tables, state, bar, out,
                     Sinks<false, false>{nullptr, nullptr});
}

Status detail_step(const Tables &tables, const StateBlock &state,
                   const BarTicks &bar, Outputs &out, Members &members) {
  return either_step(tables, state, bar, out,
                     Sinks<false, true>{nullptr, &members});
}

} // namespace lockstep::LOCKSTEP_ISA
