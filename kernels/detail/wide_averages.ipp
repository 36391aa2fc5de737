// The 54 averages of eight series over a chunk: on which side of each the close is. Part of wide.ipp.
#pragma once

#include "kernels/detail/windows.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

/// The side of an average in ticks.
LOCKSTEP_INLINE void note_average(const Chunk& chunk, std::int64_t at, int column, const VecD& close,
                                  const VecD& average) {
  note_sides(chunk, at, column, bits_of(greater(close, average)), bits_of(greater(average, close)));
}

// ---- EMA

/// Members from `from` on, bars begin .. end - 1 of the chunk, all in their steady recurrence.
template <int kCount, bool kMembersWanted>
LOCKSTEP_INLINE void run_ema(const Chunk& chunk, int from, std::int64_t begin, std::int64_t end) {
  const FamilyPlan& plan = chunk.plan.family[kEma];
  VecD mean[kCount], alpha[kCount];
  each<kCount>([&](int k) __attribute__((always_inline)) {
    mean[k] = load<VecD>(chunk.state.ema[from + k]);
    alpha[k] = broadcast(plan.alpha[from + k]);
  });
  for (std::int64_t i = begin; i < end; ++i) {
    const VecD x = row(chunk.x, i);
    const VecD close = row(chunk.close_d, i);
    each<kCount>([&](int k) __attribute__((always_inline)) {
      mean[k] = move_towards(mean[k], alpha[k], x);
      note_average(chunk, i, column_of(kEma, from + k), close, mean[k]);
      if constexpr (kMembersWanted) note_member(chunk, kEma, from + k, i, mean[k]);
    });
  }
  each<kCount>([&](int k) __attribute__((always_inline)) { store(chunk.state.ema[from + k], mean[k]); });
}

/// The mean of the first `length` prices.
LOCKSTEP_INLINE VecD seed_mean(const Chunk& chunk, std::int64_t at, double length) {
  return to_double(to_signed(row(chunk.prefix, at))) / broadcast(length);
}

template <bool kMembersWanted>
void warm_ema(const Chunk& chunk) {
  const FamilyPlan& plan = chunk.plan.family[kEma];
  for (int j = 0; j < kMembers; ++j) {
    const std::int64_t seed = plan.length[j] - 1 - chunk.first;
    if (seed >= chunk.warm) continue;
    if (seed >= 0) {
      const VecD mean = seed_mean(chunk, seed, plan.length_d[j]);
      store(chunk.state.ema[j], mean);
      note_average(chunk, seed, column_of(kEma, j), row(chunk.close_d, seed), mean);
      if constexpr (kMembersWanted) note_member(chunk, kEma, j, seed, mean);
    }
    run_ema<1, kMembersWanted>(chunk, j, seed < 0 ? 0 : seed + 1, chunk.warm);
  }
}

template <bool kMembersWanted>
[[gnu::noinline]] void ema_sides(const Chunk& chunk) {
  if (chunk.warm > 0) warm_ema<kMembersWanted>(chunk);
  for (int from = 0; from < kMembers; from += kTogether) {
    run_ema<kTogether, kMembersWanted>(chunk, from, chunk.warm, chunk.count);
  }
}

// ---- DEMA

template <bool kMembersWanted>
LOCKSTEP_INLINE void note_dema(const Chunk& chunk, int member, std::int64_t at, const VecD& close,
                               const VecD& first, const VecD& second) {
  const VecD dema = 2.0 * first - second;
  note_average(chunk, at, column_of(kDema, member), close, dema);
  if constexpr (kMembersWanted) note_member(chunk, kDema, member, at, dema);
}

