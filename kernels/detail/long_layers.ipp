// The equities of both layers, verdicts and digest of one series over a chunk. Part of long.ipp.
#pragma once

#include <cmath>

#include "incremental/detail/digest_step.hpp"
#include "kernels/detail/long_sides.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

using detail::kChains;
using detail::kDigestLanes;
using detail::LongLayers;

/// What one half of a block hands to the other: eight bars.
struct LayerBlock {
  const BatchPlan& plan;
  const LongRows& rows;
  const LongSlot& slot;
  LongLayers& state;
  std::int64_t block;
  int bars;  ///< 1 .. 8
  std::int64_t at() const { return 8 * block; }
};

/// r of each bar; 0 beyond the last one.
[[gnu::noinline]] void long_returns(const BatchPlan& plan, const LongRows& rows, const LongSlot& slot,
                                    const double* growth) {
  const double* g = growth + (slot.first - plan.cutout);
  VecD worst = load<VecD>(rows.layers->worst);
  std::int64_t i = 0;
  for (; i + 8 <= slot.count; i += 8) {
    const VecD before = load<VecD>(slot.close_d + i - 1);
    const VecD r = (load<VecD>(slot.close_d + i) - before) / before * load<VecD>(g + i);
    worst = greatest(absolute(r), worst);
    store(rows.r + i, r);
  }
  if (i < slot.count) {
    alignas(64) double last[kLanes]{};
    for (std::int64_t k = i; k < slot.count; ++k) {
      const double before = slot.close_d[k - 1];
      last[k - i] = (slot.close_d[k] - before) / before * g[k];
    }
    const VecD r = load<VecD>(last);
    worst = greatest(absolute(r), worst);
    store(rows.r + i, r);
  }
  store(rows.layers->worst, worst);
}

/// Signals beside the chains: of bar k of the block at [chain][8 + k], of the bar before it at [chain][7].
struct ChainSigns {
  alignas(64) std::uint8_t positive[kLanes][2 * kLanes];
  alignas(64) std::uint8_t negative[kLanes][2 * kLanes];

  LOCKSTEP_INLINE explicit ChainSigns(const LongLayers& state) {
    for (int chain = 0; chain < kLanes; ++chain) {
      positive[chain][7] = state.positive[chain];
      negative[chain][7] = state.negative[chain];
    }
  }
  LOCKSTEP_INLINE void enter(const LongSlot& slot, std::int64_t block) {
    put(positive, slot.positive + kSideBytes * (block + 1));
    put(negative, slot.negative + kSideBytes * (block + 1));
  }
  /// Bar `last` of the block is the bar before the next one.
  LOCKSTEP_INLINE void leave(int last) {
    for (int chain = 0; chain < kLanes; ++chain) {
      positive[chain][7] = positive[chain][8 + last];
      negative[chain][7] = negative[chain][8 + last];
    }
  }
  LOCKSTEP_INLINE static void put(std::uint8_t (&rows)[kLanes][2 * kLanes], const std::uint8_t* bytes) {
    alignas(64) std::uint64_t word[kLanes];
    store(word, transposed_bits(load<VecU>(bytes)));
    for (int chain = 0; chain < kLanes; ++chain) std::memcpy(rows[chain] + 8, &word[chain], 8);
  }
};

/// The equities of every chain, bar by bar: [chain][bar] rows of lanes.
struct EquityTile {
  alignas(64) double row[kChains][8][kLanes];
};

/// Where no signal is 0, a choice of two is enough.
template <bool kSettled>
LOCKSTEP_INLINE VecD chosen(const Mask& positive, const Mask& negative, const VecD& gain, const VecD& loss,
                            const VecD& none) {
  if constexpr (kSettled) return pick(negative, loss, gain);
  return pick(positive, gain, pick(negative, loss, none));
}

