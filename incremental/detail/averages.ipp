// The averages of one bar: what the 54 members remember, and on which side of each the close is. Part of
// step.ipp.
#pragma once

#include <cstring>

// Before arithmetic.hpp: where a CPU has one instruction for what is written there, its overload is found
// first.
#include "incremental/detail/lanes.hpp"

#include "incremental/arithmetic.hpp"
#include "incremental/detail/state_block.hpp"

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
  std::int64_t t;        ///< bars since the anchor
  std::int64_t price;    ///< p, in units of 1/k tick
  std::int64_t close;    ///< c, likewise
  std::uint64_t prefix;  ///< P_t
  double price_d;
  double close_d;
};

/// On which side of its average the close is: bit f of a member is family f.
template <class L>
struct SideBits {
  typename L::U above{};
  typename L::U below{};
};

/// The sides of all 54.
struct AllSides {
  MemberBits above{};
  MemberBits below{};
};

template <class L>
LOCKSTEP_INLINE typename L::D lanes_of(double value) {
  if constexpr (L::kCount == 8) {
    return broadcast(value);
  } else {
    return value;
  }
}

/// What a step does besides giving outputs: commit writes the next state,
/// detail notes the 54 members.
template <bool kCommits, bool kDetails>
struct Sinks {
  static constexpr bool kCommit = kCommits;
  static constexpr bool kDetail = kDetails;
  StateBlock* state;
  Members* members;
};

LOCKSTEP_INLINE std::int64_t source_price(const Tables& tables, const BarTicks& bar) {
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
LOCKSTEP_INLINE const std::uint64_t* field(const StateBlock& state, detail::Field field) {
  return L::kCount == 8 ? state.eight[field] : state.ninth + field;
}
template <class L>
LOCKSTEP_INLINE std::uint64_t* field(StateBlock& state, detail::Field field) {
  return L::kCount == 8 ? state.eight[field] : state.ninth + field;
}

/// Prefix sums around a family's base length: entry 9 - o + 2 ... see
/// Tables::ring_index.
LOCKSTEP_INLINE const std::uint64_t* ring_window(const Tables& tables, const StateBlock& state,
                                                 const MemberTable& table) {
  std::int64_t start = static_cast<std::int64_t>(state.ring_head) - (table.base + 9);
  start +=
      (start >> 63) & static_cast<std::int64_t>(tables.ring_size);  // a branch here is mispredicted often
  return detail::ring_of(tables, state) + start;
}

/// Prefix sums L + extra bars back (extra 0, 1 or 2), for the members at `at`
/// of a lane type.
template <class L>
LOCKSTEP_INLINE typename L::U lagged(const Tables& tables, const std::uint64_t* window, int at, int extra) {
  if constexpr (L::kCount == 8) {
    return look_up(window + 2 - extra, tables.ring_index + at);
  } else {
    return window[2 - extra + tables.ring_index[at]];
  }
}

/// Notes the side of windowed averages N / D from c * D and N.
template <class L>
LOCKSTEP_INLINE void note_sides(SideBits<L>& sides, const typename L::U& close_times_denominator,
                                const typename L::U& numerator, int family) {
  // The products may wrap; their difference fits by the price limit, so its
  // sign is right.
  note_negative(sides.above, to_signed(numerator - close_times_denominator), family);
  note_negative(sides.below, to_signed(close_times_denominator - numerator), family);
}

/// Notes the side of averages in ticks.
template <class L>
LOCKSTEP_INLINE void note_sides_of_average(SideBits<L>& sides, double close, const typename L::D& average,
                                           int family) {
  const auto closes = lanes_of<L>(close);
  note_greater(sides.above, closes, average, family);
  note_greater(sides.below, average, closes, family);
}

template <class U>
LOCKSTEP_INLINE U times_six(const U& value) {
  const U thrice = value + value + value;
  return thrice + thrice;
}

template <class L>
struct Sma {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables& tables, const StateBlock& state, const Inputs& in, int at,
                                   const S& sinks, SideBits<L>& sides) {
    using U = typename L::U;
    const MemberTable& table = tables.family[kHma];
    const U sum = in.prefix - lagged<L>(tables, ring_window(tables, state, table), at, 0);
    if constexpr (S::kDetail) store(sinks.members->numerator[kHma] + at, sum);
    note_sides<L>(sides, times(load<U>(table.denominator + at), static_cast<std::uint64_t>(in.close)), sum,
                  kHma);
  }
};

/// W_t = W_{t-1} + L p_t - S_{t-1}.
template <class L>
LOCKSTEP_INLINE typename L::U next_weighted(const typename L::U& weighted, const typename L::U& length,
                                            const Inputs& in, std::uint64_t prefix_before,
                                            const typename L::U& prefix_lagged) {
  return weighted + times(length, static_cast<std::uint64_t>(in.price)) - (prefix_before - prefix_lagged);
}

