// Eight lanes at once, or one: the few primitives that differ between a CPU's vector widths. Everything above them is
// written once, over a lane type that is a vector of eight or a plain scalar (also what a GPU thread uses), so that every
// width computes the same bits: each lane is one IEEE operation after another, in the written order.
//
// Included only by sources that are compiled once per instruction set, into the namespace LOCKSTEP_ISA: nothing here may
// be shared between them, or the linker could pick a copy that the CPU cannot run.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace lockstep::LOCKSTEP_ISA {

typedef double VecD __attribute__((vector_size(64)));
typedef std::int64_t VecI __attribute__((vector_size(64)));
typedef std::uint64_t VecU __attribute__((vector_size(64)));

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
inline V load(const T* from) {
  V lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
template <class V, class T>
inline void store(T* to, const V& lanes) {
  std::memcpy(to, &lanes, sizeof lanes);
}

inline VecD to_double(const VecI& lanes) { return __builtin_convertvector(lanes, VecD); }
inline double to_double(std::int64_t value) { return static_cast<double>(value); }


// One bit a lane, lane 0 lowest.
inline unsigned bits_greater(double a, double b) { return a > b; }
inline unsigned bits_greater(std::int64_t a, std::int64_t b) { return a > b; }

#if defined(__AVX512F__)
inline unsigned bits_greater(const VecD& a, const VecD& b) {
  return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_GT_OQ);
}
inline unsigned bits_greater(const VecI& a, const VecI& b) {
  return _mm512_cmpgt_epi64_mask((__m512i)a, (__m512i)b);
}
/// Lanes whose bit is set are taken from `yes`.
inline VecD pick(unsigned bits, const VecD& yes, const VecD& no) {
  return (VecD)_mm512_mask_blend_pd(static_cast<__mmask8>(bits), (__m512d)no, (__m512d)yes);
}
#else
inline unsigned bits_of(const VecI& mask) {
#if defined(__AVX2__)
  __m256d half[2];
  std::memcpy(half, &mask, sizeof mask);
  return static_cast<unsigned>(_mm256_movemask_pd(half[0]) | _mm256_movemask_pd(half[1]) << 4);
#elif defined(__SSE2__)
  __m128d part[4];
  std::memcpy(part, &mask, sizeof mask);
  return static_cast<unsigned>(_mm_movemask_pd(part[0]) | _mm_movemask_pd(part[1]) << 2 | _mm_movemask_pd(part[2]) << 4 |
                               _mm_movemask_pd(part[3]) << 6);
#else
  unsigned bits = 0;
  for (int lane = 0; lane < 8; ++lane) bits |= static_cast<unsigned>(mask[lane] & 1) << lane;
  return bits;
#endif
}
inline unsigned bits_greater(const VecD& a, const VecD& b) { return bits_of(a > b); }
#if defined(__AVX2__) || !defined(__SSE2__)
inline unsigned bits_greater(const VecI& a, const VecI& b) { return bits_of(a > b); }
#else
/// SSE2 has no 64-bit compare; eight scalar ones are faster than emulating it.
inline unsigned bits_greater(const VecI& a, const VecI& b) {
  unsigned bits = 0;
  for (int lane = 0; lane < 8; ++lane) bits |= static_cast<unsigned>(a[lane] > b[lane]) << lane;
  return bits;
}
#endif
/// Lanes whose bit is set are taken from `yes`.
inline VecD pick(unsigned bits, const VecD& yes, const VecD& no) {
  const VecI lane_bit = {1, 2, 4, 8, 16, 32, 64, 128};
  const VecI all = VecI{} + static_cast<std::int64_t>(bits);
  return ((all & lane_bit) == lane_bit) ? yes : no;
}
#endif

/// Values at `from[index[lane]]`, all within from[0..15]; `index` as eight int64.
#if defined(__AVX512F__)
inline VecU look_up(const std::uint64_t* from, const std::int64_t* index) {
  const __m512i low = _mm512_loadu_si512(from);
  const __m512i high = _mm512_loadu_si512(from + 8);
  return (VecU)_mm512_permutex2var_epi64(low, _mm512_loadu_si512(index), high);
}
#else
inline VecU look_up(const std::uint64_t* from, const std::int64_t* index) {
  return VecU{from[index[0]], from[index[1]], from[index[2]], from[index[3]],
              from[index[4]], from[index[5]], from[index[6]], from[index[7]]};
}
#endif

}  // namespace lockstep::LOCKSTEP_ISA