template <bool kSettled>
LOCKSTEP_INLINE void step_chains(const LayerBlock& in, const ChainSigns& signs, VecD (&equity)[kChains],
                                 EquityTile& tile) {
  const VecD one = broadcast(1.0);
  const VecD floor = broadcast(0.25);
  for (int bar = 0; bar < in.bars; ++bar) {
    const double r = in.rows.r[in.at() + bar];
    const VecD gain = broadcast(1.0 + r);
    const VecD loss = broadcast(1.0 + -r);
    each<kChains>([&](int chain) __attribute__((always_inline)) {
      // The seventh's lanes beyond the families have no signal.
      const bool is_settled = kSettled && chain < kFamilies;
      const Mask negative = mask_of(signs.negative[chain][7 + bar]);
      const VecD factor =
          is_settled ? chosen<true>(Mask{}, negative, gain, loss, one)
                     : chosen<false>(mask_of(signs.positive[chain][7 + bar]), negative, gain, loss, one);
      equity[chain] = equity_step(equity[chain], in.plan.keep, factor, floor);
      store(tile.row[chain][bar], equity[chain]);
    });
  }
  for (int bar = in.bars; bar < 8; ++bar) {
    each<kChains>([&](int chain)
                      __attribute__((always_inline)) { store(tile.row[chain][bar], equity[chain]); });
  }
}

LOCKSTEP_INLINE void load_columns(const double (&rows)[8][kLanes], VecD (&columns)[8]) {
  each<8>([&](int k) __attribute__((always_inline)) { columns[k] = load<VecD>(rows[k]); });
  transpose(columns);
}

/// The families' signals before rounding; bars as lanes, sums over the nine members left to right.
template <bool kSettled>
LOCKSTEP_INLINE void block_shares(const LayerBlock& in, const EquityTile& tile, VecD (&share)[kFamilies],
                                  VecD& worst) {
  VecD ninth[8];
  load_columns(tile.row[kFamilies], ninth);
  const std::uint8_t* positive = in.slot.positive + kSideBytes * (in.block + 1);
  const std::uint8_t* negative = in.slot.negative + kSideBytes * (in.block + 1);
  LOCKSTEP_UNROLL_MEMBERS
  for (int f = 0; f < kFamilies; ++f) {
    if (!in.plan.family[f].enabled) {
      share[f] = VecD{};
      continue;
    }
    VecD member[8];
    load_columns(tile.row[f], member);
    VecD sum{}, votes{};
    each<kMembers>([&](int j) __attribute__((always_inline)) {
      const VecD equity = j < 8 ? member[j & 7] : ninth[f];
      const int column = column_of(f, j);
      sum = sum + equity;
      const Mask is_negative = mask_of(negative[column]);
      if constexpr (kSettled) {
        votes = votes + negated(is_negative, equity);
      } else {
        votes = votes + pick(mask_of(positive[column]), equity, only(is_negative, -equity));
      }
    });
    worst = greatest(sum, worst);
    share[f] = votes / sum;
  }
}

/// Layer 2, serial in time, families as lanes.
LOCKSTEP_INLINE void step_families(const LayerBlock& in, const VecD (&signal)[kFamilies], VecD& equity,
                                   VecD& held, double (&tile)[8][kLanes]) {
  const VecD floor = broadcast(0.25);
  std::uint64_t up = 0, down = 0;
  LOCKSTEP_UNROLL_MEMBERS
  for (int f = 0; f < kFamilies; ++f) {
    up |= std::uint64_t{bits_of(greater(signal[f], VecD{}))} << (8 * f);
    down |= std::uint64_t{bits_of(greater(VecD{}, signal[f]))} << (8 * f);
  }
  up = transposed_bits(up);  // a byte a bar
  down = transposed_bits(down);
  // A bar follows the signals of the one before it.
  std::uint64_t up_before = up << 8 | in.state.family_up;
  std::uint64_t down_before = down << 8 | in.state.family_down;
  for (int bar = 0; bar < in.bars; ++bar, up_before >>= 8, down_before >>= 8) {
    const VecD r = broadcast(in.rows.r[in.at() + bar]);
    held = pick(mask_of(static_cast<std::uint8_t>(up_before)), r,
                pick(mask_of(static_cast<std::uint8_t>(down_before)), -r, held));
    equity = equity_step(equity, in.plan.keep, 1.0 + held, floor);
    store(tile[bar], equity);
  }
  in.state.family_up = static_cast<std::uint8_t>(up >> (8 * (in.bars - 1)));
  in.state.family_down = static_cast<std::uint8_t>(down >> (8 * (in.bars - 1)));
  for (int bar = in.bars; bar < 8; ++bar) store(tile[bar], equity);
}

