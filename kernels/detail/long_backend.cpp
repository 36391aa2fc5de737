#include "kernels/detail/long_backend.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include "kernels/detail/carve.hpp"
#include "kernels/detail/scalar_backend.hpp"

namespace lockstep::detail {
namespace {

/// Bars of a chunk unless the caller says: columns of it stay in the second-level cache, and two threads meet
/// seldom.
constexpr std::int64_t kChunkBars = 4096;
/// Bars after the start from which the kernel is faster than committing them.
constexpr std::int64_t kBarsMin = 256;

class LongRun {
 public:
  LongRun(const BatchPlan& plan, const LongKernel& kernel, const BatchSeries& series, const double* growth,
          std::int64_t chunk)
      : plan_(plan), kernel_(kernel), series_(series), growth_(growth), first_(long_start(plan)) {
    memory_ = AlignedMemory(lay_out(plan, chunk, nullptr, rows_));
    lay_out(plan, chunk, memory_.get(), rows_);
    chunks_ = (series.size() - first_ + rows_.chunk - 1) / rows_.chunk;
  }

  /// False when the kernel cannot go on: some bar is refused.
  bool run(int threads) {
    if (!begin()) return false;
    const bool is_shared = threads >= 2 && chunks_ > 1;
    slots_ = is_shared ? kLongSlots : 1;
    const bool is_done = is_shared ? run_on_two() : run_on_one();
    if (is_done && series_.end_state) set_state(plan_, end(), *series_.end_state);
    return is_done;
  }

 private:
  LongSlot& slot(std::int64_t chunk) { return rows_.slot[chunk % slots_]; }

  /// The bars before the kernel's first one, by the step; then their state becomes the kernel's.
  bool begin() {
    const std::shared_ptr<const AtcParams> params(std::shared_ptr<const AtcParams>(), series_.params);
    AtcState state(params);
    BatchSeries head = series_;
    head.end_state = &state;
    const auto count = static_cast<std::size_t>(first_);
    head.bars = head.bars.first(std::min(head.bars.size(), count));
    head.closes = head.closes.first(std::min(head.closes.size(), count));
    if (recompute_scalar(head).status != Status::ok) return false;
    const SeriesEnd at = end_of(state);
    std::memset(rows_.above, 0, static_cast<std::size_t>(rows_.chunk / 8 * kSideBytes));
    std::memset(rows_.below, 0, static_cast<std::size_t>(rows_.chunk / 8 * kSideBytes));
    begin_sides(at);
    begin_windows();
    begin_layers(at);
    return true;
  }

  void begin_sides(const SeriesEnd& at) {
    LongSides& sides = *rows_.sides;
    sides = {};
    std::copy_n(at.ema, kMembers, sides.ema);
    std::copy_n(at.dema_first, kMembers, sides.dema_first);
    std::copy_n(at.dema_second, kMembers, sides.dema_second);
    std::copy_n(at.kama, kMembers, sides.kama);
    constexpr std::uint8_t kLastBar = 0x80;
    for (int f = 0; f < kFamilies; ++f) {
      for (int j = 0; j < kMembers; ++j) {
        const int column = column_of(f, j);
        sides.above[column] = at.above[f][j] ? kLastBar : 0;
        sides.below[column] = at.below[f][j] ? kLastBar : 0;
        sides.positive[column] = at.positive[f][j] ? kLastBar : 0;
        sides.negative[column] = at.negative[f][j] ? kLastBar : 0;
      }
    }
    sides.close = at.close;
    sides.ts_last_ms = at.ts_last_ms;
  }

  /// The windows' history: sums from bar 0 on, zeros before it.
  void begin_windows() {
    LongSides& sides = *rows_.sides;
    for (std::int64_t t = std::min<std::int64_t>(0, first_ - plan_.history); t < first_; ++t) {
      const std::int64_t price = t < 0 ? 0 : source_price(plan_.source, series_.bar(t));
      sides.prefix += static_cast<std::uint64_t>(price);
      sides.second += 2 * sides.prefix;
      sides.change += static_cast<std::uint64_t>(std::abs(price - sides.price));
      sides.price = price;
      const std::int64_t at = t - (first_ - plan_.history);
      if (at < 0) continue;
      rows_.x[at] = static_cast<double>(price);
      rows_.prefix[at] = sides.prefix;
      rows_.second[at] = sides.second;
      rows_.change[at] = sides.change;
    }
  }

