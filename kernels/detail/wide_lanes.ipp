// What the wide kernels do with lanes beyond incremental/detail/lanes.hpp. Part of wide.ipp.
#pragma once

#include "incremental/detail/lanes.hpp"

#include "incremental/arithmetic.hpp"
#include "kernels/detail/bar_check.hpp"
#include "kernels/detail/wide.hpp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

using detail::BarCheck;
using detail::BatchPlan;
using detail::column_of;
using detail::FamilyPlan;
using detail::kLanes;
using detail::kSideBytes;
using detail::Lane;
using detail::source_price;
using detail::WideGroup;
using detail::WideRows;
using detail::WideState;

constexpr int kEma = 0, kHma = 1, kWma = 2, kDema = 3, kLsma = 4, kKama = 5;

/// Members that are taken through a chunk together: as many chains as the registers hold.
#if defined(__AVX512F__)
constexpr int kTogether = 9;
#else
constexpr int kTogether = 3;
#endif

/// The lanes of row `at`.
LOCKSTEP_INLINE VecD row(const double* rows, std::int64_t at) {
  return load<VecD>(rows + kLanes * at);
}
LOCKSTEP_INLINE VecU row(const std::uint64_t* rows, std::int64_t at) {
  return load<VecU>(rows + kLanes * at);
}
LOCKSTEP_INLINE VecI row(const std::int64_t* rows, std::int64_t at) {
  return load<VecI>(rows + kLanes * at);
}
template <class V, class T>
LOCKSTEP_INLINE void set_row(T* rows, std::int64_t at, const V& lanes) {
  store(rows + kLanes * at, lanes);
}

#if defined(__AVX512F__)

LOCKSTEP_INLINE std::uint8_t bits_of(Mask mask) {
  return mask;
}
LOCKSTEP_INLINE Mask mask_of(std::uint8_t bits) {
  return bits;
}
/// With the other sign in the mask's lanes.
LOCKSTEP_INLINE VecD negated(Mask mask, const VecD& value) {
  const auto lanes = (__m512d)value.part[0];
  return {{(VecD::Part)_mm512_mask_xor_pd(lanes, mask, lanes, _mm512_set1_pd(-0.0))}};
}
LOCKSTEP_INLINE std::uint8_t negative_bits(const VecI& lanes) {
  return _mm512_movepi64_mask((__m512i)lanes.part[0]);
}
LOCKSTEP_INLINE std::uint8_t positive_bits(const VecI& lanes) {
  return _mm512_cmpgt_epi64_mask((__m512i)lanes.part[0], _mm512_setzero_si512());
}

#else

LOCKSTEP_INLINE std::uint8_t bits_of(const VecI& mask) {
  return static_cast<std::uint8_t>(_mm256_movemask_pd((__m256d)mask.part[0]) |
                                   _mm256_movemask_pd((__m256d)mask.part[1]) << 4);
}
LOCKSTEP_INLINE Mask mask_of(std::uint8_t bits) {
  const VecI lane = {{VecI::Part{1, 2, 4, 8}, VecI::Part{16, 32, 64, 128}}};
  return (broadcast(static_cast<std::int64_t>(bits)) & lane) == lane;
}
LOCKSTEP_INLINE VecD negated(const Mask& mask, const VecD& value) {
  VecD result;
  LOCKSTEP_UNROLL
  for (int i = 0; i < VecD::kParts; ++i) {
    result.part[i] = (VecD::Part)((mask.part[i] & INT64_MIN) ^ (VecI::Part)value.part[i]);
  }
  return result;
}
LOCKSTEP_INLINE std::uint8_t negative_bits(const VecI& lanes) {
  return bits_of(lanes);
}
LOCKSTEP_INLINE std::uint8_t positive_bits(const VecI& lanes) {
  return bits_of(lanes > VecI{});
}

#endif

/// any * any modulo 2^64.
LOCKSTEP_INLINE VecU multiply(std::uint64_t factor, const VecU& any) {
#if defined(__AVX512F__)
  return any * factor;
#else
  VecU high = times(broadcast(factor >> 32), any);
  for (auto& part : high.part) part = part << 32;
  return times(broadcast(factor & 0xffffffffu), any) + high;
#endif
}

/// The greater of two; the second where the first is not a number.
LOCKSTEP_INLINE VecD greatest(const VecD& maybe_nan, const VecD& value) {
  return at_least(maybe_nan, value);
}

/// Bars first .. first + count - 1 of a run, the rows where they are, and who wants what.
struct Chunk {
  static constexpr std::int64_t kBarStride = kLanes;  ///< a window's entries from bar to bar
  const BatchPlan& plan;
  const WideRows& rows;
  WideState& state;
  std::int64_t first;
  std::int64_t count;
  std::int64_t head;  ///< the chunk's first row in the windows
  const double* x;    ///< windows, from the chunk's first row on
  const std::uint64_t* prefix;
  const std::uint64_t* second;
  const std::uint64_t* change;
  const std::int64_t* close;
  const double* close_d;
  std::int64_t warm;  ///< bars of the chunk that come before BatchPlan::changes_end
  bool has_members;
};

/// Notes on which side of its average the close is.
template <class C>
LOCKSTEP_INLINE void note_sides(const C& chunk, std::int64_t at, int column, std::uint8_t above,
                                std::uint8_t below) {
  chunk.rows.above[kSideBytes * at + column] = above;
  chunk.rows.below[kSideBytes * at + column] = below;
}

template <class V>
LOCKSTEP_INLINE void note_member(const Chunk& chunk, int family, int member, std::int64_t at,
                                 const V& value) {
  set_row(chunk.rows.member_average[family], member * chunk.rows.chunk + at, value);
}

/// The row whose average, direction and event are published with bar i: its own, or that of the bar before.
LOCKSTEP_INLINE std::int64_t published_row(const Chunk& chunk, std::int64_t i) {
  return chunk.plan.strategy ? i : i + 1;
}

/// Calls body(k) for k = 0 .. kCount - 1, unrolled, so that arrays of chains become registers.
template <int kCount, class Body>
LOCKSTEP_INLINE void each(Body body) {
  LOCKSTEP_UNROLL_MEMBERS
  for (int k = 0; k < kCount; ++k) body(k);
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
