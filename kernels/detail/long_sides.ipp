// The signals of the 54 members of one series over a chunk. Part of long.ipp.
#pragma once

#include "kernels/detail/long.hpp"
#include "kernels/detail/transpose.ipp"
#include "kernels/detail/windows.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

using detail::LongRows;
using detail::LongSides;
using detail::LongSlot;

/// What windows.ipp asks for: a row is a block of eight bars.
struct LongChunk {
  static constexpr std::int64_t kBarStride = 1;
  const BatchPlan& plan;
  const LongRows& rows;
  std::int64_t count;  ///< blocks
  const double* x;
  const std::uint64_t* prefix;
  const std::uint64_t* second;
  const std::uint64_t* change;
  const std::int64_t* close;
};

/// One bar after the other into the windows; false when one is refused. Entries up to the end of the last
/// block go on with the last price.
template <class BarOf>
LOCKSTEP_INLINE bool load_long(const BatchPlan& plan, const LongRows& rows, LongSlot& slot, BarOf bar_of) {
  LongSides& sides = *rows.sides;
  BarCheck check{plan.price_max, sides.ts_last_ms, false};
  for (std::int64_t i = 0; i < slot.count; ++i) {
    const BarTicks bar = bar_of(slot.first + i);
    check.add(bar);
    rows.price[i] = source_price(plan.source, bar);
    rows.close[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(bar.close) *
                                              static_cast<std::uint64_t>(plan.divisor));
  }
  sides.ts_last_ms = check.ts_before_ms;
  return !check.is_bad;
}

[[gnu::noinline]] void make_long_windows(const BatchPlan& plan, const LongRows& rows, const LongSlot& slot) {
  LongSides& sides = *rows.sides;
  const std::int64_t head = plan.history;
  slot.close_d[-1] = static_cast<double>(sides.close);
  for (std::int64_t i = 0; i < (slot.count + 7) / 8 * 8; ++i) {
    if (i >= slot.count) {
      rows.price[i] = sides.price;
      rows.close[i] = sides.close;
    }
    const std::int64_t price = rows.price[i];
    std::uint64_t prefix = sides.prefix, second = sides.second, change = sides.change;
    prefix += static_cast<std::uint64_t>(price);
    second += 2 * prefix;
    change += static_cast<std::uint64_t>(magnitude(price - sides.price));
    rows.x[head + i] = static_cast<double>(price);
    rows.prefix[head + i] = prefix;
    rows.second[head + i] = second;
    rows.change[head + i] = change;
    slot.close_d[i] = static_cast<double>(rows.close[i]);
    if (i >= slot.count) continue;
    sides.prefix = prefix;
    sides.second = second;
    sides.change = change;
    sides.price = price;
    sides.close = rows.close[i];
  }
}

/// Bit b of byte m becomes bit m of byte b, in every word.
template <class W>
LOCKSTEP_INLINE W transposed_bits(W x) {
  const auto swap = [&](std::uint64_t bits, std::uint64_t by) __attribute__((always_inline)) {
    const W t = (x ^ (x >> by)) & bits;
    x = x ^ t ^ (t << by);
  };
  swap(0x00aa00aa00aa00aau, 7);
  swap(0x0000cccc0000ccccu, 14);
  swap(0x00000000f0f0f0f0u, 28);
  return x;
}

/// Nine chains of a family, or of one half of DEMA: eight as lanes, the ninth by itself.
struct NineChains {
  VecD eight;
  double ninth;

  LOCKSTEP_INLINE explicit NineChains(const double* from) : eight(load<VecD>(from)), ninth(from[8]) {}
  LOCKSTEP_INLINE void keep(double* to) const {
    store(to, eight);
    to[8] = ninth;
  }
  LOCKSTEP_INLINE void move(const NineChains& rate, const NineChains& x) {
    eight = move_towards(eight, rate.eight, x.eight);
    ninth = move_towards(ninth, rate.ninth, x.ninth);
  }
  LOCKSTEP_INLINE NineChains() : eight{}, ninth(0) {}
};

/// Sides of one family over a block: a byte a bar, in it a bit a member; the ninth in a byte of its own, a
/// bit a bar.
struct BlockSides {
  std::uint8_t above[8]{};
  std::uint8_t below[8]{};
  unsigned above_ninth = 0;
  unsigned below_ninth = 0;