  void begin_layers(const SeriesEnd& at) {
    LongLayers& layers = *rows_.layers;
    layers = {};
    for (int f = 0; f < kFamilies; ++f) {
      const bool is_enabled = plan_.family[f].enabled;
      for (int j = 0; j < kMembers; ++j) {
        const double equity = is_enabled ? at.equity[f][j] : at.idle_equity;
        (j < 8 ? layers.equity[f][j] : layers.equity[kFamilies][f]) = equity;
        const int chain = j < 8 ? f : kFamilies;
        const int lane = j < 8 ? j : f;
        layers.positive[chain] |= static_cast<std::uint8_t>(at.positive[f][j] << lane);
        layers.negative[chain] |= static_cast<std::uint8_t>(at.negative[f][j] << lane);
      }
      layers.equity2[f] = is_enabled ? at.equity2[f] : at.idle_equity;
      layers.held[f] = is_enabled ? at.held[f] : 0;
      layers.family_up |= static_cast<std::uint8_t>((is_enabled && at.signal[f] > 0) << f);
      layers.family_down |= static_cast<std::uint8_t>((is_enabled && at.signal[f] < 0) << f);
    }
    for (int lane = kFamilies; lane < kLanes; ++lane) {
      layers.equity[kFamilies][lane] = layers.equity2[lane] = at.idle_equity;
    }
    for (int i = 0; i < kDigestLanes; ++i) layers.digest[i] = at.digest.lane[i];
    layers.average = at.average;
    layers.up = at.direction > 0;
    layers.down = at.direction < 0;
    layers.event = at.event;
  }

  void do_sides(std::int64_t chunk) {
    LongSlot& next = slot(chunk);
    next.first = first_ + chunk * rows_.chunk;
    next.count = std::min(rows_.chunk, series_.size() - next.first);
    kernel_.sides(plan_, rows_, series_, next);
  }

  bool do_layers(std::int64_t chunk) {
    const LongSlot& ready = slot(chunk);
    LongRows rows = rows_;
    if (chunk + 1 < chunks_) write_in_place(ready, rows);
    if (ready.is_refused || !kernel_.layers(plan_, rows, series_, ready, growth_)) return false;
    put_outputs(ready, rows);
    return true;
  }

  /// Signals and equities of a whole chunk can go straight to the caller. (The end state needs those of the
  /// last.)
  void write_in_place(const LongSlot& ready, LongRows& rows) const {
    const BatchOutputs& out = series_.out;
    if (out.first_bar > ready.first) return;
    for (int f = 0; f < kFamilies; ++f) {
      const auto at = static_cast<std::size_t>(f);
      if (!plan_.family[f].enabled) continue;
      if (out.signal[at]) rows.signal[f] = out.signal[at] + (ready.first - out.first_bar);
      if (out.equity[at]) rows.equity2[f] = out.equity[at] + (ready.first - out.first_bar);
    }
  }

  bool run_on_one() {
    for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
      do_sides(chunk);
      if (!do_layers(chunk)) return false;
    }
    return true;
  }

  /// Sides on a thread of their own.
  bool run_on_two() {
    std::atomic<std::int64_t> made{0}, used{0};
    std::atomic<bool> is_over{false};
    std::thread other;
    try {
      other = std::thread([&] {
        for (std::int64_t chunk = 0; chunk < chunks_; ++chunk) {
          while (chunk - used.load(std::memory_order_acquire) >= kLongSlots) {
            if (is_over.load(std::memory_order_relaxed)) return;
            std::this_thread::yield();
          }
          do_sides(chunk);
          const bool is_refused = slot(chunk).is_refused;
          made.store(chunk + 1, std::memory_order_release);
          if (is_refused) return;
        }
      });
    } catch (const std::system_error&) {
      return run_on_one();
    }
    bool is_done = true;
    for (std::int64_t chunk = 0; is_done && chunk < chunks_; ++chunk) {
      while (made.load(std::memory_order_acquire) <= chunk) std::this_thread::yield();
      is_done = do_layers(chunk);
      used.store(chunk + 1, std::memory_order_release);
    }
    is_over.store(true, std::memory_order_relaxed);
    other.join();
    return is_done;
  }

