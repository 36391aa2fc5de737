// Eight lanes at once, or one: the few primitives that differ between a CPU's vector widths. Everything above them is
// written once, over a lane type that is a vector of eight or a plain scalar (also what a GPU thread uses), so that every
// width computes the same bits: each lane is one IEEE operation after another, in the written order.
//
// Included only by sources that are compiled once per instruction set, into the namespace LOCKSTEP_ISA: nothing here may
// be shared between them, or the linker could pick a copy that the CPU cannot run.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// The steady path is one straight function: calls between its parts would spill every vector.
#define LOCKSTEP_INLINE [[gnu::always_inline]] inline

namespace lockstep::LOCKSTEP_ISA {

#if defined(__AVX512F__)
inline constexpr int kNativeBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kNativeBytes = 32;
#else
inline constexpr int kNativeBytes = 16;
#endif

/// Eight doubles or 64-bit integers, as 1, 2 or 4 of the CPU's own vectors. Comparisons give lane masks (all bits or none).
template <class T>
struct Vec {
  typedef T Part __attribute__((vector_size(kNativeBytes)));
  static constexpr int kParts = 64 / kNativeBytes;
  Part part[kParts];

  LOCKSTEP_INLINE T operator[](int lane) const {
    constexpr int kLanes = 8 / kParts;
    return part[lane / kLanes][lane % kLanes];
  }
};
using VecD = Vec<double>;
using VecI = Vec<std::int64_t>;
using VecU = Vec<std::uint64_t>;

template <class T>
LOCKSTEP_INLINE Vec<T> broadcast(T value) {
  Vec<T> all;
  for (auto& part : all.part) part = typename Vec<T>::Part{} + value;
  return all;
}

#define LOCKSTEP_LANE_OPERATOR(op)                                                          \
  template <class T>                                                                        \
  LOCKSTEP_INLINE Vec<T> operator op(const Vec<T>& a, const Vec<T>& b) {                    \
    Vec<T> result;                                                                          \
    for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = a.part[i] op b.part[i];       \
    return result;                                                                          \
  }                                                                                         \
  template <class T>                                                                        \
  LOCKSTEP_INLINE Vec<T> operator op(const Vec<T>& a, T b) {                                \
    Vec<T> result;                                                                          \
    for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = a.part[i] op b;               \
    return result;                                                                          \
  }                                                                                         \
  template <class T>                                                                        \
  LOCKSTEP_INLINE Vec<T> operator op(T a, const Vec<T>& b) {                                \
    Vec<T> result;                                                                          \
    for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = a op b.part[i];               \
    return result;                                                                          \
  }
LOCKSTEP_LANE_OPERATOR(+)
LOCKSTEP_LANE_OPERATOR(-)
LOCKSTEP_LANE_OPERATOR(*)
LOCKSTEP_LANE_OPERATOR(/)
#undef LOCKSTEP_LANE_OPERATOR

#define LOCKSTEP_LANE_COMPARISON(op)                                                                    \
  template <class T>                                                                                    \
  LOCKSTEP_INLINE VecI operator op(const Vec<T>& a, const Vec<T>& b) {                                  \
    VecI mask;                                                                                          \
    for (int i = 0; i < VecI::kParts; ++i) mask.part[i] = (typename VecI::Part)(a.part[i] op b.part[i]); \
    return mask;                                                                                        \
  }
LOCKSTEP_LANE_COMPARISON(<)
LOCKSTEP_LANE_COMPARISON(>)
LOCKSTEP_LANE_COMPARISON(>=)
LOCKSTEP_LANE_COMPARISON(==)
#undef LOCKSTEP_LANE_COMPARISON

template <class T>
LOCKSTEP_INLINE Vec<T> operator-(const Vec<T>& a) {
  Vec<T> result;
  for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = -a.part[i];
  return result;
}

/// Lane-wise choice by a mask; the scalar one is in arithmetic.hpp.
template <class T>
LOCKSTEP_INLINE Vec<T> select(const VecI& mask, const Vec<T>& yes, const Vec<T>& no) {
  Vec<T> result;
  for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = mask.part[i] ? yes.part[i] : no.part[i];
  return result;
}

/// The same bits as another kind of integer.
LOCKSTEP_INLINE VecI to_signed(const VecU& lanes) {
  VecI result;
  for (int i = 0; i < VecI::kParts; ++i) result.part[i] = (VecI::Part)lanes.part[i];
  return result;
}
LOCKSTEP_INLINE VecU to_unsigned(const VecI& lanes) {
  VecU result;
  for (int i = 0; i < VecU::kParts; ++i) result.part[i] = (VecU::Part)lanes.part[i];
  return result;
}
LOCKSTEP_INLINE std::int64_t to_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }
LOCKSTEP_INLINE std::uint64_t to_unsigned(std::int64_t value) { return static_cast<std::uint64_t>(value); }

LOCKSTEP_INLINE VecD to_double(const VecI& lanes) {
  VecD result;
  for (int i = 0; i < VecD::kParts; ++i) result.part[i] = __builtin_convertvector(lanes.part[i], VecD::Part);
  return result;
}
LOCKSTEP_INLINE double to_double(std::int64_t value) { return static_cast<double>(value); }

LOCKSTEP_INLINE VecI magnitude(const VecI& lanes) { return select(lanes < VecI{}, -lanes, lanes); }
/// Without a branch: the sign of a price change is a coin toss.
LOCKSTEP_INLINE std::int64_t magnitude(std::int64_t value) {
  const std::int64_t sign = value >> 63;
  return (value ^ sign) - sign;
}

