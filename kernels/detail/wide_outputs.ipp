// From rows of eight lanes to the columns of eight series, digests and end states. Part of wide.ipp.
#pragma once

#include "kernels/detail/transpose.ipp"
#include "kernels/detail/wide_digest.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

using detail::SeriesEnd;

/// Bars of the chunk that a lane gives outputs for: from .. chunk.count - 1, to the caller's buffers from
/// `at` on.
struct Window {
  bool is_wanted;
  std::int64_t from;
  std::int64_t at;
};

Window window_of(const Chunk& chunk, const Lane& lane) {
  const std::int64_t skipped = lane.series->out.first_bar - chunk.first;
  const std::int64_t from = skipped > 0 ? skipped : 0;
  const bool is_live = !lane.is_refused && chunk.first < lane.series->size();
  return {is_live && from < chunk.count, from, chunk.first + from - lane.series->out.first_bar};
}

/// Eight columns, one a lane; null where it is not wanted.
struct Columns {
  double* to[kLanes];

  bool is_empty() const {
    for (const double* column : to) {
      if (column) return false;
    }
    return true;
  }
};

[[gnu::noinline]] void store_columns(const Chunk& chunk, const Window* window, const Columns& columns,
                                     const double* rows) {
  if (columns.is_empty()) return;
  std::int64_t i = 0;
  for (; i + 8 <= chunk.count; i += 8) {
    VecD block[8];
    each<8>([&](int k) __attribute__((always_inline)) { block[k] = row(rows, i + k); });
    transpose(block);
    LOCKSTEP_UNROLL_MEMBERS
    for (int lane = 0; lane < kLanes; ++lane) {
      if (!columns.to[lane] || i < window[lane].from) continue;
      store(columns.to[lane] + (window[lane].at + i - window[lane].from), block[lane]);
    }
  }
  // The last bars, and those of a block that begins before a lane's first wanted bar.
  for (int lane = 0; lane < kLanes; ++lane) {
    if (!columns.to[lane]) continue;
    const auto copy = [&](std::int64_t begin, std::int64_t end) {
      double* to = columns.to[lane] + window[lane].at - window[lane].from;
      for (std::int64_t k = begin; k < end; ++k) to[k] = rows[kLanes * k + lane];
    };
    const std::int64_t from = window[lane].from;
    const std::int64_t block_end = (from + 7) / 8 * 8;
    copy(from, block_end < i ? block_end : i);
    copy(i > from ? i : from, chunk.count);
  }
}

/// One column in every lane that wants it: `column_of(outputs)`.
template <class ColumnOf>
LOCKSTEP_INLINE void put_columns(const Chunk& chunk, const WideGroup& group, const Window* window,
                                 const double* rows, ColumnOf column_of) {
  Columns columns{};
  for (int lane = 0; lane < group.lanes; ++lane) {
    if (window[lane].is_wanted) columns.to[lane] = column_of(group.lane[lane].series->out);
  }
  store_columns(chunk, window, columns, rows);
}

template <class T>
void fill(T* to, const Window& window, std::int64_t count, T value) {
  for (std::int64_t i = 0; to && i < count - window.from; ++i) to[window.at + i] = value;
}

void put_growth(const Chunk& chunk, const Window& window, const double* growth, double* to) {
  for (std::int64_t i = window.from; i < chunk.count; ++i) {
    const std::int64_t growing = chunk.first + i - chunk.plan.cutout;
    to[window.at + i - window.from] = growing < 0 ? kUndefined : growth[growing];
  }
}

LOCKSTEP_INLINE int bit(const std::uint8_t* rows, std::int64_t at, int lane) {
  return rows[at] >> lane & 1;
}

std::int8_t direction_at(const WideRows& rows, std::int64_t at, int lane) {
  return static_cast<std::int8_t>(bit(rows.up, at, lane) - bit(rows.down, at, lane));
}

TradeEvent event_at(const WideRows& rows, std::int64_t at, int lane) {
  return bit(rows.event_long, at, lane)    ? TradeEvent::long_
         : bit(rows.event_short, at, lane) ? TradeEvent::short_
                                           : TradeEvent::none;
}