  template <class T>
  void put_column(const LongSlot& ready, T* to, const T* from) const {
    const std::int64_t skipped = std::max<std::int64_t>(0, series_.out.first_bar - ready.first);
    if (!to || skipped >= ready.count || to + (ready.first - series_.out.first_bar) == from) return;
    std::copy(from + skipped, from + ready.count, to + (ready.first + skipped - series_.out.first_bar));
  }

  void put_outputs(const LongSlot& ready, const LongRows& rows) const {
    const BatchOutputs& out = series_.out;
    put_column(ready, out.average,
               static_cast<const double*>(plan_.strategy ? rows.average - 1 : rows.average));
    put_column(ready, out.growth, growth_ + (ready.first - plan_.cutout));
    put_column(ready, out.direction, static_cast<const std::int8_t*>(rows.direction));
    put_column(ready, out.event, static_cast<const TradeEvent*>(rows.event));
    for (int f = 0; f < kFamilies; ++f) {
      const auto at = static_cast<std::size_t>(f);
      if (plan_.family[f].enabled) {
        put_column(ready, out.signal[at], static_cast<const double*>(rows.signal[f]));
        put_column(ready, out.equity[at], static_cast<const double*>(rows.equity2[f]));
        continue;
      }
      for (double* column : {out.signal[at], out.equity[at]}) {
        for (std::int64_t t = std::max(ready.first, out.first_bar); column && t < ready.first + ready.count;
             ++t) {
          column[t - out.first_bar] = kUndefined;
        }
      }
    }
  }

  /// W of `length` at the last bar.
  static std::uint64_t weighted(const std::uint64_t* prefix, const std::uint64_t* second,
                                std::int64_t length) {
    // The doubled sums lost a bit at the top that W never has.
    return (static_cast<std::uint64_t>(2 * length) * prefix[0] - (second[-1] - second[-length - 1])) >> 1;
  }

  SeriesEnd end() {
    const LongSides& sides = *rows_.sides;
    const LongLayers& layers = *rows_.layers;
    SeriesEnd end{};
    end.bars = series_.size();
    end.ts_last_ms = series_.bars.empty() ? end.bars - 1 : sides.ts_last_ms;
    end.price = sides.price;
    end.close = sides.close;
    for (int i = 0; i < kDigestLanes; ++i) end.digest.lane[i] = layers.digest[i];
    end.last.average = layers.published;
    end.last.direction = layers.last_direction;
    end.last.event = layers.last_event;
    end.last.growth = growth_[end.bars - 1 - plan_.cutout];
    end.average = layers.average;
    end.direction = layers.up - layers.down;
    end.event = layers.event;
    end_averages(end);
    end_bits(end);
    end_equities(end);
    return end;
  }

  void end_averages(SeriesEnd& end) {
    const LongSides& sides = *rows_.sides;
    // Whole chunks have slid on to the next one's place.
    const std::int64_t count = slot(chunks_ - 1).count;
    const std::int64_t at = plan_.history - 1 + (count % 8 == 0 ? 0 : count);
    end.prefix = rows_.prefix + at;
    end.stride = 1;
    const auto length = [&](Family family, int j) {
      return plan_.family[static_cast<int>(family)].length[j];
    };
    for (int j = 0; j < kMembers; ++j) {
      end.ema[j] = sides.ema[j];
      end.dema_first[j] = sides.dema_first[j];
      end.dema_second[j] = sides.dema_second[j];
      end.kama[j] = sides.kama[j];
      end.wma_w[j] = weighted(rows_.prefix + at, rows_.second + at, length(Family::wma, j));
      end.lsma_w[j] = weighted(rows_.prefix + at, rows_.second + at, length(Family::lsma, j));
      end.noise[j] = rows_.change[at] - rows_.change[at - length(Family::kama, j)];
    }
  }

