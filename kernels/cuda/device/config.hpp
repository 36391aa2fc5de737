// Where a kernel takes the constants of a configuration from: the plan, or the code itself.
#pragma once

#include "kernels/cuda/device/layout.hpp"

namespace lockstep::cuda {

/// Any configuration: everything from the plan.
struct AnyConfig {
  static constexpr bool kSteadyOnly = false;
  const DevicePlan& plan;

  LOCKSTEP_HD bool is_enabled(int family) const { return (plan.enabled >> family & 1) != 0; }
  LOCKSTEP_HD bool is_hull() const { return plan.is_hull != 0; }
  LOCKSTEP_HD I64 length(int family, int member) const { return plan.length[family][member]; }
  LOCKSTEP_HD double alpha(int family, int member) const { return plan.alpha[family][member]; }
  LOCKSTEP_HD I64 denominator(int family, int member) const { return plan.denominator[family][member]; }
};

/// Lengths, families and offsets in the code: `kOffsets` are o1 .. o4 as decimal digits (1246 is Medium),
/// `kFamilies` a bit a family. Of Hull the plan still has the parts. Only for launches from
/// DevicePlan::steady_from on: the bars before it are few, and their code is as long again.
template <int kOffsets, int kFamilies, bool kHull, int kEmaLength, int kHmaLength, int kWmaLength,
          int kDemaLength, int kLsmaLength, int kKamaLength>
struct FixedConfig {
  static constexpr bool kSteadyOnly = true;
  static constexpr int kOffsetDigits = kOffsets;
  static constexpr int kFamilyBits = kFamilies;
  const DevicePlan& plan;

  LOCKSTEP_HD static constexpr bool is_enabled(int family) { return (kFamilies >> family & 1) != 0; }
  LOCKSTEP_HD static constexpr bool is_hull() { return kHull; }
  LOCKSTEP_HD static constexpr int base(int family) {
    return family == kEma    ? kEmaLength
           : family == kHma  ? kHmaLength
           : family == kWma  ? kWmaLength
           : family == kDema ? kDemaLength
           : family == kLsma ? kLsmaLength
                             : kKamaLength;
  }
  /// o1 .. o4 for 1 .. 4.
  LOCKSTEP_HD static constexpr int offset(int number) {
    return (number == 1   ? kOffsets / 1000
            : number == 2 ? kOffsets / 100
            : number == 3 ? kOffsets / 10
                          : kOffsets) %
           10;
  }
  LOCKSTEP_HD static constexpr I64 length(int family, int member) {
    return base(family) + (member == 0 ? 0 : member <= 4 ? offset(member) : -offset(member - 4));
  }
  LOCKSTEP_HD static constexpr double alpha(int family, int member) {
    return 2.0 / static_cast<double>(length(family, member) + 1);
  }
  LOCKSTEP_HD I64 denominator(int family, int member) const {
    const I64 bars = length(family, member);
    if (family == kHma) return kHull ? plan.denominator[family][member] : bars;
    return bars * (bars + 1);
  }
};

}  // namespace lockstep::cuda
