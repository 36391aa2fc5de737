// The averages of one bar: what the 54 members remember, and on which side of each the close is. Part of
// step.ipp.
#pragma once

#include <cstring>

// Before arithmetic.hpp: where a CPU has one instruction for what is written there, its overload is found
// first.
#include "incremental/detail/sides.hpp"

#include "incremental/arithmetic.hpp"
#include "incremental/detail/state_block.hpp"

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
  std::int64_t t;        ///< bars since the anchor
  std::int64_t price;    ///< p, in units of 1/k tick
  std::int64_t close;    ///< c, likewise
  std::uint64_t prefix;  ///< P_t
  double price_d;
  double close_d;
};

template <class L>
LOCKSTEP_INLINE typename L::D lanes_of(double value) {
  if constexpr (L::kCount == 8) {
    return broadcast(value);
  } else {
    return value;
  }
}

/// How much a step knows of where it is. Narrower paths leave out what cannot matter there.
enum class Path {
  general,  ///< forms seeds and starts equities, knows undefined averages and
            ///< cutout, has Hull
  steady,   ///< from Tables::steady_from on, without Hull: what nearly every bar
            ///< takes
  uniform,  ///< the same where Tables::is_uniform: families share windows, and
            ///< EMA is DEMA's first
};

/// What a step does besides giving outputs: commit writes the next state, detail notes the 54 members.
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

/// Prefix sums around a family's base length; Tables::ring_index says where a member's are.
LOCKSTEP_INLINE const std::uint64_t* ring_window(const Tables& tables, const StateBlock& state,
                                                 const MemberTable& table) {
  std::int64_t start = static_cast<std::int64_t>(state.ring_head) - (table.base + 9);
  start +=
      (start >> 63) & static_cast<std::int64_t>(tables.ring_size);  // a branch here is mispredicted often
  return detail::ring_of(tables, state) + start;
}

/// Prefix sums L, L + 1 and L + 2 bars back.
template <class L>
struct Lagged {
  typename L::U by_0, by_1, by_2;
};

template <class U>
LOCKSTEP_INLINE U times_six(const U& value) {
  const U thrice = value + value + value;
  return thrice + thrice;
}

/// The members of one lane type: those at `at` of each family's table. Each function makes one family's
/// averages of this bar, writes what they remember, and notes their sides.
template <class L, Path kPath, class S>
struct Averages {
  using D = typename L::D;
  using I = typename L::I;
  using U = typename L::U;
  static constexpr int kAt = L::kCount == 8 ? 0 : 8;

  const Tables& tables;
  const StateBlock& state;
  const Inputs& in;
  const S& sinks;
  Sides& sides;

  LOCKSTEP_INLINE const MemberTable& table(int family) const { return tables.family[family]; }
  template <class V>
  LOCKSTEP_INLINE V remembered(detail::Field which) const {
    return load<V>(field<L>(state, which));
  }
  template <class V>
  LOCKSTEP_INLINE void remember(detail::Field which, const V& value) const {
    if constexpr (S::kCommit) store(field<L>(*sinks.state, which), value);
  }

  LOCKSTEP_INLINE Lagged<L> lagged(int family) const {
    const std::uint64_t* window = ring_window(tables, state, table(family));
    if constexpr (L::kCount == 8) {
      return {look_up(window + 2, tables.ring_index), look_up(window + 1, tables.ring_index),
              look_up(window, tables.ring_index)};
    } else {
      const std::uint64_t* at = window + tables.ring_index[kAt];
      return {at[2], at[1], at[0]};
    }
  }

  /// Windowed averages are N / D: the side is that of c * D against N. The products may wrap; their
  /// difference fits by the price limit, so its sign is right.
  LOCKSTEP_INLINE void note(int family, const U& numerator) const {
    if constexpr (S::kDetail) store(sinks.members->numerator[family] + kAt, numerator);
    const U close = times(load<U>(table(family).denominator + kAt), static_cast<std::uint64_t>(in.close));
    sides.note(family, to_signed(numerator - close), to_signed(close - numerator));
  }
  LOCKSTEP_INLINE void note(int family, const D& average) const {
    if constexpr (S::kDetail) store(sinks.members->value[family] + kAt, average);
    sides.note_average(family, lanes_of<L>(in.close_d), average);
  }

