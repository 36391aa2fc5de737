// What host and device exchange: the plan of a configuration, the state of a group of series between
// launches, and the arguments of a launch. Plain data of the same size on both sides.
#pragma once

#include "kernels/cuda/device/numbers.hpp"

namespace lockstep::cuda {

inline constexpr int kFamilyCount = 6;
inline constexpr int kMemberCount = 9;
inline constexpr int kMemberColumns = kFamilyCount * kMemberCount;
/// Series side by side: the threads of a warp.
inline constexpr int kLanes = 32;
/// A warp a family; in the other phases they share the rows of a chunk.
inline constexpr int kWarps = kFamilyCount;
inline constexpr int kThreads = kWarps * kLanes;
/// Bars that pass through shared memory together, at most.
inline constexpr int kRowsMax = 8;
/// A row of shared memory: one more than the lanes, so that reading along time meets other banks.
inline constexpr int kRow = kLanes + 1;
/// As incremental/detail/digest_numbers.hpp has it; group_end.cpp holds both against each other.
inline constexpr U64 kDigestFactor = 0x9e3779b1u;
inline constexpr int kEma = 0, kHma = 1, kWma = 2, kDema = 3, kLsma = 4, kKama = 5;

/// BatchPlan, as far as a kernel needs it.
struct DevicePlan {
  I64 denominator[kFamilyCount][kMemberCount];
  double alpha[kFamilyCount][kMemberCount];
  I32 length[kFamilyCount][kMemberCount];
  I32 first[kFamilyCount][kMemberCount];  ///< first bar with a defined average
  double start_equity2[kFamilyCount];
  I64 hull_half_factor[kMemberCount];
  I64 hull_full_factor[kMemberCount];
  I32 hull_half[kMemberCount];
  I32 hull_root[kMemberCount];
  I64 divisor;  ///< k of the source
  I64 cutout;
  I64 steady_from;  ///< from this bar on every member and equity is in its steady recurrence
  double keep;
  double long_threshold;
  double short_threshold;
  U32 enabled;  ///< a bit a family
  I32 is_hull;
  I32 kama_from_price;
  I32 strategy;
  I32 source_is_close;
};

/// One family of 32 series. Zero at the start.
struct FamilyState {
  /// What the averages remember. First word: the bits of EMA, DEMA's first, KAMA; Hull's sum of raw values.
  /// Second: the bits of DEMA's second (while it warms up, the sum that seeds it); Hull's weighted sum.
  U64 word[2][kMemberCount][kLanes];
  double equity[kMemberCount][kLanes];
  double equity2[kLanes];
  double held[kLanes];
  double signal[kLanes];  ///< F of the last bar, 0 before the cutout
  U32 above[kLanes];      ///< a bit a member
  U32 below[kLanes];
  U32 positive[kLanes];
  U32 negative[kLanes];
  U64 digest[kLanes];
  U32 is_refused[kLanes];  ///< a number that must be finite was not: the series' results are worthless
};

/// 32 series after the bars so far; of a series that has ended, after its last one. Zero at the start.
struct GroupState {
  FamilyState family[kFamilyCount];
  U64 prefix[kLanes];  ///< sum of all p, modulo 2^64
  U64 second[kLanes];  ///< sum of these
  U64 change[kLanes];  ///< sum of all |p_t - p_{t-1}|
  I64 price[kLanes];
  I64 close[kLanes];
  double average[kLanes];  ///< before the strategy shift; of the last bar and the one before it
  double average_before[kLanes];
  U32 verdict[kLanes];
  U32 verdict_before[kLanes];
};

/// Rings of a group, [ring][bar & mask][lane]: sums and prices of the last bars.
enum Ring { kRingPrefix, kRingSecond, kRingChange, kRingPrice, kRings };
/// More of them with Hull: the raw values of each member.
inline constexpr int kRingsWithHull = kRings + kMemberCount;

/// Direction + 1 in two bits, the event in the next two.
inline constexpr U32 kVerdictNone = 1;

/// One launch: bars first .. first + count - 1 of every series of some groups.
struct LaunchArgs {
  DevicePlan plan;
  const double* growth;  ///< by bars since the cutout
  const I64* bars;       ///< [series]: how many it has; the first of a group has most
  const I64* input;      ///< [series][input_bars][words]: (time, open, high, low,) close (, price)
  GroupState* state;     ///< [groups]
  U64* rings;            ///< [groups][rings][ring_mask + 1][kLanes]
  // Columns [series][out_bars]; null where nobody wants them.
  double* average;
  double* signal[kFamilyCount];
  double* equity[kFamilyCount];
  U8* verdict;
  // [kMemberColumns][series][out_bars].
  double* member_average;  ///< ticks; of windowed families the bits of the numerator
  double* member_equity;
  I8* member_signal;
  I64 first;
  I64 count;
  I64 input_first;  ///< the bar of the input's first row
  I64 input_bars;
  I64 out_first;  ///< the bar of the columns' first row; bars before it are not written
  I64 out_bars;
  I64 series;  ///< in a member column
  I64 ring_mask;
  I32 rings_each;
  I32 rows;  ///< 1 .. kRowsMax bars a chunk
  I32 words;
  I32 has_digest;  ///< the input has times and all prices
};
static_assert(sizeof(LaunchArgs) <= 4096, "kernel arguments");

}  // namespace lockstep::cuda
