// The memory of a state: one block, so that it copies and stores as bytes. Everything is plain integers and doubles; what
// is not there yet is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "incremental/detail/tables.hpp"
#include "incremental/digest.hpp"

namespace lockstep::detail {

/// Entries that the ring of prefix sums repeats behind its end, so that 18 in a row can be read from any start.
inline constexpr std::size_t kRingTail = 17;

struct alignas(64) StateBlock {
  double equity[kMembers][8];   ///< layer 1: a row a member, a lane a family
  double equity2[8];            ///< layer 2
  double held[8];               ///< layer 2: the last a that was applied
  double signal[8];             ///< F of the last bar; 0 before the cutout
  double ema[kMembers];
  double dema1[kMembers];       ///< EMA of the price
  double dema2[kMembers];       ///< EMA of that; while it warms up, the sum that seeds it
  double kama[kMembers];
  std::uint64_t wma_w[kMembers];   ///< W
  std::uint64_t lsma_w[kMembers];
  std::uint64_t noise[kMembers];
  // One bit a member, at member * kFamilies + family.
  std::uint64_t above;          ///< close > average at the last bar
  std::uint64_t below;
  std::uint64_t defined;
  std::uint64_t positive;       ///< sig = 1
  std::uint64_t negative;       ///< sig = -1
  std::int64_t bars;            ///< t of the next bar
  std::int64_t ts_last_ms;
  std::int64_t close;           ///< c of the last bar, in the source's unit
  std::int64_t price;           ///< p of the last bar
  std::uint64_t prefix;         ///< sum of all p, modulo 2^64
  std::uint64_t ring_head;      ///< where the next prefix sum goes
  double average;               ///< before the strategy shift
  std::int64_t direction;
  std::int64_t event;
  Digest digest;
  // The outputs of the last bar, field by field: a block has no padding, so that equal states are equal bytes.
  double last_average;
  double last_growth;
  double last_signal[kFamilies];
  double last_equity[kFamilies];
  std::int64_t last_direction;
  std::int64_t last_event;
};
static_assert(std::is_trivially_copyable_v<StateBlock>);

/// Hull's part of a block, in front of its ring of raw values [root_max + 1][kMembers].
struct HullBlock {
  std::uint64_t half_w[kMembers];
  std::uint64_t full_w[kMembers];
  std::uint64_t raw_sum[kMembers];
  std::uint64_t raw_w[kMembers];
};

inline const std::uint64_t* ring_of(const Tables& tables, const StateBlock& block) {
  return reinterpret_cast<const std::uint64_t*>(reinterpret_cast<const std::byte*>(&block) + tables.ring_offset);
}
inline const HullBlock& hull_of(const Tables& tables, const StateBlock& block) {
  return *reinterpret_cast<const HullBlock*>(reinterpret_cast<const std::byte*>(&block) + tables.hull_offset);
}
inline const std::uint64_t* hull_ring_of(const HullBlock& hull) { return reinterpret_cast<const std::uint64_t*>(&hull + 1); }

/// Prefix sum `lag` bars before the next bar's (lag 1: that of the last bar).
inline std::uint64_t prefix_at(const Tables& tables, const StateBlock& block, std::int64_t lag) {
  const auto size = static_cast<std::int64_t>(tables.ring_size);
  std::int64_t at = static_cast<std::int64_t>(block.ring_head) - lag;
  if (at < 0) at += size;
  return ring_of(tables, block)[at];
}

/// The 54 averages of a bar before they become prices: numerators of the windowed families, ticks of the recurrences.
struct Members {
  std::int64_t numerator[kFamilies][kMembers];
  double value[kFamilies][kMembers];
  double equity[kMembers][8];
  std::uint64_t defined;
  std::uint64_t positive;
  std::uint64_t negative;
  bool has_equity;
};

}  // namespace lockstep::detail