  void end_bits(SeriesEnd& end) {
    const LongSlot& last_slot = slot(chunks_ - 1);
    const std::int64_t last = last_slot.count - 1;
    const std::int64_t block = last / 8;
    const auto bit_at = [&](const std::uint8_t* bytes, int column) {
      return static_cast<std::uint8_t>(bytes[column] >> (last % 8) & 1);
    };
    for (int f = 0; f < kFamilies; ++f) {
      for (int j = 0; j < kMembers; ++j) {
        const int column = column_of(f, j);
        end.above[f][j] = bit_at(rows_.above + kSideBytes * block, column);
        end.below[f][j] = bit_at(rows_.below + kSideBytes * block, column);
        end.positive[f][j] = bit_at(last_slot.positive + kSideBytes * (block + 1), column);
        end.negative[f][j] = bit_at(last_slot.negative + kSideBytes * (block + 1), column);
      }
    }
  }

  void end_equities(SeriesEnd& end) {
    const LongLayers& layers = *rows_.layers;
    const std::int64_t last = slot(chunks_ - 1).count - 1;
    for (int f = 0; f < kFamilies; ++f) {
      for (int j = 0; j < kMembers; ++j) {
        end.equity[f][j] = j < 8 ? layers.equity[f][j] : layers.equity[kFamilies][f];
      }
      end.equity2[f] = layers.equity2[f];
      end.held[f] = layers.held[f];
      end.signal[f] = rows_.signal[f][last];
    }
    end.idle_equity = layers.equity[kFamilies][kLanes - 1];
  }

  const BatchPlan& plan_;
  const LongKernel& kernel_;
  const BatchSeries& series_;
  const double* growth_;
  std::int64_t first_;  ///< of the kernel
  std::int64_t chunks_ = 0;
  std::int64_t slots_ = 1;
  AlignedMemory memory_;
  LongRows rows_{};
};

}  // namespace

std::size_t lay_out(const BatchPlan& plan, std::int64_t chunk, std::byte* memory, LongRows& rows) {
  Carver carver(memory);
  rows = {};
  rows.chunk = (chunk + 7) / 8 * 8;
  const std::int64_t window = plan.history + rows.chunk;
  const std::int64_t sides = (rows.chunk / 8 + 1) * kSideBytes;
  carver.take(rows.sides, 1);
  carver.take(rows.layers, 1);
  carver.take(rows.x, window);
  for (std::uint64_t** sums : {&rows.prefix, &rows.second, &rows.change}) carver.take(*sums, window);
  carver.take(rows.price, rows.chunk);
  carver.take(rows.close, rows.chunk);
  carver.take(rows.above, sides);
  carver.take(rows.below, sides);
  for (LongSlot& slot : rows.slot) {
    carver.take(slot.close_d, kLanes + rows.chunk);
    slot.close_d += memory ? kLanes : 0;
    carver.take(slot.positive, sides);
    carver.take(slot.negative, sides);
  }
  carver.take(rows.r, rows.chunk);
  for (int f = 0; f < kFamilies; ++f) {
    carver.take(rows.signal[f], rows.chunk);
    carver.take(rows.equity2[f], rows.chunk);
  }
  carver.take(rows.average, kLanes + rows.chunk);
  rows.average += memory ? kLanes : 0;
  carver.take(rows.direction, rows.chunk);
  carver.take(rows.event, rows.chunk);
  return carver.used();
}

std::int64_t long_start(const BatchPlan& plan) {
  return std::max(plan.changes_end, plan.cutout + 1);
}

bool suits_long(const BatchPlan& plan, const BatchSeries& series) {
  const BatchOutputs& out = series.out;
  return !plan.is_hull && !out.member_average && !out.member_signal && !out.member_equity &&
         series.size() >= long_start(plan) + kBarsMin;
}

BatchResult recompute_long(const BatchPlan& plan, const LongKernel& kernel, const BatchSeries& series,
                           const double* growth, int threads, int chunk_bars) {
  const std::int64_t wanted = std::min<std::int64_t>(chunk_bars > 0 ? chunk_bars : kChunkBars, series.size());
  LongRun run(plan, kernel, series, growth, wanted);
  return run.run(threads) ? BatchResult{series.size(), Status::ok} : recompute_scalar(series);
}

}  // namespace lockstep::detail
