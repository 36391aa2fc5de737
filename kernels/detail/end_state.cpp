#include "kernels/detail/end_state.hpp"

#include <bit>
#include <cstring>
#include <new>

#include "incremental/detail/state_block.hpp"

namespace lockstep::detail {

struct StateAccess {
  static StateBlock& block_of(const AtcState& state) {
    return *std::launder(reinterpret_cast<StateBlock*>(state.block_.get()));
  }
};

namespace {

void set_word(StateBlock& block, Field field, int member, std::uint64_t word) {
  (member < 8 ? block.eight[field][member] : block.ninth[field]) = word;
}
void set_word(StateBlock& block, Field field, int member, double value) {
  std::uint64_t word;
  std::memcpy(&word, &value, sizeof word);
  set_word(block, field, member, word);
}

void set_averages(const BatchPlan& plan, const SeriesEnd& end, StateBlock& block) {
  const auto is_enabled = [&](Family family) { return plan.family[static_cast<int>(family)].enabled; };
  for (int j = 0; j < kMembers; ++j) {
    if (is_enabled(Family::ema)) set_word(block, kFieldEma, j, end.ema[j]);
    if (is_enabled(Family::dema)) {
      set_word(block, kFieldDema1, j, end.dema_first[j]);
      set_word(block, kFieldDema2, j, end.dema_second[j]);
    }
    if (is_enabled(Family::wma)) set_word(block, kFieldWmaW, j, end.wma_w[j]);
    if (is_enabled(Family::lsma)) set_word(block, kFieldLsmaW, j, end.lsma_w[j]);
    if (is_enabled(Family::kama)) {
      set_word(block, kFieldNoise, j, end.noise[j]);
      set_word(block, kFieldKama, j, end.kama[j]);
    }
  }
}

/// Two bits a member in a word a family.
void set_pairs(const std::uint8_t (&first)[kFamilies][kMembers],
               const std::uint8_t (&second)[kFamilies][kMembers], std::uint64_t (&words)[8]) {
  for (int f = 0; f < kFamilies; ++f) {
    words[f] = 0;
    for (int j = 0; j < kMembers; ++j) {
      words[f] |= std::uint64_t{first[f][j]} << (2 * j) | std::uint64_t{second[f][j]} << (2 * j + 1);
    }
  }
}

/// As the step says it: whether sums of the next bar could leave the double range.
bool is_near_infinity(const BatchPlan& plan, const SeriesEnd& end) {
  constexpr double kFarFromInfinity = 0x1p500;
  bool is_near = false;
  for (int f = 0; f < kFamilies; ++f) {
    if (!plan.family[f].enabled) continue;
    double sum = 0;
    for (const double equity : end.equity[f]) sum += equity;
    is_near = is_near || sum >= kFarFromInfinity || end.equity2[f] >= kFarFromInfinity;
  }
  return is_near;
}

void set_layers(const BatchPlan& plan, const SeriesEnd& end, StateBlock& block) {
  block.average = end.average;
  block.direction = end.direction;
  block.event = static_cast<std::int64_t>(end.event);
  if (end.bars <= plan.cutout) return;
  block.near_infinity = is_near_infinity(plan, end);
  // Lanes of no family, or of a disabled one, are chains without a signal.
  for (int lane = 0; lane < 8; ++lane) {
    const bool is_used = lane < kFamilies && plan.family[lane].enabled;
    for (int j = 0; j < kMembers; ++j) {
      block.equity[j][lane] = is_used ? end.equity[lane][j] : end.idle_equity;
    }
    block.equity2[lane] = is_used ? end.equity2[lane] : end.idle_equity;
    block.held[lane] = is_used ? end.held[lane] : 0;
    block.signal[lane] = is_used ? end.signal[lane] : 0;
  }
}

void set_ring(const Tables& tables, const SeriesEnd& end, StateBlock& block) {
  auto* ring = const_cast<std::uint64_t*>(ring_of(tables, block));
  const auto size = static_cast<std::int64_t>(tables.ring_size);
  std::memset(ring, 0, (tables.ring_size + kRingTail) * sizeof *ring);
  for (std::int64_t back = 0; back < size && back < end.bars; ++back) {
    ring[(end.bars - 1 - back) % size] = end.prefix[-end.stride * back];
  }
  std::memcpy(ring + size, ring, kRingTail * sizeof *ring);
  block.ring_head = static_cast<std::uint64_t>(end.bars % size);
  block.prefix = end.prefix[0];
}

void set_hull(const Tables& tables, const SeriesEnd& end, StateBlock& block) {
  auto& hull = const_cast<HullBlock&>(hull_of(tables, block));
  std::memcpy(hull.half_w, end.hull.half_w, sizeof hull.half_w);
  std::memcpy(hull.full_w, end.hull.full_w, sizeof hull.full_w);
  std::memcpy(hull.raw_sum, end.hull.raw_sum, sizeof hull.raw_sum);
  std::memcpy(hull.raw_w, end.hull.raw_w, sizeof hull.raw_w);
  auto* ring = const_cast<std::uint64_t*>(hull_ring_of(hull));
  const std::int64_t rows = tables.hull.root_max + 1;
  for (std::int64_t back = 0; back < rows && back < end.bars; ++back) {
    const std::int64_t row = (end.bars - 1 - back) % rows;
    for (int j = 0; j < kMembers; ++j) ring[row * kMembers + j] = end.hull.raw[j][-end.stride * back];
  }
}

void set_last(const SeriesEnd& end, StateBlock& block) {
  block.last_average = end.last.average;
  block.last_growth = end.last.growth;
  block.last_direction = end.last.direction;
  block.last_event = static_cast<std::int64_t>(end.last.event);
}

}  // namespace

void set_state(const BatchPlan& plan, const SeriesEnd& end, AtcState& state) {
  const Tables& tables = state.params().tables();
  state.reset();
  StateBlock& block = StateAccess::block_of(state);
  set_averages(plan, end, block);
  set_pairs(end.above, end.below, block.sides);
  set_pairs(end.positive, end.negative, block.signs);
  set_layers(plan, end, block);
  set_ring(tables, end, block);
  if (plan.is_hull) set_hull(tables, end, block);
  set_last(end, block);
  block.bars = end.bars;
  block.ts_last_ms = end.ts_last_ms;
  block.price = end.price;
  block.close = end.close;
  block.digest = end.digest;
}

SeriesEnd end_of(const AtcState& state) {
  const StateBlock& block = StateAccess::block_of(state);
  SeriesEnd end{};
  end.bars = block.bars;
  end.ts_last_ms = block.ts_last_ms;
  end.price = block.price;
  end.close = block.close;
  end.digest = block.digest;
  end.last = state.last();
  for (int j = 0; j < kMembers; ++j) {
    const auto value = [&](Field field) { return std::bit_cast<double>(word_of(block, field, j)); };
    end.ema[j] = value(kFieldEma);
    end.dema_first[j] = value(kFieldDema1);
    end.dema_second[j] = value(kFieldDema2);
    end.kama[j] = value(kFieldKama);
  }
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers; ++j) {
      end.above[f][j] = has_first(block.sides, f, j);
      end.below[f][j] = has_second(block.sides, f, j);
      end.positive[f][j] = has_first(block.signs, f, j);
      end.negative[f][j] = has_second(block.signs, f, j);
      end.equity[f][j] = block.equity[j][f];
    }
    end.equity2[f] = block.equity2[f];
    end.held[f] = block.held[f];
    end.signal[f] = block.signal[f];
  }
  end.idle_equity = block.equity[0][kFamilies];
  end.average = block.average;
  end.direction = block.direction;
  end.event = static_cast<TradeEvent>(block.event);
  return end;
}

}  // namespace lockstep::detail
