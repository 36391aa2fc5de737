// What a step does with lanes beyond arithmetic: the lane types of a pass, masks and bits, look-ups, loads
// and stores. For the same includers as lane_vectors.hpp.
#pragma once

#include "incremental/detail/lane_vectors.hpp"

namespace lockstep::LOCKSTEP_ISA {

/// Lane types of one pass: eight members, or the ninth.
struct Wide {
  static constexpr int kCount = 8;
  using D = VecD;
  using I = VecI;
  using U = VecU;
};
struct Narrow {
  static constexpr int kCount = 1;
  using D = double;
  using I = std::int64_t;
  using U = std::uint64_t;
};

// Part by part: a copy of a whole Vec goes over the stack in 16-byte pieces, which a wider load then has to
// wait for.
template <class T, class From>
LOCKSTEP_INLINE void load_lanes(Vec<T>& lanes, const From* from) {
  LOCKSTEP_UNROLL
  for (int i = 0; i < Vec<T>::kParts; ++i) {
    std::memcpy(&lanes.part[i], reinterpret_cast<const char*>(from) + i * kNativeBytes, kNativeBytes);
  }
}
template <class From>
LOCKSTEP_INLINE void load_lanes(double& lane, const From* from) {
  std::memcpy(&lane, from, sizeof lane);
}
template <class From>
LOCKSTEP_INLINE void load_lanes(std::uint64_t& lane, const From* from) {
  std::memcpy(&lane, from, sizeof lane);
}
template <class V, class T>
LOCKSTEP_INLINE V load(const T* from) {
  V lanes;
  load_lanes(lanes, from);
  return lanes;
}
template <class T, class To>
LOCKSTEP_INLINE void store(To* to, const Vec<T>& lanes) {
  LOCKSTEP_UNROLL
  for (int i = 0; i < Vec<T>::kParts; ++i) {
    std::memcpy(reinterpret_cast<char*>(to) + i * kNativeBytes, &lanes.part[i], kNativeBytes);
  }
}
template <class To>
LOCKSTEP_INLINE void store(To* to, double lane) {
  std::memcpy(to, &lane, sizeof lane);
}
template <class To>
LOCKSTEP_INLINE void store(To* to, std::uint64_t lane) {
  std::memcpy(to, &lane, sizeof lane);
}

#if defined(__AVX512F__)

/// One bit a lane.
using Mask = __mmask8;

LOCKSTEP_INLINE Mask greater(const VecD& a, const VecD& b) {
  return _mm512_cmp_pd_mask((__m512d)a.part[0], (__m512d)b.part[0], _CMP_GT_OQ);
}
LOCKSTEP_INLINE Mask at_or_above(const VecD& a, const VecD& b) {
  return _mm512_cmp_pd_mask((__m512d)a.part[0], (__m512d)b.part[0], _CMP_GE_OQ);
}
LOCKSTEP_INLINE bool is_all(Mask mask) {
  return mask == 0xff;
}
/// Lanes in the mask are taken from `yes`.
LOCKSTEP_INLINE VecD pick(Mask mask, const VecD& yes, const VecD& no) {
  return {{(VecD::Part)_mm512_mask_blend_pd(mask, (__m512d)no.part[0], (__m512d)yes.part[0])}};
}
/// The value in the mask's lanes, +0 in the others.
LOCKSTEP_INLINE VecD only(Mask mask, const VecD& value) {
  return {{(VecD::Part)_mm512_maskz_mov_pd(mask, (__m512d)value.part[0])}};
}
/// at_least() of arithmetic.hpp in one instruction: the second operand unless the first is greater.
LOCKSTEP_INLINE VecD at_least(const VecD& bound, const VecD& value) {
  return {{(VecD::Part)_mm512_maskz_max_pd(0xff, (__m512d)bound.part[0], (__m512d)value.part[0])}};
}
LOCKSTEP_INLINE VecD add_exact_product(const VecD& a, const VecD& b, const VecD& c) {
  return {{(VecD::Part)_mm512_fmadd_pd((__m512d)a.part[0], (__m512d)b.part[0], (__m512d)c.part[0])}};
}
LOCKSTEP_INLINE VecD hundredfold_error(const VecD& x, const VecD& product) {
  return {{(VecD::Part)_mm512_fmsub_pd((__m512d)x.part[0], _mm512_set1_pd(100.0), (__m512d)product.part[0])}};
}
/// from[index[lane]], all within from[0..15].
LOCKSTEP_INLINE VecU look_up(const std::uint64_t* from, const std::int64_t* index) {
  const __m512i low = _mm512_loadu_si512(from);
  const __m512i high = _mm512_loadu_si512(from + 8);
  return {{(VecU::Part)_mm512_permutex2var_epi64(low, _mm512_loadu_si512(index), high)}};
}

#else

/// All bits of a lane, or none.
using Mask = VecI;

LOCKSTEP_INLINE Mask greater(const VecD& a, const VecD& b) {
  return a > b;
}
LOCKSTEP_INLINE Mask at_or_above(const VecD& a, const VecD& b) {
  return a >= b;
}
LOCKSTEP_INLINE bool is_all(const Mask& mask) {
  VecI::Part all = mask.part[0];
  for (int i = 1; i < VecI::kParts; ++i) all &= mask.part[i];
  std::int64_t every = -1;
  for (int lane = 0; lane < 8 / VecI::kParts; ++lane) every &= all[lane];
  return every == -1;
}
LOCKSTEP_INLINE VecD pick(const Mask& mask, const VecD& yes, const VecD& no) {
  return select(mask, yes, no);
}
LOCKSTEP_INLINE VecD only(const Mask& mask, const VecD& value) {
  VecD result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecD::kParts; ++i)
    result.part[i] = (VecD::Part)(mask.part[i] & (VecI::Part)value.part[i]);
  return result;
}
LOCKSTEP_INLINE VecD at_least(const VecD& bound, const VecD& value) {
  VecD result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecD::kParts; ++i) {
#if defined(__AVX2__)
    result.part[i] = (VecD::Part)_mm256_max_pd((__m256d)bound.part[i], (__m256d)value.part[i]);
#elif defined(__SSE2__)
    result.part[i] = (VecD::Part)_mm_max_pd((__m128d)bound.part[i], (__m128d)value.part[i]);
#else
    result.part[i] = bound.part[i] > value.part[i] ? bound.part[i] : value.part[i];
#endif
  }
  return result;
}
LOCKSTEP_INLINE VecU look_up(const std::uint64_t* from, const std::int64_t* index) {
  VecU result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecU::kParts; ++i) {
    // A vector at once: lane by lane the compiler would go through memory.
#if defined(__AVX2__)
    const std::int64_t* at = index + 4 * i;
    result.part[i] = VecU::Part{from[at[0]], from[at[1]], from[at[2]], from[at[3]]};
#else
    const std::int64_t* at = index + 2 * i;
    result.part[i] = VecU::Part{from[at[0]], from[at[1]]};
#endif
  }
  return result;
}

