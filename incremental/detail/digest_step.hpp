// RunningDigest::add() with the words of a row as lanes. For the same includers as lane_vectors.hpp.
#pragma once

#include "incremental/detail/digest_word.hpp"
#include "incremental/detail/sides.hpp"
#include "incremental/digest.hpp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

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
  lanes = with_word(lanes, equities);
  lanes = with_word(lanes, signals);
  lanes = with_word(lanes, bar);  // last: the average is what comes last
  store(digest.lane, six_lanes(lanes));
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