/// The average signal of eight bars, over the enabled families, left to right.
LOCKSTEP_INLINE VecD block_average(const LayerBlock& in, const VecD (&share)[kFamilies],
                                   const VecD (&weight)[8], VecD& worst) {
  VecD sum{}, votes{};
  LOCKSTEP_UNROLL_MEMBERS
  for (int f = 0; f < kFamilies; ++f) {
    if (!in.plan.family[f].enabled) continue;
    sum = sum + weight[f];
    votes = votes + pick(at_or_above(share[f], broadcast(kVoteFrom)), weight[f],
                         only(at_or_above(broadcast(-kVoteFrom), share[f]), -weight[f]));
  }
  worst = greatest(sum, worst);
  return votes / sum;
}

/// Directions and events as published.
LOCKSTEP_INLINE void block_verdicts(const LayerBlock& in, const VecD& average) {
  const VecD high = broadcast(in.plan.long_threshold);
  const VecD low = broadcast(in.plan.short_threshold);
  const VecD before = load<VecD>(in.rows.average + in.at() - 1);
  const unsigned is_long = bits_of(greater(average, high)) & bits_of(at_or_above(high, before));
  const unsigned is_short = bits_of(greater(low, average)) & bits_of(at_or_above(before, low));
  LongLayers& state = in.state;
  for (int bar = 0; bar < in.bars; ++bar) {
    const std::int64_t at = in.at() + bar;
    if (in.plan.strategy) {
      in.rows.direction[at] = static_cast<std::int8_t>(state.up - state.down);
      in.rows.event[at] = state.event;
    }
    const bool crosses_up = is_long >> bar & 1, crosses_down = is_short >> bar & 1;
    state.event = crosses_down && state.up != 0   ? TradeEvent::short_
                  : crosses_up && state.down != 0 ? TradeEvent::long_
                                                  : TradeEvent::none;
    state.up = static_cast<std::uint8_t>((state.up & !crosses_down) | crosses_up);
    state.down = static_cast<std::uint8_t>((state.down & !crosses_up) | crosses_down);
    if (!in.plan.strategy) {
      in.rows.direction[at] = static_cast<std::int8_t>(state.up - state.down);
      in.rows.event[at] = state.event;
    }
  }
}

/// Open time, OHLC and average as the digest takes them.
LOCKSTEP_INLINE VecU bar_words(const BatchSeries& series, std::int64_t t, double average) {
  const std::int64_t* closes = series.closes.data();
  const BarTicks alone =
      series.bars.empty() ? BarTicks{t, closes[t], closes[t], closes[t], closes[t]} : BarTicks{};
  const BarTicks& bar = series.bars.empty() ? alone : series.bars.data()[t];
  return bar_row(bar, average);
}

/// RunningDigest::add() for every bar of the block, its words as lanes.
LOCKSTEP_INLINE void add_block_digest(const LayerBlock& in, const BatchSeries& series,
                                      const VecD (&signal)[kFamilies], const double (&equity)[8][kLanes],
                                      const Mask& enabled, const VecD& undefined, VecU& digest) {
  VecD by_bar[8];
  each<8>([&](int f)
              __attribute__((always_inline)) { by_bar[f] = f < kFamilies ? signal[f % kFamilies] : VecD{}; });
  transpose(by_bar);
  const auto bits = [&](const VecD& values) __attribute__((always_inline)) {
    VecU words;
    const VecD shown = pick(enabled, values, undefined);
    store(&words, shown);
    return words;
  };
  for (int bar = 0; bar < in.bars; ++bar) {
    const std::int64_t at = in.at() + bar;
    digest = with_word(digest, bits(load<VecD>(equity[bar])));
    digest = with_word(digest, bits(by_bar[bar]));
    digest = with_word(
        digest, bar_words(series, in.slot.first + at, in.rows.average[in.plan.strategy ? at - 1 : at]));
  }
}

