// From sides to signals, and the equities of both layers, for eight series over a chunk. Part of wide.ipp.
#pragma once

#include <cmath>

#include "kernels/detail/wide_lanes.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

// ---- Signals: bits of all members of a bar at once

using Bytes = VecU;  // kSideBytes bytes

/// Members that are defined at bar t, in all lanes.
void defined_bytes(const BatchPlan& plan, std::int64_t t, std::uint8_t* bytes) {
  for (int column = 0; column < kSideBytes; ++column) bytes[column] = 0;
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; plan.family[f].enabled && j < kMembers; ++j) {
      bytes[column_of(f, j)] = t >= plan.family[f].first[j] ? 0xff : 0;
    }
  }
}

/// Rows of signals from rows of sides. True when every signal of an enabled family had left 0 before the
/// chunk: none is 0 again from then on.
[[gnu::noinline]] bool follow_crosses(const Chunk& chunk) {
  const WideRows& rows = chunk.rows;
  alignas(64) std::uint8_t all[kSideBytes], now[kSideBytes];
  defined_bytes(chunk.plan, chunk.plan.changes_end, all);
  defined_bytes(chunk.plan, chunk.first - 1, now);
  const Bytes enabled = load<Bytes>(all);
  Bytes defined_before = load<Bytes>(now);
  Bytes above_before = load<Bytes>(chunk.state.above);
  Bytes below_before = load<Bytes>(chunk.state.below);
  Bytes positive = load<Bytes>(rows.positive);
  Bytes negative = load<Bytes>(rows.negative);
  alignas(64) std::uint8_t some[kSideBytes];
  store(some, (positive | negative) & enabled);
  const bool is_settled = std::memcmp(some, all, kSideBytes) == 0;
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    Bytes defined = enabled;
    if (i < chunk.warm) {
      defined_bytes(chunk.plan, chunk.first + i, now);
      defined = load<Bytes>(now);
    }
    const Bytes above = load<Bytes>(rows.above + kSideBytes * i) & defined;
    const Bytes below = load<Bytes>(rows.below + kSideBytes * i) & defined;
    // A cross needs the bar before to have a defined average on the other side, or on it.
    const Bytes up = without(above, above_before) & defined_before;
    const Bytes down = without(below, below_before) & defined_before;
    positive = without(positive, down) | up;
    negative = without(negative, up) | down;
    store(rows.positive + kSideBytes * (i + 1), positive);
    store(rows.negative + kSideBytes * (i + 1), negative);
    above_before = above;
    below_before = below;
    defined_before = defined;
  }
  store(chunk.state.above, above_before);
  store(chunk.state.below, below_before);
  return is_settled;
}

// ---- Layer 1

/// What the equities of a bar are multiplied with, and what the next one needs.
struct Returns {
  VecD gain;
  VecD loss;
};
LOCKSTEP_INLINE Returns returns_of(const Chunk& chunk, std::int64_t i) {
  const VecD r = row(chunk.rows.r, i);
  return {1.0 + r, 1.0 + -r};
}

/// The chain of one family, all nine members. Without kSettled a signal may be 0.
template <bool kSettled>
struct FamilyChain {
  const Chunk& chunk;
  int family;
  VecD equity[kMembers];
  const VecD floor = broadcast(0.25);
  const VecD one = broadcast(1.0);
  VecD worst{};

  LOCKSTEP_INLINE Mask mask(const std::uint8_t* rows, std::int64_t bar, int member) const {
    return mask_of(rows[kSideBytes * bar + column_of(family, member)]);
  }
  LOCKSTEP_INLINE VecD factor(const Returns& returns, const Mask& positive, const Mask& negative) const {
    if constexpr (kSettled) return pick(negative, returns.loss, returns.gain);
    return pick(positive, returns.gain, pick(negative, returns.loss, one));
  }
  LOCKSTEP_INLINE VecD share_of(const Mask& positive, const Mask& negative, const VecD& value) const {
    if constexpr (kSettled) return negated(negative, value);
    return pick(positive, value, only(negative, -value));
  }

