// RunningDigest::add() with the words of a row as lanes. For the same includers as lane_vectors.hpp.
#pragma once

#include "incremental/detail/digest_keys.hpp"
#include "incremental/detail/sides.hpp"
#include "incremental/digest.hpp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

/// Lower halves times upper halves.
LOCKSTEP_INLINE VecU product_of_halves(const VecU& lanes) {
  VecU result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecU::kParts; ++i) {
    const auto part = lanes.part[i];
#if defined(__AVX512F__)
    result.part[i] = (VecU::Part)_mm512_maskz_mul_epu32(0xff, (__m512i)part, (__m512i)(part >> 32));
#elif defined(__AVX2__)
    result.part[i] = (VecU::Part)_mm256_mul_epu32((__m256i)part, (__m256i)(part >> 32));
#elif defined(__SSE2__)
    result.part[i] = (VecU::Part)_mm_mul_epu32((__m128i)part, (__m128i)(part >> 32));
#else
    result.part[i] = (part & 0xffffffffu) * (part >> 32);
#endif
  }
  return result;
}

/// Lanes 0 and 1, 2 and 3, ... in each other's place.
LOCKSTEP_INLINE VecU swapped_pairs(const VecU& lanes) {
  VecU result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecU::kParts; ++i) {
#if defined(__AVX512F__)
    result.part[i] = (VecU::Part)_mm512_maskz_shuffle_epi32(0xffff, (__m512i)lanes.part[i], _MM_PERM_BADC);
#elif defined(__AVX2__)
    result.part[i] = (VecU::Part)_mm256_shuffle_epi32((__m256i)lanes.part[i], 0x4e);
#else
    for (int lane = 0; lane < 8 / VecU::kParts; ++lane) result.part[i][lane] = lanes.part[i][lane ^ 1];
#endif
  }
  return result;
}

/// Open time, OHLC and average as a row.
LOCKSTEP_INLINE VecU bar_row(const BarTicks& bar, double average) {
#if defined(__AVX512F__)
  const __m512d words = _mm512_castsi512_pd(_mm512_maskz_loadu_epi64(0x1f, &bar));
  return {{(VecU::Part)_mm512_mask_broadcastsd_pd(words, 0x20, _mm_set_sd(average))}};
#else
  std::uint64_t bits;
  std::memcpy(&bits, &average, sizeof bits);
  VecU row{};
  put(row, 0, to_unsigned(bar.ts_open_ms));
  put(row, 1, to_unsigned(bar.open));
  put(row, 2, to_unsigned(bar.high));
  put(row, 3, to_unsigned(bar.low));
  put(row, 4, to_unsigned(bar.close));
  put(row, 5, bits);
  return row;
#endif
}

/// Keeps six lanes, makes the others 0.
LOCKSTEP_INLINE VecU six_lanes(const VecU& lanes) {
#if defined(__AVX512F__)
  return {{(VecU::Part)_mm512_maskz_mov_epi64(0x3f, (__m512i)lanes.part[0])}};
#else
  VecU result = lanes;
  put(result, 6, 0);
  put(result, 7, 0);
  return result;
#endif
}

LOCKSTEP_INLINE void add_to_digest(RunningDigest& digest, const VecU& bar, const VecU& signals,
                                   const VecU& equities) {
  VecU lanes = load<VecU>(digest.lane);
  const auto add = [&](int row, const VecU& words) __attribute__((always_inline)) {
    const VecU keyed = words + load<VecU>(detail::kDigestKeys.row[row]);
    lanes = lanes + product_of_halves(keyed) + swapped_pairs(words);
  };
  add(0, bar);
  add(1, signals);
  add(2, equities);
  store(digest.lane, six_lanes(times(broadcast(detail::kDigestPrime), lanes ^ lanes >> std::uint64_t{47})));
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
