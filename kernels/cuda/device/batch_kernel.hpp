// The batch kernel: a block takes 32 series through the bars of a launch, chunk by chunk, in phases with a
// barrier after each. Lanes are series; in the phase of the families a warp is a family, in the others the
// warps share the rows. Within a phase no thread reads what another one writes, so that any order of the
// threads gives the same bits.
#pragma once

#include "kernels/cuda/device/family.hpp"

namespace lockstep::cuda {

template <class Config>
struct BatchKernel {
  /// Of a chunk; a barrier follows each.
  static constexpr int kPhases = 6;

  Thread<Config> thread;

  LOCKSTEP_DEVICE const LaunchArgs& args() const { return thread.args; }
  LOCKSTEP_DEVICE Shared& shared() const { return thread.shared; }

  // ---- A launch

  /// Chunks of a launch for a group: until its longest series ends.
  LOCKSTEP_DEVICE static I64 chunks(const LaunchArgs& args, I64 group) {
    const I64 left = args.bars[group * kLanes] - args.first;
    const I64 count = left < args.count ? left : args.count;
    return count <= 0 ? 0 : (count + args.rows - 1) / args.rows;
  }

  LOCKSTEP_DEVICE void load_state() const {
    const FamilyState& from = thread.state().family[thread.warp];
    Registers& r = thread.r;
    const I32 lane = thread.lane;
    LOCKSTEP_UNROLLED
    for (I32 j = 0; j < kMemberCount; ++j) {
      r.word[0][j] = from.word[0][j][lane];
      r.word[1][j] = from.word[1][j][lane];
      r.equity[j] = F64(from.equity[j][lane]);
    }
    r.equity2 = F64(from.equity2[lane]);
    r.held = F64(from.held[lane]);
    r.signal = F64(from.signal[lane]);
    r.above = from.above[lane];
    r.below = from.below[lane];
    r.positive = from.positive[lane];
    r.negative = from.negative[lane];
    r.digest = from.digest[lane];
    r.is_refused = from.is_refused[lane];
    r.bars = args().bars[thread.series()];
    const GroupState& group = thread.state();
    r.prefix = group.prefix[lane];
    r.second = group.second[lane];
    r.change = group.change[lane];
    r.price = group.price[lane];
    r.close = group.close[lane];
    const bool is_first = args().first == 0;
    r.average = F64(is_first ? undefined() : group.average[lane]);
    r.average_before = F64(is_first ? undefined() : group.average_before[lane]);
    r.verdict = is_first ? kVerdictNone : group.verdict[lane];
    r.verdict_before = is_first ? kVerdictNone : group.verdict_before[lane];
  }

  LOCKSTEP_DEVICE void save_state() const {
    FamilyState& to = thread.state().family[thread.warp];
    const Registers& r = thread.r;
    const I32 lane = thread.lane;
    LOCKSTEP_UNROLLED
    for (I32 j = 0; j < kMemberCount; ++j) {
      to.word[0][j][lane] = r.word[0][j];
      to.word[1][j][lane] = r.word[1][j];
      to.equity[j][lane] = r.equity[j].value;
    }
    to.equity2[lane] = r.equity2.value;
    to.held[lane] = r.held.value;
    to.signal[lane] = r.signal.value;
    to.above[lane] = r.above;
    to.below[lane] = r.below;
    to.positive[lane] = r.positive;
    to.negative[lane] = r.negative;
    to.digest[lane] = r.digest;
    to.is_refused[lane] = r.is_refused;
    if (thread.warp != 0) return;
    GroupState& group = thread.state();
    group.prefix[lane] = r.prefix;
    group.second[lane] = r.second;
    group.change[lane] = r.change;
    group.price[lane] = r.price;
    group.close[lane] = r.close;
    group.average[lane] = r.average.value;
    group.average_before[lane] = r.average_before.value;
    group.verdict[lane] = r.verdict;
    group.verdict_before[lane] = r.verdict_before;
  }

  // ---- A chunk

  /// Bars into shared memory, neighbouring threads along time.
  LOCKSTEP_DEVICE void load_bars(const ChunkRows& chunk) const {
    const I32 at_close = args().has_digest ? 4 : 0;
    for (I32 item = thread.index(); item < chunk.rows * kLanes; item += kThreads) {
      const I32 row = item % chunk.rows;
      const I32 lane = item / chunk.rows;
      const I64 series = thread.group * kLanes + lane;
      const I64 t = chunk.first + row;
      if (t >= args().bars[series]) continue;
      const I64* word = thread.input(series, t) + at_close;
      // A refused bar may hold anything: it may wrap.
      const auto close = static_cast<I64>(static_cast<U64>(word[0]) * static_cast<U64>(args().plan.divisor));
      shared().close[row + 1][lane] = close;
      shared().price[row][lane] = args().plan.source_is_close ? close : word[1];
    }
    if (thread.warp != 0) return;
    shared().close[0][thread.lane] = thread.r.close;
    shared().average[0][thread.lane] = thread.r.average.value;
    shared().verdict[0][thread.lane] = static_cast<U8>(thread.r.verdict);
  }