  LOCKSTEP_INLINE void note(int bar, double close, const NineChains& average) {
    const VecD closes = broadcast(close);
    above[bar] = bits_of(greater(closes, average.eight));
    below[bar] = bits_of(greater(average.eight, closes));
    above_ninth |= static_cast<unsigned>(close > average.ninth) << bar;
    below_ninth |= static_cast<unsigned>(close < average.ninth) << bar;
  }
  LOCKSTEP_INLINE void keep(const LongRows& rows, std::int64_t block, int family) const {
    put(rows.above + kSideBytes * block, above, above_ninth, family);
    put(rows.below + kSideBytes * block, below, below_ninth, family);
  }
  LOCKSTEP_INLINE static void put(std::uint8_t* bytes, const std::uint8_t (&bars)[8], unsigned ninth,
                                  int family) {
    std::uint64_t word;
    std::memcpy(&word, bars, sizeof word);
    word = transposed_bits(word);
    std::memcpy(bytes + 8 * family, &word, sizeof word);
    bytes[column_of(family, 8)] = static_cast<std::uint8_t>(ninth);
  }
};

/// KAMA's rates of a block: members as lanes, bar by bar.
LOCKSTEP_INLINE void block_rates(const LongChunk& chunk, std::int64_t block, NineChains (&rates)[8]) {
  const FamilyPlan& plan = chunk.plan.family[kKama];
  const VecD x = row(chunk.x, block);
  const VecU change = row(chunk.change, block);
  VecD by_member[kMembers];
  each<kMembers>([&](int j) __attribute__((always_inline)) {
    const std::int64_t from = kLanes * block - plan.length[j];
    const VecD move = absolute(x - load<VecD>(chunk.x + from));
    const VecD noise = to_double(to_signed(change - load<VecU>(chunk.change + from)));
    by_member[j] = kama_rate(move, noise, broadcast(1.0));
  });
  VecD eight[8];
  each<8>([&](int j) __attribute__((always_inline)) { eight[j] = by_member[j]; });
  transpose(eight);
  each<8>([&](int bar) __attribute__((always_inline)) {
    rates[bar].eight = eight[bar];
    rates[bar].ninth = by_member[8][bar];
  });
}

/// The recurrences, serial in time. A family that is off costs nothing.
template <bool kHasEma, bool kHasDema, bool kHasKama>
[[gnu::noinline]] void run_recurrences(const LongChunk& chunk, const LongSlot& slot) {
  LongSides& sides = *chunk.rows.sides;
  NineChains ema(sides.ema), first(sides.dema_first), second(sides.dema_second), kama(sides.kama);
  NineChains ema_rate, dema_rate;
  const auto rates_of = [&](int family, NineChains& rate) {
    alignas(64) double alpha[2 * kLanes]{};
    for (int j = 0; j < kMembers; ++j) alpha[j] = chunk.plan.family[family].alpha[j];
    rate = NineChains(alpha);
  };
  rates_of(kEma, ema_rate);
  rates_of(kDema, dema_rate);
  for (std::int64_t block = 0; block < chunk.count; ++block) {
    NineChains rates[8];
    if constexpr (kHasKama) block_rates(chunk, block, rates);
    BlockSides of_ema, of_dema, of_kama;
    const std::int64_t left = slot.count - 8 * block;
    const int bars = left < 8 ? static_cast<int>(left) : 8;
    for (int bar = 0; bar < bars; ++bar) {
      const double close = slot.close_d[8 * block + bar];
      NineChains x;
      x.ninth = chunk.x[8 * block + bar];
      x.eight = broadcast(x.ninth);
      if constexpr (kHasEma) {
        ema.move(ema_rate, x);
        of_ema.note(bar, close, ema);
      }
      if constexpr (kHasDema) {
        first.move(dema_rate, x);
        second.move(dema_rate, first);
        NineChains dema;
        dema.eight = 2.0 * first.eight - second.eight;
        dema.ninth = 2.0 * first.ninth - second.ninth;
        of_dema.note(bar, close, dema);
      }
      if constexpr (kHasKama) {
        kama.move(rates[bar], x);
        of_kama.note(bar, close, kama);
      }
    }
    if constexpr (kHasEma) of_ema.keep(chunk.rows, block, kEma);
    if constexpr (kHasDema) of_dema.keep(chunk.rows, block, kDema);
    if constexpr (kHasKama) of_kama.keep(chunk.rows, block, kKama);
  }
  ema.keep(sides.ema);
  first.keep(sides.dema_first);
  second.keep(sides.dema_second);
  kama.keep(sides.kama);
}

