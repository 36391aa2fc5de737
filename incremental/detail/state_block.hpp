// The memory of a state: one block, so that it copies and stores as bytes. Everything is plain integers and
// doubles; what is not there yet is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "incremental/detail/tables.hpp"
#include "incremental/digest.hpp"

namespace lockstep::detail {

/// Inlined wherever it is used: a copy that one instruction set's source emitted must not serve the others.
#define LOCKSTEP_OWN_COPY [[gnu::always_inline]] inline

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

/// A bit pair a member in one word a family (see detail/sides.hpp): whether the first of the two is set.
LOCKSTEP_OWN_COPY bool has_first(const std::uint64_t (&words)[8], int family, int member) {
  return (words[family] >> (2 * member) & 1) != 0;
}
LOCKSTEP_OWN_COPY bool has_second(const std::uint64_t (&words)[8], int family, int member) {
  return (words[family] >> (2 * member + 1) & 1) != 0;
}

/// Both bits of the members whose average is defined once `bars` bars are there.
LOCKSTEP_OWN_COPY void defined_words(const Tables& tables, std::int64_t bars, std::uint64_t (&words)[8]) {
  for (std::uint64_t& word : words) word = 0;
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers; ++j) {
      if (tables.enabled[f] && bars > tables.family[f].first[j]) words[f] |= std::uint64_t{3} << (2 * j);
    }
  }
}

struct alignas(64) StateBlock {
  double equity[kMembers][8];  ///< layer 1: a row a member, a lane a family
  double equity2[8];           ///< layer 2
  double held[8];              ///< layer 2: the last a that was applied
  double signal[8];            ///< F of the last bar; 0 before the cutout
  // What the averages remember, by Field: eight members as one aligned vector, the ninths together.
  std::uint64_t eight[kFields][8];
  std::uint64_t ninth[8];
  std::uint64_t sides[8];  ///< at the last bar: close > average, close < average
  std::uint64_t signs[8];  ///< sig = 1, sig = -1
  RunningDigest digest;
  std::int64_t bars;  ///< t of the next bar
  std::int64_t ts_last_ms;
  std::int64_t close;       ///< c of the last bar, in the source's unit
  std::int64_t price;       ///< p of the last bar
  std::uint64_t prefix;     ///< sum of all p, modulo 2^64
  std::uint64_t ring_head;  ///< where the next prefix sum goes
  double average;           ///< before the strategy shift
  std::int64_t direction;
  std::int64_t event;
  std::int64_t near_infinity;  ///< 1: the next bar's equities may leave the double range
  // The outputs of the last bar, as far as they are not those above. Padding is zero from the start, so that
  // equal states are equal bytes.
  double last_average;
  double last_growth;
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
LOCKSTEP_OWN_COPY std::uint64_t word_of(const StateBlock& block, Field field, int member) {
  return member < 8 ? block.eight[field][member] : block.ninth[field];
}

LOCKSTEP_OWN_COPY const std::uint64_t* ring_of(const Tables& tables, const StateBlock& block) {
  return reinterpret_cast<const std::uint64_t*>(reinterpret_cast<const std::byte*>(&block) +
                                                tables.ring_offset);
}
LOCKSTEP_OWN_COPY const HullBlock& hull_of(const Tables& tables, const StateBlock& block) {
  return *reinterpret_cast<const HullBlock*>(reinterpret_cast<const std::byte*>(&block) + tables.hull_offset);
}
LOCKSTEP_OWN_COPY const std::uint64_t* hull_ring_of(const HullBlock& hull) {
  return reinterpret_cast<const std::uint64_t*>(&hull + 1);
}

/// Prefix sum `lag` bars before the next bar's (lag 1: that of the last bar).
LOCKSTEP_OWN_COPY std::uint64_t prefix_at(const Tables& tables, const StateBlock& block, std::int64_t lag) {
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
  std::uint64_t defined[8];  ///< both bits of a member whose average is defined
  std::uint64_t signs[8];
  bool has_equity;
};

}  // namespace lockstep::detail