template <class L>
struct Wma {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables& tables, const StateBlock& state, const Inputs& in, int at,
                                   const S& sinks, SideBits<L>& sides) {
    using U = typename L::U;
    const MemberTable& table = tables.family[kWma];
    const std::uint64_t* window = ring_window(tables, state, table);
    const U weighted =
        next_weighted<L>(load<U>(field<L>(state, detail::kFieldWmaW)), load<U>(table.length + at), in,
                         state.prefix, lagged<L>(tables, window, at, 1));
    if constexpr (S::kCommit) store(field<L>(*sinks.state, detail::kFieldWmaW), weighted);
    const U numerator = weighted + weighted;
    if constexpr (S::kDetail) store(sinks.members->numerator[kWma] + at, numerator);
    note_sides<L>(sides, times(load<U>(table.denominator + at), static_cast<std::uint64_t>(in.close)),
                  numerator, kWma);
  }
};

template <class L>
struct Lsma {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables& tables, const StateBlock& state, const Inputs& in, int at,
                                   const S& sinks, SideBits<L>& sides) {
    using U = typename L::U;
    const MemberTable& table = tables.family[kLsma];
    const std::uint64_t* window = ring_window(tables, state, table);
    const U weighted =
        next_weighted<L>(load<U>(field<L>(state, detail::kFieldLsmaW)), load<U>(table.length + at), in,
                         state.prefix, lagged<L>(tables, window, at, 1));
    if constexpr (S::kCommit) store(field<L>(*sinks.state, detail::kFieldLsmaW), weighted);
    const U sum = in.prefix - lagged<L>(tables, window, at, 0);
    const U numerator = times_six(weighted) - times(load<U>(table.twice_next + at), sum);
    if constexpr (S::kDetail) store(sinks.members->numerator[kLsma] + at, numerator);
    note_sides<L>(sides, times(load<U>(table.denominator + at), static_cast<std::uint64_t>(in.close)),
                  numerator, kLsma);
  }
};

/// The EMA of `lengths`, seeded at bar L - 1 with the mean of the first L
/// prices.
template <class L, bool kGeneral>
LOCKSTEP_INLINE typename L::D next_ema(const MemberTable& table, const typename L::D& before,
                                       const Inputs& in, int at) {
  using D = typename L::D;
  const D moved = move_towards(before, load<D>(table.alpha + at), lanes_of<L>(in.price_d));
  if constexpr (!kGeneral) return moved;
  const D seed = static_cast<double>(static_cast<std::int64_t>(in.prefix)) / load<D>(table.length_d + at);
  const auto t = lanes_of<L>(static_cast<double>(in.t));
  const D seed_bar = load<D>(table.length_d + at) - 1.0;
  return select(t > seed_bar, moved, select(t == seed_bar, seed, D{}));
}

template <class L, bool kGeneral>
struct Ema {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables& tables, const StateBlock& state, const Inputs& in, int at,
                                   const S& sinks, SideBits<L>& sides) {
    using D = typename L::D;
    const D ema =
        next_ema<L, kGeneral>(tables.family[kEma], load<D>(field<L>(state, detail::kFieldEma)), in, at);
    if constexpr (S::kCommit) store(field<L>(*sinks.state, detail::kFieldEma), ema);
    if constexpr (S::kDetail) store(sinks.members->value[kEma] + at, ema);
    note_sides_of_average<L>(sides, in.close_d, ema, kEma);
  }
};

template <class L, bool kGeneral>
struct Dema {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables& tables, const StateBlock& state, const Inputs& in, int at,
                                   const S& sinks, SideBits<L>& sides) {
    using D = typename L::D;
    const MemberTable& table = tables.family[kDema];
    const D first = next_ema<L, kGeneral>(table, load<D>(field<L>(state, detail::kFieldDema1)), in, at);
    const D second = next_second(table, load<D>(field<L>(state, detail::kFieldDema2)), first, in, at);
    const D dema = 2.0 * first - second;
    if constexpr (S::kCommit) {
      store(field<L>(*sinks.state, detail::kFieldDema1), first);
      store(field<L>(*sinks.state, detail::kFieldDema2), second);
    }
    if constexpr (S::kDetail) store(sinks.members->value[kDema] + at, dema);
    note_sides_of_average<L>(sides, in.close_d, dema, kDema);
  }

  /// EMA of the EMA, seeded at bar 2L - 2 with the mean of its first L values,
  /// added oldest first.
  LOCKSTEP_INLINE static typename L::D next_second(const MemberTable& table, const typename L::D& before,
                                                   const typename L::D& first, const Inputs& in, int at) {
    using D = typename L::D;
    const D moved = move_towards(before, load<D>(table.alpha + at), first);
    if constexpr (!kGeneral) return moved;
    const D length = load<D>(table.length_d + at);
    const auto t = lanes_of<L>(static_cast<double>(in.t));
    const D seed_bar = 2.0 * length - 2.0;
    const D sum = select(t < length - 1.0, D{}, before + first);
    return select(t > seed_bar, moved, select(t == seed_bar, sum / length, sum));
  }
};

