// On which side of each average the close is, and what signals follow: two bits a member in one word a
// family, so that the nine members' signals of a family lie where its lane of the equities can use them. For
// the same includers as lane_vectors.hpp.
#pragma once

#include "incremental/detail/lanes.hpp"

namespace lockstep::LOCKSTEP_ISA {

// In every word, a lane of a VecU that stands for a family: bit 2j is "above" (or "long") of member j, bit 2j
// + 1 "below" (or "short"). Both are never set at once.

#if defined(__AVX512F__)

/// The words' low 16 bits: a word of eight members, before it has its lane.
using EightSides = __mmask16;

/// From differences that are negative where the close is above, and where it is below: their signs.
LOCKSTEP_INLINE EightSides sides_of(__m512i above, __m512i below) {
  // Upper halves, which have the signs, beside each other; one bit from each.
  return _mm512_movepi32_mask(_mm512_mask_shuffle_epi32(below, 0x5555, above, _MM_PERM_DDBB));
}
template <class T>
LOCKSTEP_INLINE EightSides sides_of(const Vec<T>& above, const Vec<T>& below) {
  return sides_of((__m512i)above.part[0], (__m512i)below.part[0]);
}

#else

using EightSides = unsigned;

template <class T>
LOCKSTEP_INLINE EightSides sides_of(const Vec<T>& above, const Vec<T>& below) {
#if defined(__AVX2__)
  EightSides sides = 0;
  LOCKSTEP_UNROLL
  for (int i = 0; i < 2; ++i) {
    const __m256i both =
        _mm256_blend_epi32((__m256i)below.part[i], _mm256_shuffle_epi32((__m256i)above.part[i], 0xf5), 0x55);
    sides |= static_cast<unsigned>(_mm256_movemask_ps((__m256)both)) << (8 * i);
  }
  return sides;
#elif defined(__SSE2__)
  __m128i both[4];
  LOCKSTEP_UNROLL
  for (int i = 0; i < 4; ++i) {
    const __m128 upper = _mm_shuffle_ps((__m128)above.part[i], (__m128)below.part[i], 0xdd);
    both[i] = _mm_shuffle_epi32((__m128i)upper, 0xd8);
  }
  // Halved twice; a number keeps its sign.
  const __m128i low = _mm_packs_epi32(both[0], both[1]);
  const __m128i high = _mm_packs_epi32(both[2], both[3]);
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
#else
  EightSides sides = 0;
  for (int j = 0; j < 8; ++j) {
    sides |= static_cast<unsigned>(__builtin_signbit(static_cast<double>(above[j]))) << (2 * j);
    sides |= static_cast<unsigned>(__builtin_signbit(static_cast<double>(below[j]))) << (2 * j + 1);
  }
  return sides;
#endif
}

#endif

/// Puts a word into its lane.
LOCKSTEP_INLINE void put(VecU& words, int family, std::uint64_t word) {
  constexpr int kLanes = 8 / VecU::kParts;
  words.part[family / kLanes][family % kLanes] = word;
}

/// The sides of all 54, as they become known.
struct Sides {
  EightSides eight[6]{};
  /// Of each family's ninth member, a number with the sign of close - average; a double's bits have it too,
  /// as such a difference is never -0.
  double ninth[6]{};

  /// Sides of eight members of a family from differences as in sides_of().
  template <class T>
  LOCKSTEP_INLINE void note(int family, const Vec<T>& above, const Vec<T>& below) {
    eight[family] = sides_of(above, below);
  }
  LOCKSTEP_INLINE void note_average(int family, const VecD& close, const VecD& average) {
    note(family, average - close, close - average);
  }
  /// The same of the ninth.
  LOCKSTEP_INLINE void note(int family, std::int64_t above, std::int64_t) {
    const std::int64_t difference = -above;
    std::memcpy(&ninth[family], &difference, sizeof difference);
  }
  LOCKSTEP_INLINE void note_average(int family, double close, double average) {
    ninth[family] = close - average;
  }

