// Eight rows of eight lanes as columns. Part of wide.ipp and long.ipp.
#pragma once

#include "kernels/detail/wide_lanes.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

/// Eight rows of lanes become eight lanes of bars. (GCC 12 warns of the unmasked intrinsics' own code.)
LOCKSTEP_INLINE void transpose(VecD (&m)[8]) {
#if defined(__AVX512F__)
  __m512d pair[8];
  for (int i = 0; i < 8; i += 2) {
    pair[i] = _mm512_maskz_unpacklo_pd(0xff, (__m512d)m[i].part[0], (__m512d)m[i + 1].part[0]);
    pair[i + 1] = _mm512_maskz_unpackhi_pd(0xff, (__m512d)m[i].part[0], (__m512d)m[i + 1].part[0]);
  }
  __m512d four[8];
  for (int i = 0; i < 8; i += 4) {
    for (int odd = 0; odd < 2; ++odd) {
      four[i + odd] = _mm512_maskz_shuffle_f64x2(0xff, pair[i + odd], pair[i + 2 + odd], 0x88);
      four[i + 2 + odd] = _mm512_maskz_shuffle_f64x2(0xff, pair[i + odd], pair[i + 2 + odd], 0xdd);
    }
  }
  // four[0]: lanes 0 and 4 of rows 0..3, four[1]: 1 and 5, four[2]: 2 and 6, four[3]: 3 and 7.
  for (int i = 0; i < 4; ++i) {
    m[i].part[0] = (VecD::Part)_mm512_maskz_shuffle_f64x2(0xff, four[i], four[4 + i], 0x88);
    m[4 + i].part[0] = (VecD::Part)_mm512_maskz_shuffle_f64x2(0xff, four[i], four[4 + i], 0xdd);
  }
#else
  const auto quarter = [&](int from, int half, __m256d(&out)[4]) __attribute__((always_inline)) {
    __m256d pair[4];
    for (int i = 0; i < 4; i += 2) {
      const auto a = (__m256d)m[from + i].part[half];
      const auto b = (__m256d)m[from + i + 1].part[half];
      pair[i] = _mm256_unpacklo_pd(a, b);
      pair[i + 1] = _mm256_unpackhi_pd(a, b);
    }
    for (int i = 0; i < 2; ++i) {
      out[i] = _mm256_permute2f128_pd(pair[i], pair[2 + i], 0x20);
      out[2 + i] = _mm256_permute2f128_pd(pair[i], pair[2 + i], 0x31);
    }
  };
  __m256d block[2][2][4];
  for (int rows = 0; rows < 2; ++rows) {
    for (int half = 0; half < 2; ++half) quarter(4 * rows, half, block[rows][half]);
  }
  for (int lane = 0; lane < 8; ++lane) {
    for (int rows = 0; rows < 2; ++rows) {
      m[lane].part[rows] = (VecD::Part)block[rows][lane / 4][lane % 4];
    }
  }
#endif
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