  /// The family signal before rounding on bar i; then, with kMore, the equities of bar i + 1. The signals of
  /// bar i serve both, so that they are looked up once. Signals have the bar before the chunk as row 0.
  template <bool kMore, bool kMembersWanted>
  LOCKSTEP_INLINE void bar(std::int64_t i) {
    VecD sum{}, votes{};
    Returns returns;
    if constexpr (kMore) returns = returns_of(chunk, i + 1);
    each<kMembers>([&](int j) __attribute__((always_inline)) {
      Mask positive{};
      if constexpr (!kSettled) positive = mask(chunk.rows.positive, i + 1, j);
      const Mask negative = mask(chunk.rows.negative, i + 1, j);
      sum = sum + equity[j];
      votes = votes + share_of(positive, negative, equity[j]);
      if constexpr (kMembersWanted) {
        set_row(chunk.rows.member_equity[family], j * chunk.rows.chunk + i, equity[j]);
      }
      if constexpr (kMore) {
        equity[j] = equity_step(equity[j], chunk.plan.keep, factor(returns, positive, negative), floor);
      }
    });
    worst = greatest(sum, worst);
    set_row(chunk.rows.share[family], i, votes / sum);
  }

  /// The equities of the chunk's first bar.
  LOCKSTEP_INLINE void enter() {
    if (chunk.first == chunk.plan.cutout) {
      each<kMembers>([&](int j) __attribute__((always_inline)) { equity[j] = one; });
      return;
    }
    const Returns returns = returns_of(chunk, 0);
    each<kMembers>([&](int j) __attribute__((always_inline)) {
      const VecD before = load<VecD>(chunk.state.equity[family][j]);
      equity[j] = equity_step(
          before, chunk.plan.keep,
          factor(returns, mask(chunk.rows.positive, 0, j), mask(chunk.rows.negative, 0, j)), floor);
    });
  }

  template <bool kMembersWanted>
  LOCKSTEP_INLINE void run() {
    enter();
    for (std::int64_t i = 0; i + 1 < chunk.count; ++i) bar<true, kMembersWanted>(i);
    bar<false, kMembersWanted>(chunk.count - 1);
    each<kMembers>([&](int j)
                       __attribute__((always_inline)) { store(chunk.state.equity[family][j], equity[j]); });
    store(chunk.state.worst, greatest(worst, load<VecD>(chunk.state.worst)));
  }
};

template <bool kSettled, bool kMembersWanted>
[[gnu::noinline]] void family_equities(const Chunk& chunk, int family) {
  FamilyChain<kSettled> chain{chunk, family, {}};
  chain.template run<kMembersWanted>();
}

/// r of each bar; at the cutout, where no chain uses it, 0.
[[gnu::noinline]] void bar_returns(const Chunk& chunk, const double* growth) {
  VecD before = to_double(load<VecI>(chunk.state.close));
  VecD worst = load<VecD>(chunk.state.worst);
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    const VecD close = row(chunk.close_d, i);
    const std::int64_t growing = chunk.first + i - chunk.plan.cutout;
    VecD r{};
    // Prices are exact as doubles, and so is their difference.
    if (growing > 0) r = (close - before) / before * broadcast(growth[growing]);
    worst = greatest(absolute(r), worst);
    set_row(chunk.rows.r, i, r);
    before = close;
  }
  store(chunk.state.worst, worst);
}

// ---- Layer 2

/// Family signals, two decimals.
[[gnu::noinline]] void round_shares(const Chunk& chunk, int family) {
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    set_row(chunk.rows.signal[family], i + 1, round2(row(chunk.rows.share[family], i)));
  }
}

[[gnu::noinline]] void second_layer(const Chunk& chunk, int family) {
  const VecD floor = broadcast(0.25);
  VecD equity = load<VecD>(chunk.state.equity2[family]);
  VecD held = load<VecD>(chunk.state.held[family]);
  std::int64_t i = 0;
  if (chunk.first == chunk.plan.cutout) {
    equity = broadcast(chunk.plan.family[family].start_equity2);
    held = VecD{};
    set_row(chunk.rows.equity2[family], i++, equity);
  }
  for (; i < chunk.count; ++i) {
    const VecD r = row(chunk.rows.r, i);
    const VecD signal = row(chunk.rows.signal[family], i);
    held = pick(greater(signal, VecD{}), r, pick(greater(VecD{}, signal), -r, held));
    equity = equity_step(equity, chunk.plan.keep, 1.0 + held, floor);
    set_row(chunk.rows.equity2[family], i, equity);
  }
  store(chunk.state.equity2[family], equity);
  store(chunk.state.held[family], held);
}