  /// Prefix sums of the series, modulo 2^64 where they wrap: no chain but of integers.
  LOCKSTEP_DEVICE void sum_prices(const ChunkRows& chunk) const {
    Registers& r = thread.r;
    const I32 lane = thread.lane;
    for (I32 row = 0; row < chunk.rows && thread.has(chunk.first + row); ++row) {
      const I64 t = chunk.first + row;
      const I64 price = shared().price[row][lane];
      const U64 difference = static_cast<U64>(price) - static_cast<U64>(r.price);
      shared().second_before[row][lane] = r.second;
      r.prefix += static_cast<U64>(price);
      r.second += r.prefix;
      r.change += static_cast<I64>(difference) < 0 ? 0 - difference : difference;
      r.price = price;
      r.close = shared().close[row + 1][lane];
      shared().prefix[row][lane] = r.prefix;
      shared().change[row][lane] = r.change;
      thread.ring(kRingPrefix, t) = r.prefix;
      thread.ring(kRingSecond, t) = r.second;
      thread.ring(kRingChange, t) = r.change;
      thread.ring(kRingPrice, t) = static_cast<U64>(price);
    }
  }

  /// Warp 0 sums, the others make the returns.
  LOCKSTEP_DEVICE void sums_and_returns(const ChunkRows& chunk) const {
    if (thread.warp == 0) {
      sum_prices(chunk);
      return;
    }
    for (I32 row = thread.warp - 1; row < chunk.rows && thread.has(chunk.first + row); row += kWarps - 1) {
      const I64 growing = chunk.first + row - args().plan.cutout;
      F64 grown(0.0);
      if (growing > 0) {
        const F64 before = to_double(shared().close[row][thread.lane]);
        const F64 now = to_double(shared().close[row + 1][thread.lane]);
        grown = (now - before) / before * F64(args().growth[growing]);
        thread.r.is_refused |= static_cast<U32>(!is_finite(grown));
      }
      shared().r[row][thread.lane] = grown.value;
    }
  }

  LOCKSTEP_DEVICE void families(const ChunkRows& chunk) const {
    if (!thread.config().is_enabled(thread.warp)) {
      for (I32 row = 0; row < chunk.rows; ++row) {
        shared().signal[thread.warp][row][thread.lane] = undefined();
        shared().equity[thread.warp][row][thread.lane] = undefined();
      }
      return;
    }
    switch (thread.warp) {
      case kEma:
        if (thread.config().is_enabled(kEma)) run_family<Config, kEma>(thread, chunk);
        break;
      case kHma:
        if (thread.config().is_enabled(kHma)) run_family<Config, kHma>(thread, chunk);
        break;
      case kWma:
        if (thread.config().is_enabled(kWma)) run_family<Config, kWma>(thread, chunk);
        break;
      case kDema:
        if (thread.config().is_enabled(kDema)) run_family<Config, kDema>(thread, chunk);
        break;
      case kLsma:
        if (thread.config().is_enabled(kLsma)) run_family<Config, kLsma>(thread, chunk);
        break;
      default:
        if (thread.config().is_enabled(kKama)) run_family<Config, kKama>(thread, chunk);
    }
  }

  /// The average signal of every bar, over the enabled families, left to right.
  LOCKSTEP_DEVICE void average_signals(const ChunkRows& chunk) const {
    const I32 lane = thread.lane;
    for (I32 row = thread.warp; row < chunk.rows && thread.has(chunk.first + row); row += kWarps) {
      if (chunk.first + row < args().plan.cutout) {
        shared().average[row + 1][lane] = undefined();
        continue;
      }
      F64 sum(0.0);
      F64 votes(0.0);
      LOCKSTEP_UNROLLED
      for (I32 f = 0; f < kFamilyCount; ++f) {
        if (!thread.config().is_enabled(f)) continue;
        const F64 weight(shared().equity[f][row][lane]);
        const double signal = shared().signal[f][row][lane];
        sum = sum + weight;
        votes = votes + select(signal > 0.49, weight, select(signal < -0.49, -weight, F64(0.0)));
      }
      thread.r.is_refused |= static_cast<U32>(!is_finite(sum));
      shared().average[row + 1][lane] = (votes / sum).value;
    }
  }

