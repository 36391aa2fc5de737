// The memory of a state: one block, so that it copies and stores as bytes. Everything is plain integers and
// doubles; what is not there yet is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "incremental/detail/tables.hpp"
#include "incremental/digest.hpp"

namespace lockstep::detail {

/// Entries that the ring of prefix sums repeats behind its end, so that 18 in a row can be read from any
/// start.
inline constexpr std::size_t kRingTail = 17;

/// Per-member words of a state; the first four are doubles, the others wrapping integers.
enum Field {
  kFieldEma,
  kFieldDema1,  ///< EMA of the price
  kFieldDema2,  ///< EMA of that; while it warms up, the sum that seeds it
  kFieldKama,
  kFieldWmaW,  ///< W
  kFieldLsmaW,
  kFieldNoise,
  kFields
};

/// One bit a member: a byte a row of StateBlock::equity, in it a bit a family.
struct MemberBits {
  std::uint64_t eight;  ///< members 0..7, the first in the lowest byte
  std::uint64_t ninth;

  bool is_set(int family, int member) const {
    return ((member < 8 ? eight >> (8 * member) : ninth) >> family & 1) != 0;
  }
  friend MemberBits operator&(const MemberBits& a, const MemberBits& b) {
    return {a.eight & b.eight, a.ninth & b.ninth};
  }
  friend MemberBits operator|(const MemberBits& a, const MemberBits& b) {
    return {a.eight | b.eight, a.ninth | b.ninth};
  }
  friend MemberBits operator~(const MemberBits& a) { return {~a.eight, ~a.ninth}; }
};

struct alignas(64) StateBlock {
  double equity[kMembers][8];  ///< layer 1: a row a member, a lane a family
  double equity2[8];           ///< layer 2
  double held[8];              ///< layer 2: the last a that was applied
  double signal[8];            ///< F of the last bar; 0 before the cutout
  // What the averages remember, by Field: eight members as one aligned vector, the ninths together.
  std::uint64_t eight[kFields][8];
  std::uint64_t ninth[8];
  MemberBits above;  ///< close > average at the last bar
  MemberBits below;
  MemberBits defined;
  MemberBits positive;  ///< sig = 1
  MemberBits negative;  ///< sig = -1
  std::int64_t bars;    ///< t of the next bar
  std::int64_t ts_last_ms;
  std::int64_t close;       ///< c of the last bar, in the source's unit
  std::int64_t price;       ///< p of the last bar
  std::uint64_t prefix;     ///< sum of all p, modulo 2^64
  std::uint64_t ring_head;  ///< where the next prefix sum goes
  double average;           ///< before the strategy shift
  std::int64_t direction;
  std::int64_t event;
  Digest digest;
  // The outputs of the last bar, field by field: a block has no padding, so that equal states are equal
  // bytes.
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

/// The word of one member.
inline std::uint64_t word_of(const StateBlock& block, Field field, int member) {
  return member < 8 ? block.eight[field][member] : block.ninth[field];
}

inline const std::uint64_t* ring_of(const Tables& tables, const StateBlock& block) {
  return reinterpret_cast<const std::uint64_t*>(reinterpret_cast<const std::byte*>(&block) +
                                                tables.ring_offset);
}
inline const HullBlock& hull_of(const Tables& tables, const StateBlock& block) {
  return *reinterpret_cast<const HullBlock*>(reinterpret_cast<const std::byte*>(&block) + tables.hull_offset);
}
inline const std::uint64_t* hull_ring_of(const HullBlock& hull) {
  return reinterpret_cast<const std::uint64_t*>(&hull + 1);
}

/// Prefix sum `lag` bars before the next bar's (lag 1: that of the last bar).
inline std::uint64_t prefix_at(const Tables& tables, const StateBlock& block, std::int64_t lag) {
  const auto size = static_cast<std::int64_t>(tables.ring_size);
  std::int64_t at = static_cast<std::int64_t>(block.ring_head) - lag;
  if (at < 0) at += size;
  return ring_of(tables, block)[at];
}

/// The 54 averages of a bar before they become prices: numerators of the windowed families, ticks of the
/// recurrences.
struct Members {
  std::int64_t numerator[kFamilies][kMembers];
  double value[kFamilies][kMembers];
  double equity[kMembers][8];
  MemberBits defined;
  MemberBits positive;
  MemberBits negative;
  bool has_equity;
};

}  // namespace lockstep::detail
