// Eight lanes at once, or one: the few primitives that differ between a CPU's vector widths. Everything above
// them is written once, over a lane type that is a vector of eight or a plain scalar (also what a GPU thread
// uses), so that every width computes the same bits: each lane is one IEEE operation after another, in the
// written order.
//
// Included only by sources that are compiled once per instruction set, into the namespace LOCKSTEP_ISA:
// nothing here may be shared between them, or the linker could pick a copy that the CPU cannot run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/// The steady path is one straight function: calls between its parts would spill every vector.
#define LOCKSTEP_INLINE [[gnu::always_inline]] inline

/// Early, so that the parts of a Vec become registers before anything else is decided.
#if defined(__clang__)
#define LOCKSTEP_UNROLL _Pragma("unroll")
#define LOCKSTEP_UNROLL_MEMBERS _Pragma("unroll")
#else
#define LOCKSTEP_UNROLL _Pragma("GCC unroll 4")
#define LOCKSTEP_UNROLL_MEMBERS _Pragma("GCC unroll 9")
#endif

namespace lockstep::LOCKSTEP_ISA {

#if defined(__AVX512F__)
inline constexpr int kNativeBytes = 64;
#elif defined(__AVX2__)
inline constexpr int kNativeBytes = 32;
#else
inline constexpr int kNativeBytes = 16;
#endif

/// Eight doubles or 64-bit integers, as 1, 2 or 4 of the CPU's own vectors. Comparisons give lane masks (all
/// bits or none).
template <class T>
struct Vec {
  typedef T Part __attribute__((vector_size(kNativeBytes)));
  static constexpr int kParts = 64 / kNativeBytes;
  Part part[kParts];

  LOCKSTEP_INLINE T operator[](int lane) const {
    constexpr int kLanes = kNativeBytes / static_cast<int>(sizeof(T));
    return part[lane / kLanes][lane % kLanes];
  }
};
using VecD = Vec<double>;
using VecI = Vec<std::int64_t>;
using VecU = Vec<std::uint64_t>;

template <class T>
LOCKSTEP_INLINE Vec<T> broadcast(T value) {
  Vec<T> all;
  LOCKSTEP_UNROLL
  for (int i = 0; i < Vec<T>::kParts; ++i) all.part[i] = typename Vec<T>::Part{} + value;
  return all;
}

#define LOCKSTEP_LANE_OPERATOR(op)                                                                    \
  template <class T>                                                                                  \
  LOCKSTEP_INLINE Vec<T> operator op(const Vec<T>& a, const Vec<T>& b) {                              \
    Vec<T> result;                                                                                    \
    LOCKSTEP_UNROLL for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = a.part[i] op b.part[i]; \
    return result;                                                                                    \
  }                                                                                                   \
  template <class T>                                                                                  \
  LOCKSTEP_INLINE Vec<T> operator op(const Vec<T>& a, T b) {                                          \
    Vec<T> result;                                                                                    \
    LOCKSTEP_UNROLL for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = a.part[i] op b;         \
    return result;                                                                                    \
  }                                                                                                   \
  template <class T>                                                                                  \
  LOCKSTEP_INLINE Vec<T> operator op(T a, const Vec<T>& b) {                                          \
    Vec<T> result;                                                                                    \
    LOCKSTEP_UNROLL for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = a op b.part[i];         \
    return result;                                                                                    \
  }
LOCKSTEP_LANE_OPERATOR(+)
LOCKSTEP_LANE_OPERATOR(-)
LOCKSTEP_LANE_OPERATOR(*)
LOCKSTEP_LANE_OPERATOR(/)
LOCKSTEP_LANE_OPERATOR(&)
LOCKSTEP_LANE_OPERATOR(|)
LOCKSTEP_LANE_OPERATOR(^)
LOCKSTEP_LANE_OPERATOR(>>)
LOCKSTEP_LANE_OPERATOR(<<)
#undef LOCKSTEP_LANE_OPERATOR

#define LOCKSTEP_LANE_COMPARISON(op)                                      \
  template <class T>                                                      \
  LOCKSTEP_INLINE VecI operator op(const Vec<T>& a, const Vec<T>& b) {    \
    VecI mask;                                                            \
    LOCKSTEP_UNROLL for (int i = 0; i < VecI::kParts; ++i) mask.part[i] = \
        (typename VecI::Part)(a.part[i] op b.part[i]);                    \
    return mask;                                                          \
  }
LOCKSTEP_LANE_COMPARISON(<)
LOCKSTEP_LANE_COMPARISON(>)
LOCKSTEP_LANE_COMPARISON(>=)
LOCKSTEP_LANE_COMPARISON(==)
#undef LOCKSTEP_LANE_COMPARISON

template <class T>
LOCKSTEP_INLINE Vec<T> operator-(const Vec<T>& a) {
  Vec<T> result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < Vec<T>::kParts; ++i) result.part[i] = -a.part[i];
  return result;
}

/// The bits of `a` that are not in `b`.
LOCKSTEP_INLINE VecU without(const VecU& a, const VecU& b) {
  VecU result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecU::kParts; ++i) result.part[i] = a.part[i] & ~b.part[i];
  return result;
}