template <class L, bool kGeneral>
struct Kama {
  template <class S>
  LOCKSTEP_INLINE static void step(const Tables& tables, const StateBlock& state, const Inputs& in, int at,
                                   const S& sinks, SideBits<L>& sides) {
    using D = typename L::D;
    using I = typename L::I;
    using U = typename L::U;
    const MemberTable& table = tables.family[kKama];
    const std::uint64_t* window = ring_window(tables, state, table);
    const U lag0 = lagged<L>(tables, window, at, 0);
    const U lag1 = lagged<L>(tables, window, at, 1);
    const U lag2 = lagged<L>(tables, window, at, 2);
    const I oldest = to_signed(lag0 - lag1);  // p_{t-L}; 0 before the first bar
    const I leaving = magnitude(oldest - to_signed(lag1 - lag2));
    const std::int64_t entering = magnitude(in.price - state.price);
    const U noise = load<U>(field<L>(state, detail::kFieldNoise)) + static_cast<std::uint64_t>(entering) -
                    to_unsigned(leaving);
    const I move = magnitude(in.price - oldest);
    D rate = kama_rate(to_double(move), to_double(to_signed(noise)), lanes_of<L>(1.0));
    const D before = load<D>(field<L>(state, detail::kFieldKama));
    const D x = lanes_of<L>(in.price_d);
    D kama;
    if constexpr (kGeneral) {
      const auto t = lanes_of<L>(static_cast<double>(in.t));
      const auto is_early = t < load<D>(table.length_d + at);
      rate = select(is_early, kama_rate(D{}, D{}, lanes_of<L>(1.0)), rate);
      kama = move_towards(before, rate, x);
      if (tables.kama_from_price) kama = select(is_early, in.t == 0 ? x : before, kama);
    } else {
      kama = move_towards(before, rate, x);
    }
    if constexpr (S::kCommit) {
      store(field<L>(*sinks.state, detail::kFieldNoise), noise);
      store(field<L>(*sinks.state, detail::kFieldKama), kama);
    }
    if constexpr (S::kDetail) store(sinks.members->value[kKama] + at, kama);
    note_sides_of_average<L>(sides, in.close_d, kama, kKama);
  }
};

/// Hull's average: a WMA of raw = 2 WMA(L/2) - WMA(L), all over one
/// denominator. Member by member, its roots differ.
template <class S>
AllSides hull_step(const Tables& tables, const StateBlock& state, const Inputs& in, const S& sinks) {
  const auto& table = tables.hull;
  const HullBlock& hull = detail::hull_of(tables, state);
  const std::uint64_t* ring = detail::hull_ring_of(hull);
  const std::int64_t rows = table.root_max + 1;
  const std::int64_t row = in.t % rows;
  const auto price = static_cast<std::uint64_t>(in.price);
  AllSides sides;
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
    SideBits<Narrow> one;
    const std::uint64_t denominator = static_cast<std::uint64_t>(tables.family[kHma].denominator[j]);
    note_sides<Narrow>(one, denominator * static_cast<std::uint64_t>(in.close), raw_w, kHma + 8 * (j % 8));
    (j < 8 ? sides.above.eight : sides.above.ninth) |= one.above;
    (j < 8 ? sides.below.eight : sides.below.ninth) |= one.below;
    if constexpr (S::kDetail) sinks.members->numerator[kHma][j] = static_cast<std::int64_t>(raw_w);
    if constexpr (S::kCommit) {
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

template <bool kGeneral, class S>
LOCKSTEP_INLINE AllSides averages(const Tables& tables, const StateBlock& state, const Inputs& in,
                                  const S& sinks) {
  SideBits<Wide> eight;
  SideBits<Narrow> ninth;
  const auto add = [&](int family, auto wide, auto narrow) __attribute__((always_inline)) {
    if (!tables.enabled[family]) return;
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
  return {{packed(eight.above) | hull.above.eight, ninth.above | hull.above.ninth},
          {packed(eight.below) | hull.below.eight, ninth.below | hull.below.ninth}};
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
