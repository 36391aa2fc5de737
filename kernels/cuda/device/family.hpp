// One family of one series through a chunk, all in registers: averages, signals, the nine equities, the
// family's signal and its equity of layer 2.
#pragma once

#include "kernels/cuda/device/averages.hpp"

namespace lockstep::cuda {

template <class Config, int kFamily, bool kSteady>
struct Family {
  const Thread<Config>& thread;

  LOCKSTEP_DEVICE const DevicePlan& plan() const { return thread.args.plan; }

  /// Members whose average is defined at bar t.
  LOCKSTEP_DEVICE U32 defined(I64 t) const {
    U32 bits = 0;
    LOCKSTEP_UNROLLED
    for (I32 j = 0; j < kMemberCount; ++j) bits |= static_cast<U32>(t >= plan().first[kFamily][j]) << j;
    return bits;
  }

  /// A cross needs the bar before to have a defined average on the other side, or on it.
  LOCKSTEP_DEVICE void follow(I64 t, SideBits sides) const {
    Registers& r = thread.r;
    U32 up = sides.above & ~r.above;
    U32 down = sides.below & ~r.below;
    if constexpr (!kSteady) {
      const U32 now = defined(t);
      const U32 both = now & defined(t - 1);
      up &= both;
      down &= both;
      sides.above &= now;
      sides.below &= now;
    }
    r.positive = (r.positive & ~down) | up;
    r.negative = (r.negative & ~up) | down;
    r.above = sides.above;
    r.below = sides.below;
  }

  LOCKSTEP_DEVICE void start() const {
    LOCKSTEP_UNROLLED
    for (I32 j = 0; j < kMemberCount; ++j) thread.r.equity[j] = F64(1.0);
    thread.r.equity2 = F64(plan().start_equity2[kFamily]);
    thread.r.held = F64(0.0);
  }

  /// Both layers' equities follow the signals of the bar before.
  LOCKSTEP_DEVICE void grow(F64 grown) const {
    Registers& r = thread.r;
    const F64 one(1.0);
    const F64 gain = one + grown;
    const F64 loss = one + -grown;
    LOCKSTEP_UNROLLED
    for (I32 j = 0; j < kMemberCount; ++j) {
      const F64 factor =
          select((r.positive >> j & 1) != 0, gain, select((r.negative >> j & 1) != 0, loss, one));
      r.equity[j] = equity_step(r.equity[j], plan().keep, factor, F64(0.25));
    }
    r.held = select(r.signal > F64(0.0), grown, select(r.signal < F64(0.0), -grown, r.held));
    r.equity2 = equity_step(r.equity2, plan().keep, one + r.held, F64(0.25));
  }

  /// The family's signal: nine signals weighed by nine equities, left to right.
  LOCKSTEP_DEVICE void vote() const {
    Registers& r = thread.r;
    F64 sum(0.0);
    F64 votes(0.0);
    LOCKSTEP_UNROLLED
    for (I32 j = 0; j < kMemberCount; ++j) {
      const F64 equity = r.equity[j];
      sum = sum + equity;
      votes = votes + select((r.positive >> j & 1) != 0, equity,
                             select((r.negative >> j & 1) != 0, -equity, F64(0.0)));
    }
    r.is_refused |= static_cast<U32>(!is_finite(sum));
    r.signal = round2(votes / sum);
  }

  LOCKSTEP_DEVICE void note_members(I64 t, bool is_growing) const {
    const LaunchArgs& args = thread.args;
    if (t < args.out_first || (!args.member_signal && !args.member_equity)) return;
    for (I32 j = 0; j < kMemberCount; ++j) {
      const I64 column = (kMemberCount * kFamily + j) * args.series;
      const I64 at = column * args.out_bars + thread.row_of(thread.series(), t);
      const Registers& r = thread.r;
      if (args.member_signal) {
        args.member_signal[at] =
            static_cast<I8>(static_cast<I32>(r.positive >> j & 1) - static_cast<I32>(r.negative >> j & 1));
      }
      if (args.member_equity) args.member_equity[at] = is_growing ? r.equity[j].value : undefined();
    }
  }

  LOCKSTEP_DEVICE void bar(I64 t, I32 row) const {
    Registers& r = thread.r;
    const bool is_growing = kSteady || t >= plan().cutout;
    if (!kSteady && t == plan().cutout) {
      start();
    } else if (is_growing) {
      grow(F64(thread.shared.r[row][thread.lane]));
    }
    Averages<Config, kFamily, kSteady> averages{thread, t, row};
    follow(t, averages.all());
    if (is_growing) vote();
    thread.shared.signal[kFamily][row][thread.lane] = is_growing ? r.signal.value : undefined();
    thread.shared.equity[kFamily][row][thread.lane] = is_growing ? r.equity2.value : undefined();
    note_members(t, is_growing);
  }
};

template <class Config, int kFamily>
LOCKSTEP_DEVICE void run_family(const Thread<Config>& thread, const ChunkRows& chunk) {
  const bool is_steady = Config::kSteadyOnly || chunk.first >= thread.args.plan.steady_from;
  for (I32 row = 0; row < chunk.rows && thread.has(chunk.first + row); ++row) {
    if (is_steady) {
      Family<Config, kFamily, true>{thread}.bar(chunk.first + row, row);
    } else if constexpr (!Config::kSteadyOnly) {
      Family<Config, kFamily, false>{thread}.bar(chunk.first + row, row);
    }
  }
}

}  // namespace lockstep::cuda