LOCKSTEP_INLINE VecD absolute(const VecD& lanes) {
  VecD result;
  for (int i = 0; i < VecD::kParts; ++i) {
    result.part[i] = (VecD::Part)((VecI::Part)lanes.part[i] & (VecI::Part{} + INT64_MAX));
  }
  return result;
}

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

template <class V, class T>
LOCKSTEP_INLINE V load(const T* from) {
  V lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
template <class V, class T>
LOCKSTEP_INLINE void store(T* to, const V& lanes) {
  std::memcpy(to, &lanes, sizeof lanes);
}

// One bit a lane, lane 0 lowest.
LOCKSTEP_INLINE unsigned bits_greater(double a, double b) { return a > b; }
LOCKSTEP_INLINE unsigned bits_greater(std::int64_t a, std::int64_t b) { return a > b; }

#if defined(__AVX512F__)

LOCKSTEP_INLINE unsigned bits_greater(const VecD& a, const VecD& b) {
  return _mm512_cmp_pd_mask((__m512d)a.part[0], (__m512d)b.part[0], _CMP_GT_OQ);
}
LOCKSTEP_INLINE unsigned bits_greater(const VecI& a, const VecI& b) {
  return _mm512_cmpgt_epi64_mask((__m512i)a.part[0], (__m512i)b.part[0]);
}
/// Lanes whose bit is set are taken from `yes`.
LOCKSTEP_INLINE VecD pick(unsigned bits, const VecD& yes, const VecD& no) {
  return {{(VecD::Part)_mm512_mask_blend_pd(static_cast<__mmask8>(bits), (__m512d)no.part[0], (__m512d)yes.part[0])}};
}
/// at_least() of arithmetic.hpp in one instruction: the second operand unless the first is greater.
LOCKSTEP_INLINE VecD at_least(const VecD& bound, const VecD& value) {
  return {{(VecD::Part)_mm512_maskz_max_pd(0xff, (__m512d)bound.part[0], (__m512d)value.part[0])}};
}
/// from[index[lane]], all within from[0..15].
LOCKSTEP_INLINE VecU look_up(const std::uint64_t* from, const std::int64_t* index) {
  const __m512i low = _mm512_loadu_si512(from);
  const __m512i high = _mm512_loadu_si512(from + 8);
  return {{(VecU::Part)_mm512_permutex2var_epi64(low, _mm512_loadu_si512(index), high)}};
}

#else

LOCKSTEP_INLINE unsigned bits_of(const VecI& mask) {
  unsigned bits = 0;
  for (int i = 0; i < VecI::kParts; ++i) {
#if defined(__AVX2__)
    bits |= static_cast<unsigned>(_mm256_movemask_pd((__m256d)mask.part[i])) << (4 * i);
#elif defined(__SSE2__)
    bits |= static_cast<unsigned>(_mm_movemask_pd((__m128d)mask.part[i])) << (2 * i);
#else
    bits |= static_cast<unsigned>((mask.part[i][0] & 1) | (mask.part[i][1] & 2)) << (2 * i);
#endif
  }
  return bits;
}
LOCKSTEP_INLINE unsigned bits_greater(const VecD& a, const VecD& b) { return bits_of(a > b); }
#if defined(__AVX2__) || !defined(__SSE2__)
LOCKSTEP_INLINE unsigned bits_greater(const VecI& a, const VecI& b) { return bits_of(a > b); }
#else
/// SSE2 has no 64-bit compare; eight scalar ones are faster than emulating it.
LOCKSTEP_INLINE unsigned bits_greater(const VecI& a, const VecI& b) {
  unsigned bits = 0;
  for (int lane = 0; lane < 8; ++lane) bits |= static_cast<unsigned>(a[lane] > b[lane]) << lane;
  return bits;
}
#endif

/// Lane masks for two bits: what SSE2 and NEON cannot make by a 64-bit compare.
inline constexpr std::int64_t kMaskOfTwoBits[4][2] = {{0, 0}, {-1, 0}, {0, -1}, {-1, -1}};

LOCKSTEP_INLINE VecI mask_of(unsigned bits) {
  VecI mask;
#if defined(__AVX2__)
  const VecI::Part lane_bit = {1, 2, 4, 8};
  for (int i = 0; i < VecI::kParts; ++i) {
    const VecI::Part all = VecI::Part{} + static_cast<std::int64_t>(bits >> (4 * i));
    mask.part[i] = (VecI::Part)((all & lane_bit) == lane_bit);
  }
#else
  for (int i = 0; i < VecI::kParts; ++i) std::memcpy(&mask.part[i], kMaskOfTwoBits[bits >> (2 * i) & 3], 16);
#endif
  return mask;
}
LOCKSTEP_INLINE VecD pick(unsigned bits, const VecD& yes, const VecD& no) { return select(mask_of(bits), yes, no); }

LOCKSTEP_INLINE VecD at_least(const VecD& bound, const VecD& value) {
  VecD result;
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
  constexpr int kLanes = 8 / VecU::kParts;
  for (int i = 0; i < VecU::kParts; ++i) {
    for (int lane = 0; lane < kLanes; ++lane) result.part[i][lane] = from[index[i * kLanes + lane]];
  }
  return result;
}

#endif

/// Six lanes, for the six families.
LOCKSTEP_INLINE void store_families(double* to, const VecD& lanes) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_pd(to, 0x3f, (__m512d)lanes.part[0]);
#else
  std::memcpy(to, &lanes, 6 * sizeof(double));
#endif
}

}  // namespace lockstep::LOCKSTEP_ISA