template <bool kSettled>
[[gnu::noinline]] void run_layers(const BatchPlan& plan, const LongRows& rows, const BatchSeries& series,
                                  const LongSlot& slot) {
  LongLayers& state = *rows.layers;
  VecD equity[kChains];
  each<kChains>([&](int chain)
                    __attribute__((always_inline)) { equity[chain] = load<VecD>(state.equity[chain]); });
  VecD equity2 = load<VecD>(state.equity2);
  VecD held = load<VecD>(state.held);
  VecD worst = load<VecD>(state.worst);
  VecU digest = load<VecU>(state.digest);
  std::uint8_t enabled_bits = 0;
  alignas(64) double undefined_lanes[kLanes]{};
  for (int f = 0; f < kFamilies; ++f) {
    enabled_bits |= static_cast<std::uint8_t>(plan.family[f].enabled << f);
    undefined_lanes[f] = kUndefined;
  }
  const Mask enabled = mask_of(enabled_bits);
  const VecD undefined = load<VecD>(undefined_lanes);
  ChainSigns signs(state);
  rows.average[-1] = state.average;
  const bool has_digest = series.end_state != nullptr;
  EquityTile tile;
  for (std::int64_t block = 0; 8 * block < slot.count; ++block) {
    const std::int64_t left = slot.count - 8 * block;
    const LayerBlock in{plan, rows, slot, state, block, left < 8 ? static_cast<int>(left) : 8};
    signs.enter(slot, block);
    step_chains<kSettled>(in, signs, equity, tile);
    signs.leave(in.bars - 1);
    VecD share[kFamilies], signal[kFamilies];
    block_shares<kSettled>(in, tile, share, worst);
    LOCKSTEP_UNROLL_MEMBERS
    for (int f = 0; f < kFamilies; ++f) {
      signal[f] = round2(share[f]);
      store(rows.signal[f] + in.at(), signal[f]);
    }
    alignas(64) double second[8][kLanes];
    step_families(in, signal, equity2, held, second);
    VecD weight[8];
    load_columns(second, weight);
    LOCKSTEP_UNROLL_MEMBERS
    for (int f = 0; f < kFamilies; ++f) store(rows.equity2[f] + in.at(), weight[f]);
    const VecD average = block_average(in, share, weight, worst);
    store(rows.average + in.at(), average);
    block_verdicts(in, average);
    if (has_digest) add_block_digest(in, series, signal, second, enabled, undefined, digest);
  }
  each<kChains>([&](int chain) __attribute__((always_inline)) { store(state.equity[chain], equity[chain]); });
  store(state.equity2, equity2);
  store(state.held, held);
  store(state.worst, worst);
  store(state.digest, digest);
  for (int chain = 0; chain < kLanes; ++chain) {
    state.positive[chain] = signs.positive[chain][7];
    state.negative[chain] = signs.negative[chain][7];
  }
  const std::int64_t last = slot.count - 1;
  state.average = rows.average[last];
  state.published = rows.average[plan.strategy ? last - 1 : last];
  state.last_direction = rows.direction[last];
  state.last_event = rows.event[last];
}

/// Whether every signal of an enabled family had left 0 before the chunk: none is 0 again from then on.
bool is_settled(const BatchPlan& plan, const LongSlot& slot) {
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers && plan.family[f].enabled; ++j) {
      const int column = column_of(f, j);
      if (((slot.positive[column] | slot.negative[column]) & 0x80) == 0) return false;
    }
  }
  return true;
}

bool long_layers(const BatchPlan& plan, const LongRows& rows, const BatchSeries& series, const LongSlot& slot,
                 const double* growth) {
  long_returns(plan, rows, slot, growth);
  if (is_settled(plan, slot)) {
    run_layers<true>(plan, rows, series, slot);
  } else {
    run_layers<false>(plan, rows, series, slot);
  }
  return is_all(greater(broadcast(HUGE_VAL), load<VecD>(rows.layers->worst)));
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