/// The average signal of every bar, over the enabled families, left to right.
[[gnu::noinline]] void average_signals(const Chunk& chunk) {
  const VecD from = broadcast(kVoteFrom);
  const VecD down_from = broadcast(-kVoteFrom);
  VecD worst = load<VecD>(chunk.state.worst);
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    VecD sum{}, votes{};
    LOCKSTEP_UNROLL_MEMBERS
    for (int f = 0; f < kFamilies; ++f) {
      if (!chunk.plan.family[f].enabled) continue;
      const VecD weight = row(chunk.rows.equity2[f], i);
      const VecD share = row(chunk.rows.share[f], i);
      sum = sum + weight;
      votes = votes + pick(at_or_above(share, from), weight, only(at_or_above(down_from, share), -weight));
    }
    worst = greatest(sum, worst);
    set_row(chunk.rows.average, i + 1, votes / sum);
  }
  store(chunk.state.worst, worst);
}

/// Directions and events from the crosses of the average; row 0 is the bar before.
[[gnu::noinline]] void follow_average(const Chunk& chunk) {
  const WideRows& rows = chunk.rows;
  const VecD high = broadcast(chunk.plan.long_threshold);
  const VecD low = broadcast(chunk.plan.short_threshold);
  VecD before = row(rows.average, 0);
  for (std::int64_t i = 1; i <= chunk.count; ++i) {
    const VecD average = row(rows.average, i);
    // Comparisons with an undefined average before are false: the first defined one crosses nothing.
    const std::uint8_t is_long = bits_of(greater(average, high)) & bits_of(at_or_above(high, before));
    const std::uint8_t is_short = bits_of(greater(low, average)) & bits_of(at_or_above(before, low));
    rows.event_long[i] = is_long & rows.down[i - 1];
    rows.event_short[i] = is_short & rows.up[i - 1];
    rows.up[i] = static_cast<std::uint8_t>((rows.up[i - 1] & ~is_short) | is_long);
    rows.down[i] = static_cast<std::uint8_t>((rows.down[i - 1] & ~is_long) | is_short);
    before = average;
  }
}

/// The chain of a lane that no family uses: 1 at the cutout, then idle.
void advance_idle(const Chunk& chunk) {
  double equity = chunk.state.idle_equity;
  for (std::int64_t i = 0; i < chunk.count; ++i) {
    const double next =
        chunk.first + i == chunk.plan.cutout ? 1.0 : equity_step(equity, chunk.plan.keep, 1.0, 0.25);
    if (next == equity && chunk.first + i > chunk.plan.cutout) break;  // at its floor, or no decay
    equity = next;
  }
  chunk.state.idle_equity = equity;
}

/// A chunk that begins at the cutout or later.
template <bool kMembersWanted>
void layers(const Chunk& chunk, const double* growth, bool is_settled) {
  bar_returns(chunk, growth);
  for (int f = 0; f < kFamilies; ++f) {
    if (!chunk.plan.family[f].enabled) continue;
    if (is_settled) {
      family_equities<true, kMembersWanted>(chunk, f);
    } else {
      family_equities<false, kMembersWanted>(chunk, f);
    }
    round_shares(chunk, f);
    second_layer(chunk, f);
  }
  average_signals(chunk);
  follow_average(chunk);
  advance_idle(chunk);
}

/// A chunk that ends before the cutout or at it: nothing is defined.
void undefined_layers(const Chunk& chunk) {
  for (std::int64_t i = 1; i <= chunk.count; ++i) {
    set_row(chunk.rows.average, i, broadcast(kUndefined));
    for (int f = 0; f < kFamilies; ++f) {
      set_row(chunk.rows.signal[f], i, broadcast(kUndefined));
      set_row(chunk.rows.equity2[f], i - 1, broadcast(kUndefined));
    }
    chunk.rows.up[i] = chunk.rows.down[i] = 0;
    chunk.rows.event_long[i] = chunk.rows.event_short[i] = 0;
  }
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