void put_verdicts(const Chunk& chunk, const Window& window, int lane, const BatchOutputs& out) {
  for (std::int64_t i = window.from; i < chunk.count; ++i) {
    const std::int64_t at = window.at + i - window.from;
    const std::int64_t from = published_row(chunk, i);
    if (out.direction) out.direction[at] = direction_at(chunk.rows, from, lane);
    if (out.event) out.event[at] = event_at(chunk.rows, from, lane);
  }
}

// ---- Members

void put_member(const Chunk& chunk, const Window& window, const Lane& from, int lane, int family,
                int member) {
  const BatchOutputs& out = from.series->out;
  const FamilyPlan& plan = chunk.plan.family[family];
  const std::int64_t column =
      (kMembers * family + member) * (from.series->size() - out.first_bar) + window.at;
  const bool is_windowed = family == kHma || family == kWma || family == kLsma;
  const std::int64_t source = member * chunk.rows.chunk;
  for (std::int64_t i = window.from; i < chunk.count; ++i) {
    const std::int64_t at = column + i - window.from;
    if (out.member_average) {
      double average = kUndefined;
      if (plan.enabled && chunk.first + i >= plan.first[member]) {
        const double* value = chunk.rows.member_average[family] + kLanes * (source + i) + lane;
        std::int64_t numerator;
        std::memcpy(&numerator, value, sizeof numerator);
        average = (is_windowed ? static_cast<double>(numerator) : *value) / from.divisors->of[family][member];
      }
      out.member_average[at] = average;
    }
    const std::int64_t side = kSideBytes * (i + 1) + column_of(family, member);
    if (out.member_signal) {
      out.member_signal[at] = static_cast<std::int8_t>(bit(chunk.rows.positive, side, lane) -
                                                       bit(chunk.rows.negative, side, lane));
    }
    if (out.member_equity) {
      out.member_equity[at] = plan.enabled && chunk.first + i >= chunk.plan.cutout
                                  ? chunk.rows.member_equity[family][kLanes * (source + i) + lane]
                                  : kUndefined;
    }
  }
}

void put_members(const Chunk& chunk, const Window& window, const Lane& from, int lane) {
  const BatchOutputs& out = from.series->out;
  if (!out.member_average && !out.member_signal && !out.member_equity) return;
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers; ++j) put_member(chunk, window, from, lane, f, j);
  }
}

/// Everything that the callers want of this chunk.
void put_outputs(const Chunk& chunk, const WideGroup& group, const double* growth) {
  Window window[kLanes] = {};
  for (int lane = 0; lane < group.lanes; ++lane) window[lane] = window_of(chunk, group.lane[lane]);
  put_columns(chunk, group, window, chunk.rows.average + kLanes * published_row(chunk, 0),
              [](const BatchOutputs& out) { return out.average; });
  for (int f = 0; f < kFamilies; ++f) {
    const auto at = static_cast<std::size_t>(f);
    if (!chunk.plan.family[f].enabled) continue;
    put_columns(chunk, group, window, chunk.rows.signal[f] + kLanes,
                [&](const BatchOutputs& out) { return out.signal.data()[at]; });
    put_columns(chunk, group, window, chunk.rows.equity2[f],
                [&](const BatchOutputs& out) { return out.equity.data()[at]; });
  }
  for (int lane = 0; lane < group.lanes; ++lane) {
    if (!window[lane].is_wanted) continue;
    const BatchOutputs& out = group.lane[lane].series->out;
    for (int f = 0; f < kFamilies; ++f) {
      if (chunk.plan.family[f].enabled) continue;
      fill(out.signal.data()[f], window[lane], chunk.count, kUndefined);
      fill(out.equity.data()[f], window[lane], chunk.count, kUndefined);
    }
    if (out.growth) put_growth(chunk, window[lane], growth, out.growth);
    if (out.direction || out.event) put_verdicts(chunk, window[lane], lane, out);
    put_members(chunk, window[lane], group.lane[lane], lane);
  }
}

// ---- End states