#endif

/// The sums of six lanes of each, left to right.
struct TwoSums {
  double first, second;
};
LOCKSTEP_INLINE TwoSums sums_of_six(const VecD& first, const VecD& second) {
#if defined(__AVX512F__)
  // Side by side: lane by lane, the pair of both.
  const __m512d even = _mm512_maskz_unpacklo_pd(0xff, (__m512d)first.part[0], (__m512d)second.part[0]);
  const __m512d odd = _mm512_maskz_unpackhi_pd(0xff, (__m512d)first.part[0], (__m512d)second.part[0]);
  const auto sums = __builtin_shufflevector(even, even, 0, 1) + __builtin_shufflevector(odd, odd, 0, 1) +
                    __builtin_shufflevector(even, even, 2, 3) + __builtin_shufflevector(odd, odd, 2, 3) +
                    __builtin_shufflevector(even, even, 4, 5) + __builtin_shufflevector(odd, odd, 4, 5);
  return {sums[0], sums[1]};
#else
  TwoSums sums{first[0], second[0]};
  for (int lane = 1; lane < 6; ++lane) {
    sums.first += first[lane];
    sums.second += second[lane];
  }
  return sums;
#endif
}

/// Six lanes, for the six families. No masked store: what reads a part of it next would wait for the cache.
LOCKSTEP_INLINE void store_families(double* to, const VecD& lanes) {
#if defined(__AVX512F__)
  const auto& all = lanes.part[0];
  const auto low = __builtin_shufflevector(all, all, 0, 1, 2, 3);
  const auto high = __builtin_shufflevector(all, all, 4, 5);
  std::memcpy(to, &low, sizeof low);
  std::memcpy(to + 4, &high, sizeof high);
#else
  constexpr int kLanes = 8 / VecD::kParts;
  LOCKSTEP_UNROLL
  for (int lane = 0; lane < 6; lane += kLanes) {
    std::memcpy(to + lane, &lanes.part[lane / kLanes],
                static_cast<std::size_t>(lane + kLanes > 6 ? 6 - lane : kLanes) * 8);
  }
#endif
}

}  // namespace lockstep::LOCKSTEP_ISA
