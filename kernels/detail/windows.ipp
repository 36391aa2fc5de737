// The windowed families: exact integers, no chain, no division. For eight series as lanes, or eight bars of
// one. Part of wide.ipp and long.ipp.
#pragma once

#include "kernels/detail/wide_lanes.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

/// The side of an average N / D from c * D - N, which fits although its parts may wrap.
template <class C>
LOCKSTEP_INLINE void note_difference(const C& chunk, std::int64_t at, int column, const VecU& difference) {
  const VecI lanes = to_signed(difference);
  note_sides(chunk, at, column, positive_bits(lanes), negative_bits(lanes));
}

/// Row i of a window, `bars` bars back.
template <class C>
LOCKSTEP_INLINE VecU lagged(const C&, const std::uint64_t* window, std::int64_t i, std::int64_t bars) {
  return load<VecU>(window + kLanes * i - C::kBarStride * bars);
}

// Before its window is full a member's side means nothing; the signals leave it out.

/// Members that share the loads of a bar.
constexpr int kWindows = 3;

/// `difference(j, i, close, prefix)` is c * D - N of a member on a bar.
template <bool kMembersWanted, class C, class Difference>
LOCKSTEP_INLINE void run_windows(const C& chunk, int family, Difference difference) {
  const FamilyPlan& plan = chunk.plan.family[family];
  for (int from = 0; from < kMembers; from += kWindows) {
    VecU denominator[kWindows];
    each<kWindows>([&](int k) __attribute__((always_inline)) {
      denominator[k] = broadcast(static_cast<std::uint64_t>(plan.denominator[from + k]));
    });
    for (std::int64_t i = 0; i < chunk.count; ++i) {
      const VecU close = to_unsigned(row(chunk.close, i));
      const VecU prefix = row(chunk.prefix, i);
      each<kWindows>([&](int k) __attribute__((always_inline)) {
        const VecU scaled = times(denominator[k], close);
        const VecU lanes = difference(from + k, i, scaled, prefix);
        note_difference(chunk, i, column_of(family, from + k), lanes);
        if constexpr (kMembersWanted) note_member(chunk, family, from + k, i, scaled - lanes);
      });
    }
  }
}

LOCKSTEP_INLINE VecU times_whole(std::int64_t small, const VecU& any) {
  return times(broadcast(static_cast<std::uint64_t>(small)), any);
}

/// N = S = P_t - P_{t-L}.
template <bool kMembersWanted, class C>
[[gnu::noinline]] void sma_sides(const C& chunk) {
  const FamilyPlan& plan = chunk.plan.family[kHma];
  run_windows<kMembersWanted>(
      chunk, kHma,
      [&](int j, std::int64_t i, const VecU& scaled, const VecU& prefix) __attribute__((always_inline)) {
        return scaled - prefix + lagged(chunk, chunk.prefix, i, plan.length[j]);
      });
}

/// N = 2W, W = L P_t - (P_{t-L} + ... + P_{t-1}), the sum of prefixes by their own prefix sums.
template <bool kMembersWanted, class C>
[[gnu::noinline]] void wma_sides(const C& chunk) {
  const FamilyPlan& plan = chunk.plan.family[kWma];
  run_windows<kMembersWanted>(
      chunk, kWma,
      [&](int j, std::int64_t i, const VecU& scaled, const VecU& prefix) __attribute__((always_inline)) {
        const std::int64_t length = plan.length[j];
        return scaled - times_whole(2 * length, prefix) +
               (lagged(chunk, chunk.second, i, 1) - lagged(chunk, chunk.second, i, length + 1));
      });
}

/// N = 6W - 2(L+1)S = (4L-2) P_t + 2(L+1) P_{t-L} - 6 (P_{t-L} + ... + P_{t-1}).
template <bool kMembersWanted, class C>
[[gnu::noinline]] void lsma_sides(const C& chunk) {
  const FamilyPlan& plan = chunk.plan.family[kLsma];
  run_windows<kMembersWanted>(
      chunk, kLsma,
      [&](int j, std::int64_t i, const VecU& scaled, const VecU& prefix) __attribute__((always_inline)) {
        const std::int64_t length = plan.length[j];
        const VecU twice = lagged(chunk, chunk.second, i, 1) - lagged(chunk, chunk.second, i, length + 1);
        return scaled - times_whole(4 * length - 2, prefix) -
               times_whole(2 * (length + 1), lagged(chunk, chunk.prefix, i, length)) +
               (twice + twice + twice);
      });
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