void end_averages(const Chunk& chunk, int lane, std::int64_t last, SeriesEnd& end) {
  const WideState& state = chunk.state;
  const auto at = [&](const VecU& lanes) { return lanes[lane]; };
  for (int j = 0; j < kMembers; ++j) {
    end.ema[j] = state.ema[j][lane];
    end.dema_first[j] = state.dema_first[j][lane];
    end.dema_second[j] = state.dema_second[j][lane];
    end.kama[j] = state.kama[j][lane];
    const auto length = [&](int family) { return chunk.plan.family[family].length[j]; };
    if (chunk.plan.family[kWma].enabled) end.wma_w[j] = at(weighted(chunk, last, length(kWma)));
    if (chunk.plan.family[kLsma].enabled) end.lsma_w[j] = at(weighted(chunk, last, length(kLsma)));
    if (chunk.plan.family[kKama].enabled) {
      end.noise[j] = at(row(chunk.change, last) - row(chunk.change, last - length(kKama)));
    }
    if (!chunk.plan.is_hull) continue;
    end.hull.half_w[j] = at(weighted(chunk, last, chunk.plan.hull.half[j]));
    end.hull.full_w[j] = at(weighted(chunk, last, length(kHma)));
    end.hull.raw_sum[j] = state.hull_raw_sum[j][lane];
    end.hull.raw_w[j] = state.hull_raw_w[j][lane];
    end.hull.raw[j] = chunk.rows.hull_raw[j] + kLanes * (chunk.head + last) + lane;
  }
  end.prefix = chunk.prefix + kLanes * last + lane;
  end.stride = kLanes;
}

void end_bits(const Chunk& chunk, int lane, std::int64_t last, SeriesEnd& end) {
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers; ++j) {
      const int column = column_of(f, j);
      const std::int64_t side = kSideBytes * (last + 1) + column;
      end.above[f][j] = static_cast<std::uint8_t>(bit(chunk.state.above, column, lane));
      end.below[f][j] = static_cast<std::uint8_t>(bit(chunk.state.below, column, lane));
      end.positive[f][j] = static_cast<std::uint8_t>(bit(chunk.rows.positive, side, lane));
      end.negative[f][j] = static_cast<std::uint8_t>(bit(chunk.rows.negative, side, lane));
    }
  }
}

void end_layers(const Chunk& chunk, int lane, std::int64_t last, SeriesEnd& end) {
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers; ++j) end.equity[f][j] = chunk.state.equity[f][j][lane];
    end.equity2[f] = chunk.state.equity2[f][lane];
    end.held[f] = chunk.state.held[f][lane];
    end.signal[f] = chunk.rows.signal[f][kLanes * (last + 1) + lane];
  }
  end.idle_equity = chunk.state.idle_equity;
  end.average = chunk.rows.average[kLanes * (last + 1) + lane];
  end.direction = direction_at(chunk.rows, last + 1, lane);
  end.event = event_at(chunk.rows, last + 1, lane);
}

/// A series whose last bar is the chunk's last.
[[gnu::noinline]] void end_series(const Chunk& chunk, WideGroup& group, int lane, const double* growth) {
  const BatchSeries& series = *group.lane[lane].series;
  const std::int64_t last = chunk.count - 1;
  SeriesEnd end{};
  end.bars = chunk.first + chunk.count;
  end.ts_last_ms = series.bars.empty() ? end.bars - 1 : chunk.state.ts_last_ms[lane];
  end.price = chunk.rows.price[kLanes * last + lane];
  end.close = chunk.close[kLanes * last + lane];
  for (int i = 0; i < detail::kDigestLanes; ++i) end.digest.lane[i] = chunk.state.digest[i][lane];
  const std::int64_t from = published_row(chunk, last);
  end.last.average = chunk.rows.average[kLanes * from + lane];
  end.last.direction = direction_at(chunk.rows, from, lane);
  end.last.event = event_at(chunk.rows, from, lane);
  const std::int64_t growing = end.bars - 1 - chunk.plan.cutout;
  end.last.growth = growing < 0 ? kUndefined : growth[growing];
  end_averages(chunk, lane, last, end);
  end_bits(chunk, lane, last, end);
  end_layers(chunk, lane, last, end);
  group.take_end(group.context, lane, end);
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