  /// Directions and events from the crosses of the average.
  LOCKSTEP_DEVICE void verdicts(const ChunkRows& chunk) const {
    Registers& r = thread.r;
    const F64 high(args().plan.long_threshold);
    const F64 low(args().plan.short_threshold);
    for (I32 row = 0; row < chunk.rows && thread.has(chunk.first + row); ++row) {
      const F64 average(shared().average[row + 1][thread.lane]);
      // Comparisons with an undefined average before are false: the first defined one crosses nothing.
      const bool is_long = average > high && r.average <= high;
      const bool is_short = average < low && r.average >= low;
      const U32 direction = r.verdict & 3;
      const U32 event = is_short && direction == 2 ? 2u : is_long && direction == 0 ? 1u : 0u;
      r.verdict_before = r.verdict;
      r.average_before = r.average;
      r.verdict = (is_short ? 0u : is_long ? 2u : direction) | event << 2;
      r.average = average;
      shared().verdict[row + 1][thread.lane] = static_cast<U8>(r.verdict);
    }
  }

  /// The row whose average, direction and event are published with that of a bar.
  LOCKSTEP_DEVICE I32 published(I32 row) const { return args().plan.strategy ? row : row + 1; }

  /// Lane `warp` of every series' digest: docs/numbers.md has the formula.
  LOCKSTEP_DEVICE void add_digests(const ChunkRows& chunk) const {
    U64 digest = thread.r.digest;
    const auto add = [&](U64 word) {
      digest ^= word;
      digest = (digest ^ digest >> 32) * kDigestFactor;
    };
    const I32 lane = thread.lane;
    for (I32 row = 0; row < chunk.rows && thread.has(chunk.first + row); ++row) {
      add(bits_of(shared().equity[thread.warp][row][lane]));
      add(bits_of(shared().signal[thread.warp][row][lane]));
      add(thread.warp < 5 ? static_cast<U64>(thread.input(thread.series(), chunk.first + row)[thread.warp])
                          : bits_of(shared().average[published(row)][lane]));
    }
    thread.r.digest = digest;
  }

  LOCKSTEP_DEVICE void verdicts_and_digests(const ChunkRows& chunk) const {
    if (thread.warp == 0) verdicts(chunk);
    if (args().has_digest) add_digests(chunk);
  }

  /// Columns, neighbouring threads along time.
  LOCKSTEP_DEVICE void store_columns(const ChunkRows& chunk) const {
    for (I32 item = thread.index(); item < chunk.rows * kLanes; item += kThreads) {
      const I32 row = item % chunk.rows;
      const I32 lane = item / chunk.rows;
      const I64 series = thread.group * kLanes + lane;
      const I64 t = chunk.first + row;
      if (t < args().out_first || t >= args().bars[series]) continue;
      const I64 at = thread.row_of(series, t);
      if (args().average) args().average[at] = shared().average[published(row)][lane];
      if (args().verdict) args().verdict[at] = shared().verdict[published(row)][lane];
      LOCKSTEP_UNROLLED
      for (I32 f = 0; f < kFamilyCount; ++f) {
        if (args().signal[f]) args().signal[f][at] = shared().signal[f][row][lane];
        if (args().equity[f]) args().equity[f][at] = shared().equity[f][row][lane];
      }
    }
  }

  template <int kPhase>
  LOCKSTEP_DEVICE void phase(const ChunkRows& chunk) const {
    if constexpr (kPhase == 0) load_bars(chunk);
    if constexpr (kPhase == 1) sums_and_returns(chunk);
    if constexpr (kPhase == 2) families(chunk);
    if constexpr (kPhase == 3) average_signals(chunk);
    if constexpr (kPhase == 4) verdicts_and_digests(chunk);
    if constexpr (kPhase == 5) store_columns(chunk);
  }

  /// The bars of chunk `index` of a launch.
  LOCKSTEP_DEVICE static ChunkRows chunk_of(const LaunchArgs& args, I64 index) {
    const I64 done = index * args.rows;
    const I64 left = args.count - done;
    return {args.first + done, left < args.rows ? static_cast<I32>(left) : args.rows};
  }
};

#ifdef __CUDACC__

/// The body of a kernel: one block a group.
template <class Config>
LOCKSTEP_DEVICE void run_block(const LaunchArgs& args) {
  __shared__ Shared shared;
  Registers registers;
  const I64 group = blockIdx.x;
  const BatchKernel<Config> kernel{{args, shared, registers, group, static_cast<I32>(threadIdx.x) / kLanes,
                                    static_cast<I32>(threadIdx.x) % kLanes}};
  kernel.load_state();
  const I64 chunks = kernel.chunks(args, group);
  for (I64 index = 0; index < chunks; ++index) {
    const ChunkRows chunk = kernel.chunk_of(args, index);
    kernel.template phase<0>(chunk);
    __syncthreads();
    kernel.template phase<1>(chunk);
    __syncthreads();
    kernel.template phase<2>(chunk);
    __syncthreads();
    kernel.template phase<3>(chunk);
    __syncthreads();
    kernel.template phase<4>(chunk);
    __syncthreads();
    kernel.template phase<5>(chunk);
    __syncthreads();
  }
  kernel.save_state();
}

#endif

}  // namespace lockstep::cuda