void recurrences(const LongChunk& chunk, const LongSlot& slot) {
  const bool ema = chunk.plan.family[kEma].enabled;
  const bool dema = chunk.plan.family[kDema].enabled;
  const bool kama = chunk.plan.family[kKama].enabled;
  if (ema && dema && kama) return run_recurrences<true, true, true>(chunk, slot);
  if (ema) run_recurrences<true, false, false>(chunk, slot);
  if (dema) run_recurrences<false, true, false>(chunk, slot);
  if (kama) run_recurrences<false, false, true>(chunk, slot);
}

// ---- Crosses, all members and eight bars at once: bit b of a byte is bar b of the block

/// Every bar's bit in the place of the bar `by` later; zeros come in.
LOCKSTEP_INLINE VecU later(const VecU& bits, int by) {
  const std::uint64_t kept = 0x0101010101010101u * ((0xffu << by) & 0xffu);
  return (bits << static_cast<std::uint64_t>(by)) & kept;
}
/// The last bar's bit as the first one, of the block after it.
LOCKSTEP_INLINE VecU carried(const VecU& before) {
  return (before >> std::uint64_t{7}) & std::uint64_t{0x0101010101010101u};
}
/// A byte of ones where the last bar's bit is set.
LOCKSTEP_INLINE VecU spread(const VecU& before) {
  const VecU bit = carried(before);
  return (bit << std::uint64_t{8}) - bit;
}

[[gnu::noinline]] void follow_long_crosses(const LongChunk& chunk, LongSlot& slot) {
  LongSides& sides = *chunk.rows.sides;
  VecU above_before = load<VecU>(sides.above);
  VecU below_before = load<VecU>(sides.below);
  VecU positive = load<VecU>(sides.positive);
  VecU negative = load<VecU>(sides.negative);
  store(slot.positive, positive);
  store(slot.negative, negative);
  for (std::int64_t block = 0; block < chunk.count; ++block) {
    const VecU above = load<VecU>(chunk.rows.above + kSideBytes * block);
    const VecU below = load<VecU>(chunk.rows.below + kSideBytes * block);
    VecU up = without(above, later(above, 1) | carried(above_before));
    VecU down = without(below, later(below, 1) | carried(below_before));
    // Each cross lasts until the next one: over 1, 2, 4 bars; what no cross of the block reaches is as before
    // it.
    VecU known = up | down;
    for (int by = 1; by < 8; by *= 2) {
      up = up | without(later(up, by), known);
      down = down | without(later(down, by), known);
      known = known | later(known, by);
    }
    positive = up | without(spread(positive), known);
    negative = down | without(spread(negative), known);
    store(slot.positive + kSideBytes * (block + 1), positive);
    store(slot.negative + kSideBytes * (block + 1), negative);
    above_before = above;
    below_before = below;
  }
  store(sides.above, above_before);
  store(sides.below, below_before);
  store(sides.positive, positive);
  store(sides.negative, negative);
}

/// The last `history` bars to the windows' start.
void slide_long_windows(const BatchPlan& plan, const LongRows& rows, std::int64_t count) {
  const auto bytes = static_cast<std::size_t>(plan.history) * sizeof(double);
  std::memmove(rows.x, rows.x + count, bytes);
  for (std::uint64_t* window : {rows.prefix, rows.second, rows.change})
    std::memmove(window, window + count, bytes);
}

void long_sides(const BatchPlan& plan, const LongRows& rows, const BatchSeries& series, LongSlot& slot) {
  const BarTicks* bars = series.bars.data();
  const std::int64_t* closes = series.closes.data();
  const bool is_good =
      series.bars.empty()
          ? load_long(plan, rows, slot,
                      [&](std::int64_t t) {
                        return BarTicks{t, closes[t], closes[t], closes[t], closes[t]};
                      })
          : load_long(plan, rows, slot, [&](std::int64_t t) -> const BarTicks& { return bars[t]; });
  slot.is_refused = !is_good;
  if (!is_good) return;
  make_long_windows(plan, rows, slot);
  const std::int64_t head = plan.history;
  const LongChunk chunk{plan,
                        rows,
                        (slot.count + 7) / 8,
                        rows.x + head,
                        rows.prefix + head,
                        rows.second + head,
                        rows.change + head,
                        rows.close};
  if (plan.family[kHma].enabled) sma_sides<false>(chunk);
  if (plan.family[kWma].enabled) wma_sides<false>(chunk);
  if (plan.family[kLsma].enabled) lsma_sides<false>(chunk);
  recurrences(chunk, slot);
  follow_long_crosses(chunk, slot);
  if (slot.count % 8 == 0) slide_long_windows(plan, rows, slot.count);
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
