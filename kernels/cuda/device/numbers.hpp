// The numbers of a GPU thread: doubles whose every operation is rounded by itself, whatever switches the
// compiler was given, and integers of fixed width. The same source compiles for the device by nvcc and NVRTC
// (which has no standard headers), and for the host, where tests run the kernels.
#pragma once

#ifndef LOCKSTEP_ISA
#define LOCKSTEP_ISA cuda
#endif
#include "incremental/arithmetic.hpp"

#ifdef __CUDACC__
#define LOCKSTEP_DEVICE __device__ __forceinline__
#define LOCKSTEP_UNROLLED _Pragma("unroll")
#else
#define LOCKSTEP_DEVICE inline
#define LOCKSTEP_UNROLLED
#endif

namespace lockstep::cuda {

using I8 = signed char;
using I32 = int;
using I64 = long long;
using U8 = unsigned char;
using U32 = unsigned int;
using U64 = unsigned long long;
static_assert(sizeof(I32) == 4 && sizeof(I64) == 8);

/// A double in the arithmetic of spec.md: one IEEE operation after another, nothing fused. On the device its
/// operators are the explicitly rounded intrinsics, on the host plain ones under -ffp-contract=off.
struct F64 {
  double value;

  F64() = default;
  LOCKSTEP_HD constexpr F64(double plain) : value(plain) {}  // NOLINT: arithmetic.hpp mixes both
};

LOCKSTEP_HD F64 operator+(F64 a, F64 b) {
#ifdef __CUDA_ARCH__
  return __dadd_rn(a.value, b.value);
#else
  return a.value + b.value;
#endif
}
LOCKSTEP_HD F64 operator-(F64 a, F64 b) {
#ifdef __CUDA_ARCH__
  return __dsub_rn(a.value, b.value);
#else
  return a.value - b.value;
#endif
}
LOCKSTEP_HD F64 operator*(F64 a, F64 b) {
#ifdef __CUDA_ARCH__
  return __dmul_rn(a.value, b.value);
#else
  return a.value * b.value;
#endif
}
LOCKSTEP_HD F64 operator/(F64 a, F64 b) {
#ifdef __CUDA_ARCH__
  return __ddiv_rn(a.value, b.value);
#else
  return a.value / b.value;
#endif
}
LOCKSTEP_HD F64 operator-(F64 a) {
  return -a.value;
}
LOCKSTEP_HD bool operator>(F64 a, F64 b) {
  return a.value > b.value;
}
LOCKSTEP_HD bool operator<(F64 a, F64 b) {
  return a.value < b.value;
}
LOCKSTEP_HD bool operator>=(F64 a, F64 b) {
  return a.value >= b.value;
}
LOCKSTEP_HD bool operator<=(F64 a, F64 b) {
  return a.value <= b.value;
}

// What arithmetic.hpp asks of a number.
LOCKSTEP_HD F64 select(bool condition, F64 yes, F64 no) {
  return condition ? yes : no;
}
LOCKSTEP_HD F64 at_least(F64 bound, F64 value) {
  return bound > value ? bound : value;
}
LOCKSTEP_HD F64 absolute(F64 number) {
#ifdef __CUDA_ARCH__
  return fabs(number.value);
#else
  return __builtin_fabs(number.value);
#endif
}

/// A whole number as a double, rounded to the nearest where it has more than 53 bits.
LOCKSTEP_HD F64 to_double(I64 whole) {
#ifdef __CUDA_ARCH__
  return __ll2double_rn(whole);
#else
  return static_cast<double>(whole);
#endif
}

LOCKSTEP_HD U64 bits_of(double number) {
#ifdef __CUDA_ARCH__
  return static_cast<U64>(__double_as_longlong(number));
#else
  U64 bits;
  __builtin_memcpy(&bits, &number, sizeof bits);
  return bits;
#endif
}
LOCKSTEP_HD double from_bits(U64 bits) {
#ifdef __CUDA_ARCH__
  return __longlong_as_double(static_cast<I64>(bits));
#else
  double number;
  __builtin_memcpy(&number, &bits, sizeof number);
  return number;
#endif
}

/// kUndefined of incremental/bar.hpp.
LOCKSTEP_HD double undefined() {
  return from_bits(0x7ff8000000000000u);
}
/// Not infinite, not undefined.
LOCKSTEP_HD bool is_finite(F64 number) {
  return absolute(number).value < from_bits(0x7ff0000000000000u);
}

}  // namespace lockstep::cuda