/// Lane-wise choice by a mask; the scalar one is in arithmetic.hpp.
template <class T>
LOCKSTEP_INLINE Vec<T> select(const VecI& mask, const Vec<T>& yes, const Vec<T>& no) {
  Vec<T> result;
  using Part [[maybe_unused]] = typename Vec<T>::Part;
  LOCKSTEP_UNROLL
  for (int i = 0; i < Vec<T>::kParts; ++i) {
#if defined(__AVX512F__)
    result.part[i] = mask.part[i] ? yes.part[i] : no.part[i];
#elif defined(__AVX2__)
    result.part[i] = (Part)_mm256_blendv_pd((__m256d)no.part[i], (__m256d)yes.part[i], (__m256d)mask.part[i]);
#else
    // Not `mask ? yes : no`: the compiler would compare the mask with 0 first, without an instruction for it.
    result.part[i] =
        (Part)((mask.part[i] & (VecI::Part)yes.part[i]) | (~mask.part[i] & (VecI::Part)no.part[i]));
#endif
  }
  return result;
}

/// The same bits as another kind of integer.
LOCKSTEP_INLINE VecI to_signed(const VecU& lanes) {
  VecI result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecI::kParts; ++i) result.part[i] = (VecI::Part)lanes.part[i];
  return result;
}
LOCKSTEP_INLINE VecU to_unsigned(const VecI& lanes) {
  VecU result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecU::kParts; ++i) result.part[i] = (VecU::Part)lanes.part[i];
  return result;
}
LOCKSTEP_INLINE std::int64_t to_signed(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
LOCKSTEP_INLINE std::uint64_t to_unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

/// Whole numbers >= 0 as doubles, rounded once.
LOCKSTEP_INLINE VecD to_double(const VecI& lanes) {
  VecD result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecD::kParts; ++i) {
#if defined(__AVX512DQ__)
    result.part[i] = __builtin_convertvector(lanes.part[i], VecD::Part);
#else
    // Each half becomes low bits of a power of two's significand, exactly; only their sum rounds.
    const auto whole = (VecU::Part)lanes.part[i];
    const auto high = (VecD::Part)((whole >> 32) | 0x4530000000000000u);         // 2^84 + high half * 2^32
    const auto low = (VecD::Part)((whole & 0xffffffffu) | 0x4330000000000000u);  // 2^52 + low half
    result.part[i] = (high - (0x1p84 + 0x1p52)) + low;
#endif
  }
  return result;
}
LOCKSTEP_INLINE double to_double(std::int64_t value) {
  return static_cast<double>(value);
}

LOCKSTEP_INLINE VecI magnitude(const VecI& lanes) {
  VecI result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecI::kParts; ++i) {
#if defined(__AVX512F__)
    result.part[i] = (VecI::Part)_mm512_maskz_abs_epi64(0xff, (__m512i)lanes.part[i]);
#else
#if defined(__SSE2__) && !defined(__AVX2__)
    // SSE2 has no 64-bit compare or arithmetic shift: the upper halves' signs, in both halves.
    const auto signs = (VecI::Part)_mm_shuffle_epi32(_mm_srai_epi32((__m128i)lanes.part[i], 31), 0xf5);
#else
    const auto signs = (VecI::Part)(lanes.part[i] < 0);
#endif
    result.part[i] = (lanes.part[i] ^ signs) - signs;
#endif
  }
  return result;
}
/// Without a branch: the sign of a price change is a coin toss.
LOCKSTEP_INLINE std::int64_t magnitude(std::int64_t value) {
  const std::int64_t sign = value >> 63;
  return (value ^ sign) - sign;
}

/// small * any modulo 2^64, for small < 2^32: two 32-bit products where a CPU has no 64-bit one.
LOCKSTEP_INLINE VecU times(const VecU& small, const VecU& any) {
  VecU result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecU::kParts; ++i) {
#if defined(__AVX2__) && !defined(__AVX512DQ__)
    const auto low = (VecU::Part)_mm256_mul_epu32((__m256i)small.part[i], (__m256i)any.part[i]);
    const auto high = (VecU::Part)_mm256_mul_epu32((__m256i)small.part[i], (__m256i)(any.part[i] >> 32));
    result.part[i] = low + (high << 32);
#elif defined(__SSE2__) && !defined(__AVX2__)
    const auto low = (VecU::Part)_mm_mul_epu32((__m128i)small.part[i], (__m128i)any.part[i]);
    const auto high = (VecU::Part)_mm_mul_epu32((__m128i)small.part[i], (__m128i)(any.part[i] >> 32));
    result.part[i] = low + (high << 32);
#else
    result.part[i] = small.part[i] * any.part[i];
#endif
  }
  return result;
}
LOCKSTEP_INLINE VecU times(const VecU& small, std::uint64_t any) {
  return times(small, broadcast(any));
}
LOCKSTEP_INLINE std::uint64_t times(std::uint64_t small, std::uint64_t any) {
  return small * any;
}

LOCKSTEP_INLINE VecD absolute(const VecD& lanes) {
  VecD result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecD::kParts; ++i) {
    result.part[i] = (VecD::Part)((VecI::Part)lanes.part[i] & (VecI::Part{} + INT64_MAX));
  }
  return result;
}

}  // namespace lockstep::LOCKSTEP_ISA