template <int kCount, bool kMembersWanted>
LOCKSTEP_INLINE void run_dema(const Chunk& chunk, int from, std::int64_t begin, std::int64_t end) {
  const FamilyPlan& plan = chunk.plan.family[kDema];
  VecD first[kCount], second[kCount], alpha[kCount];
  each<kCount>([&](int k) __attribute__((always_inline)) {
    first[k] = load<VecD>(chunk.state.dema_first[from + k]);
    second[k] = load<VecD>(chunk.state.dema_second[from + k]);
    alpha[k] = broadcast(plan.alpha[from + k]);
  });
  for (std::int64_t i = begin; i < end; ++i) {
    const VecD x = row(chunk.x, i);
    const VecD close = row(chunk.close_d, i);
    each<kCount>([&](int k) __attribute__((always_inline)) {
      first[k] = move_towards(first[k], alpha[k], x);
      second[k] = move_towards(second[k], alpha[k], first[k]);
      note_dema<kMembersWanted>(chunk, from + k, i, close, first[k], second[k]);
    });
  }
  each<kCount>([&](int k) __attribute__((always_inline)) {
    store(chunk.state.dema_first[from + k], first[k]);
    store(chunk.state.dema_second[from + k], second[k]);
  });
}

/// EMA of the EMA, seeded at bar 2L - 2 with the mean of its first L values, added oldest first.
template <bool kMembersWanted>
void warm_dema(const Chunk& chunk, int member) {
  const FamilyPlan& plan = chunk.plan.family[kDema];
  const std::int64_t length = plan.length[member];
  const VecD alpha = broadcast(plan.alpha[member]);
  VecD first = load<VecD>(chunk.state.dema_first[member]);
  VecD second = load<VecD>(chunk.state.dema_second[member]);
  for (std::int64_t i = 0; i < chunk.warm; ++i) {
    const std::int64_t t = chunk.first + i;
    if (t < length - 1) continue;
    first = t == length - 1 ? seed_mean(chunk, i, plan.length_d[member])
                            : move_towards(first, alpha, row(chunk.x, i));
    if (t > 2 * length - 2) {
      second = move_towards(second, alpha, first);
    } else {
      second = second + first;
      if (t == 2 * length - 2) second = second / broadcast(plan.length_d[member]);
    }
    note_dema<kMembersWanted>(chunk, member, i, row(chunk.close_d, i), first, second);
  }
  store(chunk.state.dema_first[member], first);
  store(chunk.state.dema_second[member], second);
}

template <bool kMembersWanted>
[[gnu::noinline]] void dema_sides(const Chunk& chunk) {
  for (int j = 0; chunk.warm > 0 && j < kMembers; ++j) warm_dema<kMembersWanted>(chunk, j);
  // Two chains a member.
  constexpr int kHere = kTogether == 9 ? 3 : 3;
  for (int from = 0; from < kMembers; from += kHere) {
    run_dema<kHere, kMembersWanted>(chunk, from, chunk.warm, chunk.count);
  }
}

// ---- KAMA

template <int kCount, bool kMembersWanted>
LOCKSTEP_INLINE void run_kama(const Chunk& chunk, int from, std::int64_t begin, std::int64_t end) {
  const FamilyPlan& plan = chunk.plan.family[kKama];
  const VecD one = broadcast(1.0);
  VecD mean[kCount];
  each<kCount>([&](int k)
                   __attribute__((always_inline)) { mean[k] = load<VecD>(chunk.state.kama[from + k]); });
  for (std::int64_t i = begin; i < end; ++i) {
    const VecD x = row(chunk.x, i);
    const VecD close = row(chunk.close_d, i);
    const VecU change = row(chunk.change, i);
    each<kCount>([&](int k) __attribute__((always_inline)) {
      const std::int64_t oldest = i - plan.length[from + k];
      // Prices are exact as doubles, and so is their difference.
      const VecD move = absolute(x - row(chunk.x, oldest));
      const VecD noise = to_double(to_signed(change - row(chunk.change, oldest)));
      mean[k] = move_towards(mean[k], kama_rate(move, noise, one), x);
      note_average(chunk, i, column_of(kKama, from + k), close, mean[k]);
      if constexpr (kMembersWanted) note_member(chunk, kKama, from + k, i, mean[k]);
    });
  }
  each<kCount>([&](int k) __attribute__((always_inline)) { store(chunk.state.kama[from + k], mean[k]); });
}