  /// The sum of the last L prices.
  LOCKSTEP_INLINE U sum(const Lagged<L>& lag) const { return in.prefix - lag.by_0; }

  LOCKSTEP_INLINE void sma(const U& sum) const { note(kHma, sum); }

  /// W_t = W_{t-1} + L p_t - S_{t-1}.
  LOCKSTEP_INLINE U weighted(int family, detail::Field which, const Lagged<L>& lag) const {
    return remembered<U>(which) +
           times(load<U>(table(family).length + kAt), static_cast<std::uint64_t>(in.price)) -
           (state.prefix - lag.by_1);
  }

  LOCKSTEP_INLINE void wma(const U& weighted) const {
    remember(detail::kFieldWmaW, weighted);
    note(kWma, weighted + weighted);
  }

  LOCKSTEP_INLINE void lsma(const U& weighted, const U& sum) const {
    remember(detail::kFieldLsmaW, weighted);
    note(kLsma, times_six(weighted) - times(load<U>(table(kLsma).twice_next + kAt), sum));
  }

  /// The recurrence of EMA, and of DEMA's first: seeded with the mean of the first L prices.
  LOCKSTEP_INLINE D next_ema(int family, detail::Field which) const {
    const D moved =
        move_towards(remembered<D>(which), load<D>(table(family).alpha + kAt), lanes_of<L>(in.price_d));
    if constexpr (kPath != Path::general) return moved;
    const D length = load<D>(table(family).length_d + kAt);
    const D seed = static_cast<double>(static_cast<std::int64_t>(in.prefix)) / length;
    const auto t = lanes_of<L>(static_cast<double>(in.t));
    const D seed_bar = length - 1.0;
    return select(t > seed_bar, moved, select(t == seed_bar, seed, D{}));
  }

  LOCKSTEP_INLINE void ema(const D& ema) const {
    remember(detail::kFieldEma, ema);
    note(kEma, ema);
  }

  LOCKSTEP_INLINE void dema(const D& first) const {
    const D second = next_second(first);
    remember(detail::kFieldDema1, first);
    remember(detail::kFieldDema2, second);
    note(kDema, 2.0 * first - second);
  }

  /// EMA of the EMA, seeded at bar 2L - 2 with the mean of its first L values, added oldest first.
  LOCKSTEP_INLINE D next_second(const D& first) const {
    const D before = remembered<D>(detail::kFieldDema2);
    const D moved = move_towards(before, load<D>(table(kDema).alpha + kAt), first);
    if constexpr (kPath != Path::general) return moved;
    const D length = load<D>(table(kDema).length_d + kAt);
    const auto t = lanes_of<L>(static_cast<double>(in.t));
    const D seed_bar = 2.0 * length - 2.0;
    const D sum = select(t < length - 1.0, D{}, before + first);
    return select(t > seed_bar, moved, select(t == seed_bar, sum / length, sum));
  }

  LOCKSTEP_INLINE void kama(const Lagged<L>& lag) const {
    const I oldest = to_signed(lag.by_0 - lag.by_1);  // p_{t-L}; 0 before the first bar
    const I leaving = magnitude(oldest - to_signed(lag.by_1 - lag.by_2));
    const std::int64_t entering = magnitude(in.price - state.price);
    const U noise =
        remembered<U>(detail::kFieldNoise) + static_cast<std::uint64_t>(entering) - to_unsigned(leaving);
    const I move = magnitude(in.price - oldest);
    const D rate = kama_rate(to_double(move), to_double(to_signed(noise)), lanes_of<L>(1.0));
    const D average = next_kama(remembered<D>(detail::kFieldKama), rate);
    remember(detail::kFieldNoise, noise);
    remember(detail::kFieldKama, average);
    note(kKama, average);
  }

