// What one thread of the batch kernel has: its place, its registers, the block's shared memory.
#pragma once

#include "kernels/cuda/device/config.hpp"

namespace lockstep::cuda {

/// The rows of a chunk, [row][lane]. Where a phase needs the bar before the chunk, row 0 is that bar.
struct Shared {
  I64 price[kRowsMax][kRow];
  I64 close[kRowsMax + 1][kRow];
  U64 prefix[kRowsMax][kRow];
  U64 second_before[kRowsMax][kRow];  ///< that of the bar before
  U64 change[kRowsMax][kRow];
  double r[kRowsMax][kRow];  ///< the return, grown; 0 up to the cutout
  double signal[kFamilyCount][kRowsMax][kRow];
  double equity[kFamilyCount][kRowsMax][kRow];
  double average[kRowsMax + 1][kRow];
  U8 verdict[kRowsMax + 1][kRow];
};
static_assert(sizeof(Shared) <= 48 * 1024, "static shared memory");

/// What a thread keeps from phase to phase. A family's chains belong to the thread of its warp; what belongs
/// to a series alone, to warp 0.
struct Registers {
  U64 word[2][kMemberCount];
  F64 equity[kMemberCount];
  F64 equity2;
  F64 held;
  F64 signal;
  U32 above, below, positive, negative;
  U64 digest;
  U32 is_refused;
  I64 bars;  ///< of this lane's series
  // Of the series (warp 0 alone).
  U64 prefix, second, change;
  I64 price, close;
  F64 average, average_before;
  U32 verdict, verdict_before;
};

/// The bars of a chunk: first .. first + rows - 1.
struct ChunkRows {
  I64 first;
  I32 rows;
};

template <class Config>
struct Thread {
  const LaunchArgs& args;
  Shared& shared;
  Registers& r;
  I64 group;
  I32 warp;
  I32 lane;

  LOCKSTEP_DEVICE Config config() const { return Config{args.plan}; }
  LOCKSTEP_DEVICE I32 index() const { return warp * kLanes + lane; }
  LOCKSTEP_DEVICE I64 series() const { return group * kLanes + lane; }
  LOCKSTEP_DEVICE GroupState& state() const { return args.state[group]; }
  /// A ring's entry of bar t; bars before 0 have entries that are still 0.
  LOCKSTEP_DEVICE U64& ring(I32 which, I64 t) const {
    const I64 entries = args.ring_mask + 1;
    return args.rings[((group * args.rings_each + which) * entries + (t & args.ring_mask)) * kLanes + lane];
  }
  LOCKSTEP_DEVICE const I64* input(I64 series, I64 t) const {
    return args.input + (series * args.input_bars + (t - args.input_first)) * args.words;
  }
  /// Where bar t of this series is in a column.
  LOCKSTEP_DEVICE I64 row_of(I64 series, I64 t) const {
    return series * args.out_bars + (t - args.out_first);
  }
  LOCKSTEP_DEVICE bool has(I64 t) const { return t < r.bars; }
};

}  // namespace lockstep::cuda