/// Bars before the first full window.
template <bool kMembersWanted>
void warm_kama(const Chunk& chunk, int member) {
  const std::int64_t length = chunk.plan.family[kKama].length[member];
  const VecD rate = kama_rate(VecD{}, VecD{}, broadcast(1.0));
  VecD mean = load<VecD>(chunk.state.kama[member]);
  std::int64_t i = 0;
  for (; i < chunk.warm && chunk.first + i < length; ++i) {
    const VecD x = row(chunk.x, i);
    if (!chunk.plan.kama_from_price) {
      mean = move_towards(mean, rate, x);
    } else if (chunk.first + i == 0) {
      mean = x;
    }
    note_average(chunk, i, column_of(kKama, member), row(chunk.close_d, i), mean);
    if constexpr (kMembersWanted) note_member(chunk, kKama, member, i, mean);
  }
  store(chunk.state.kama[member], mean);
  run_kama<1, kMembersWanted>(chunk, member, i, chunk.warm);
}

template <bool kMembersWanted>
[[gnu::noinline]] void kama_sides(const Chunk& chunk) {
  for (int j = 0; chunk.warm > 0 && j < kMembers; ++j) warm_kama<kMembersWanted>(chunk, j);
  for (int from = 0; from < kMembers; from += 3) {
    run_kama<3, kMembersWanted>(chunk, from, chunk.warm, chunk.count);
  }
}

// ---- Hull

/// W of `length` as the states keep it. The doubled sums lost a bit at the top that W never has.
LOCKSTEP_INLINE VecU weighted(const Chunk& chunk, std::int64_t i, std::int64_t length) {
  VecU lanes = times_whole(2 * length, row(chunk.prefix, i)) -
               (row(chunk.second, i - 1) - row(chunk.second, i - length - 1));
  for (auto& part : lanes.part) part = part >> 1;
  return lanes;
}

/// Hull: a WMA over `root` values of raw = 2 WMA(L/2) - WMA(L), all over one denominator.
template <bool kMembersWanted>
[[gnu::noinline]] void hull_sides(const Chunk& chunk) {
  const FamilyPlan& plan = chunk.plan.family[kHma];
  const detail::HullPlan& hull = chunk.plan.hull;
  for (int j = 0; j < kMembers; ++j) {
    std::uint64_t* raws = chunk.rows.hull_raw[j] + kLanes * chunk.head;
    VecU sum = load<VecU>(chunk.state.hull_raw_sum[j]);
    VecU raw_w = load<VecU>(chunk.state.hull_raw_w[j]);
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      const VecU raw =
          multiply(static_cast<std::uint64_t>(hull.half_factor[j]), weighted(chunk, i, hull.half[j])) -
          multiply(static_cast<std::uint64_t>(hull.full_factor[j]), weighted(chunk, i, plan.length[j]));
      set_row(raws, i, raw);
      raw_w = raw_w + times_whole(hull.root[j], raw) - sum;
      sum = sum + raw - row(raws, i - hull.root[j]);
      const VecU close = to_unsigned(row(chunk.close, i));
      const VecU scaled = multiply(static_cast<std::uint64_t>(plan.denominator[j]), close);
      note_difference(chunk, i, column_of(kHma, j), scaled - raw_w);
      if constexpr (kMembersWanted) note_member(chunk, kHma, j, i, raw_w);
    }
    store(chunk.state.hull_raw_sum[j], sum);
    store(chunk.state.hull_raw_w[j], raw_w);
  }
}

template <bool kMembersWanted>
void family_sides(const Chunk& chunk) {
  const auto is_enabled = [&](int family) { return chunk.plan.family[family].enabled; };
  if (is_enabled(kEma)) ema_sides<kMembersWanted>(chunk);
  if (is_enabled(kHma) && chunk.plan.is_hull) hull_sides<kMembersWanted>(chunk);
  if (is_enabled(kHma) && !chunk.plan.is_hull) sma_sides<kMembersWanted>(chunk);
  if (is_enabled(kWma)) wma_sides<kMembersWanted>(chunk);
  if (is_enabled(kDema)) dema_sides<kMembersWanted>(chunk);
  if (is_enabled(kLsma)) lsma_sides<kMembersWanted>(chunk);
  if (is_enabled(kKama)) kama_sides<kMembersWanted>(chunk);
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