  LOCKSTEP_INLINE VecU words() const {
#if defined(__AVX512F__)
    const __mmask32 low = _mm512_kunpackw(eight[1], eight[0]);
    const __mmask32 middle = _mm512_kunpackw(eight[3], eight[2]);
    const __mmask32 high = _mm512_kunpackw(eight[5], eight[4]);
    const __m128i packed = _mm_set_epi64x(static_cast<std::int64_t>(_cvtmask32_u32(high)),
                                          static_cast<std::int64_t>(_mm512_kunpackd(middle, low)));
    const VecU words{{(VecU::Part)_mm512_maskz_cvtepu16_epi64(0xff, packed)}};
    const VecU below{
        {(VecU::Part)_mm512_set_pd(0, 0, ninth[5], ninth[4], ninth[3], ninth[2], ninth[1], ninth[0])}};
    const VecU above = VecU{} - below;
    return words | (above >> std::uint64_t{47} & std::uint64_t{1 << 16}) |
           (below >> std::uint64_t{46} & std::uint64_t{1 << 17});
#else
    VecU words{};
    for (int f = 0; f < 6; ++f) {
      std::uint64_t below;
      std::memcpy(&below, &ninth[f], sizeof below);
      put(words, f, eight[f] | (0 - below) >> 63 << 16 | below >> 63 << 17);
    }
    return words;
#endif
  }
};

/// A value for each sign: none, long, short.
struct BySign {
#if defined(__AVX512F__)
  __m512d table;  // at 0 and 4 none, at 1 and 5 long, at 2 and 6 short: bit 2 of
                  // an index is the next member's

  LOCKSTEP_INLINE BySign(double none, double up, double down)
      : table(_mm512_mask_mov_pd(_mm512_mask_mov_pd(_mm512_set1_pd(none), 0x22, _mm512_set1_pd(up)), 0x44,
                                 _mm512_set1_pd(down))) {}
  /// That of member j in each family's lane.
  LOCKSTEP_INLINE VecD of(const VecU& words, int j) const {
    return {{(VecD::Part)_mm512_maskz_permutexvar_pd(0xff, (__m512i)(words.part[0] >> (2 * j)), table)}};
  }
#else
  VecD none, up, down;

  LOCKSTEP_INLINE BySign(double of_none, double of_up, double of_down)
      : none(broadcast(of_none)), up(broadcast(of_up)), down(broadcast(of_down)) {}
  LOCKSTEP_INLINE VecD of(const VecU& words, int j) const {
    return select(lanes_with_bit(words, 2 * j), up, select(lanes_with_bit(words, 2 * j + 1), down, none));
  }
  /// A mask of the lanes with that bit; select() of AVX2 looks at the sign only.
  LOCKSTEP_INLINE static VecI lanes_with_bit(const VecU& words, int bit) {
    VecI mask;
    LOCKSTEP_UNROLL
    for (int i = 0; i < VecI::kParts; ++i) {
#if defined(__AVX2__)
      mask.part[i] = (VecI::Part)_mm256_slli_epi64((__m256i)words.part[i], 63 - bit);
#elif defined(__SSE2__)
      const __m128i both = _mm_shuffle_epi32((__m128i)words.part[i], 0xa0);
      mask.part[i] = (VecI::Part)_mm_srai_epi32(_mm_slli_epi32(both, 31 - bit), 31);
#else
      mask.part[i] = -(VecI::Part)(words.part[i] >> bit & 1);
#endif
    }
    return mask;
  }
#endif
};

/// Signals that crossings give: each sets its sign in place of the one before. `crossed` has at most one bit
/// a member.
LOCKSTEP_INLINE VecU after_crossings(const VecU& signs, const VecU& crossed) {
  const VecU any = (crossed | crossed >> std::uint64_t{1}) & std::uint64_t{0x15555};
  return without(signs, any | any << std::uint64_t{1}) | crossed;
}

}  // namespace lockstep::LOCKSTEP_ISA
