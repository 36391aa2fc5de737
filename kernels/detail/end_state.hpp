// A state from what a batch kernel holds at the end of a series. With plan.cpp the only place that knows how
// incremental/ lays out a state.
#pragma once

#include <cstdint>

#include "incremental/state.hpp"
#include "kernels/detail/plan.hpp"

namespace lockstep::detail {

/// One series after its last bar. What a configuration does not use may hold anything.
struct SeriesEnd {
  std::int64_t bars;  ///< >= 1
  std::int64_t ts_last_ms;
  std::int64_t price;  ///< p of the last bar
  std::int64_t close;  ///< c of the last bar, in the source's unit
  RunningDigest digest;
  Outputs last;  ///< as published with the last bar; its signals and equities are below

  double ema[kMembers];
  double dema_first[kMembers];
  double dema_second[kMembers];  ///< while it warms up, the sum that seeds it
  double kama[kMembers];
  std::uint64_t wma_w[kMembers];
  std::uint64_t lsma_w[kMembers];
  std::uint64_t noise[kMembers];
  /// Sums of all p up to a bar, modulo 2^64: prefix[-stride * k] is that of k bars before the last one, 0
  /// before bar 0. As many as BatchPlan::history can be read.
  const std::uint64_t* prefix;
  std::int64_t stride;
  struct {
    std::uint64_t half_w[kMembers];
    std::uint64_t full_w[kMembers];
    std::uint64_t raw_sum[kMembers];
    std::uint64_t raw_w[kMembers];
    /// As prefix, for the raw values of a member; HullPlan::root_max + 1 of them.
    const std::uint64_t* raw[kMembers];
  } hull;

  // One byte a member: 1 or 0.
  std::uint8_t above[kFamilies][kMembers];
  std::uint8_t below[kFamilies][kMembers];
  std::uint8_t positive[kFamilies][kMembers];
  std::uint8_t negative[kFamilies][kMembers];

  // Only where the cutout is reached (bars > BatchPlan::cutout).
  double equity[kFamilies][kMembers];
  double equity2[kFamilies];
  double held[kFamilies];
  double signal[kFamilies];
  double idle_equity;  ///< of a chain that starts with 1 and has no signal
  // Before the strategy shift.
  double average;
  std::int64_t direction;
  TradeEvent event;
};

/// What a state holds after its last bar (at least one); prefix and hull are left out.
SeriesEnd end_of(const AtcState& state);

/// Makes `state` the one that has committed these bars, to the byte.
void set_state(const BatchPlan& plan, const SeriesEnd& end, AtcState& state);

}  // namespace lockstep::detail