  LOCKSTEP_INLINE D next_kama(const D& before, D rate) const {
    const D x = lanes_of<L>(in.price_d);
    if constexpr (kPath != Path::general) return move_towards(before, rate, x);
    const auto is_early = lanes_of<L>(static_cast<double>(in.t)) < load<D>(table(kKama).length_d + kAt);
    rate = select(is_early, kama_rate(D{}, D{}, lanes_of<L>(1.0)), rate);
    const D average = move_towards(before, rate, x);
    return tables.kama_from_price ? select(is_early, in.t == 0 ? x : before, average) : average;
  }
};

/// Hull's average: a WMA of raw = 2 WMA(L/2) - WMA(L), all over one denominator. Member by member, its roots
/// differ.
template <class S>
void hull_step(const Tables& tables, const StateBlock& state, const Inputs& in, const S& sinks, VecU& words) {
  const auto& table = tables.hull;
  const HullBlock& hull = detail::hull_of(tables, state);
  const std::uint64_t* ring = detail::hull_ring_of(hull);
  const std::int64_t rows = table.root_max + 1;
  const std::int64_t row = in.t % rows;
  const auto price = static_cast<std::uint64_t>(in.price);
  std::uint64_t sides = 0;
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
    const std::uint64_t close =
        static_cast<std::uint64_t>(tables.family[kHma].denominator[j]) * static_cast<std::uint64_t>(in.close);
    sides |= ((raw_w - close) >> 63 | (close - raw_w) >> 63 << 1) << (2 * j);
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
  put(words, kHma, sides);
}

/// The averages of one bar: on which side of them the close is, as words (detail/sides.hpp).
template <Path kPath, class S>
LOCKSTEP_INLINE VecU averages(const Tables& tables, const StateBlock& state, const Inputs& in,
                              const S& sinks) {
  Sides sides;
  const Averages<Wide, kPath, S> eight{tables, state, in, sinks, sides};
  const Averages<Narrow, kPath, S> ninth{tables, state, in, sinks, sides};
  // KAMA first: its division takes longest, and what follows depends on all of them.
  if constexpr (kPath == Path::uniform) {
    const auto shared = [&](const auto& members) __attribute__((always_inline)) {
      const auto lag = members.lagged(kEma);
      members.kama(lag);
      const auto ema = members.next_ema(kEma, detail::kFieldEma);
      members.dema(ema);
      members.ema(ema);
      const auto sum = members.sum(lag);
      members.sma(sum);
      const auto weighted = members.weighted(kWma, detail::kFieldWmaW, lag);
      members.wma(weighted);
      members.lsma(weighted, sum);
    };
    shared(eight);
    shared(ninth);
    return sides.words();
  }
  const auto separate = [&](const auto& members) __attribute__((always_inline)) {
    if (tables.enabled[kKama]) members.kama(members.lagged(kKama));
    if (tables.enabled[kDema]) members.dema(members.next_ema(kDema, detail::kFieldDema1));
    if (tables.enabled[kEma]) members.ema(members.next_ema(kEma, detail::kFieldEma));
    if (tables.enabled[kHma] && !(kPath == Path::general && tables.is_hull)) {
      members.sma(members.sum(members.lagged(kHma)));
    }
    if (tables.enabled[kWma]) {
      members.wma(members.weighted(kWma, detail::kFieldWmaW, members.lagged(kWma)));
    }
    if (tables.enabled[kLsma]) {
      const auto lag = members.lagged(kLsma);
      members.lsma(members.weighted(kLsma, detail::kFieldLsmaW, lag), members.sum(lag));
    }
  };
  separate(eight);
  separate(ninth);
  VecU words = sides.words();
  if constexpr (kPath == Path::general) {
    if (tables.is_hull) hull_step(tables, state, in, sinks, words);
  }
  return words;
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
