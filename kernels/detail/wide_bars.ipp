// Bars of eight series into rows: checks, prices, windows of sums. Part of wide.ipp.
#pragma once

#include "kernels/detail/wide_lanes.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

/// Prices and closes of the chunk's bars into column `lane`. False when a bar is refused.
template <Source kSource>
LOCKSTEP_INLINE bool load_bars(const BatchPlan& plan, const WideRows& rows, const BarTicks* bars,
                               std::int64_t count, int lane, BarCheck check) {
  std::int64_t* price = rows.price + lane;
  std::int64_t* close = rows.close + lane;
  for (std::int64_t i = 0; i < count; ++i) {
    const BarTicks& bar = bars[i];
    check.add(bar);
    if (rows.bar[0]) {
      const std::int64_t word[detail::kBarWords] = {bar.ts_open_ms, bar.open, bar.high, bar.low, bar.close};
      LOCKSTEP_UNROLL_MEMBERS
      for (int k = 0; k < detail::kBarWords; ++k) rows.bar[k][kLanes * i + lane] = word[k];
    }
    price[kLanes * i] = source_price(kSource, bar);
    if (kSource != Source::close) {
      close[kLanes * i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(bar.close) *
                                                    static_cast<std::uint64_t>(plan.divisor));
    }
  }
  return !check.is_bad;
}

bool load_source(const BatchPlan& plan, const WideRows& rows, const BarTicks* bars, std::int64_t count,
                 int lane, const BarCheck& check) {
  switch (plan.source) {
    case Source::close:
      return load_bars<Source::close>(plan, rows, bars, count, lane, check);
    case Source::open:
      return load_bars<Source::open>(plan, rows, bars, count, lane, check);
    case Source::high:
      return load_bars<Source::high>(plan, rows, bars, count, lane, check);
    case Source::low:
      return load_bars<Source::low>(plan, rows, bars, count, lane, check);
    case Source::hl2:
      return load_bars<Source::hl2>(plan, rows, bars, count, lane, check);
    case Source::hlc3:
      return load_bars<Source::hlc3>(plan, rows, bars, count, lane, check);
    case Source::ohlc4:
      return load_bars<Source::ohlc4>(plan, rows, bars, count, lane, check);
    case Source::hlcc4:
      return load_bars<Source::hlcc4>(plan, rows, bars, count, lane, check);
  }
  return false;
}

/// Closes alone: every source is the close, k times.
bool load_closes(const BatchPlan& plan, const WideRows& rows, const std::int64_t* closes, std::int64_t first,
                 std::int64_t count, int lane) {
  bool is_bad = false;
  for (std::int64_t i = 0; i < count; ++i) {
    is_bad |= (closes[i] <= 0) | (closes[i] > plan.price_max);
    const auto scaled = static_cast<std::int64_t>(static_cast<std::uint64_t>(closes[i]) *
                                                  static_cast<std::uint64_t>(plan.divisor));
    rows.price[kLanes * i + lane] = scaled;
    rows.close[kLanes * i + lane] = scaled;
    if (!rows.bar[0]) continue;
    rows.bar[0][kLanes * i + lane] = first + i;
    for (int k = 1; k < detail::kBarWords; ++k) rows.bar[k][kLanes * i + lane] = closes[i];
  }
  return !is_bad;
}

/// A lane whose series has ended, or is refused: its last price goes on, so that nothing in it overflows.
void idle_lane(const WideRows& rows, std::int64_t count, int lane) {
  for (std::int64_t i = 0; i < count; ++i) {
    rows.price[kLanes * i + lane] = rows.state->price[lane];
    rows.close[kLanes * i + lane] = rows.state->close[lane];
  }
}

void load_lane(const BatchPlan& plan, const WideRows& rows, std::int64_t first, std::int64_t count,
               Lane& from, int lane) {
  const BatchSeries& series = *from.series;
  if (!from.is_refused && first < series.size()) {
    WideState& state = *rows.state;
    bool is_good;
    if (series.bars.empty()) {
      is_good = load_closes(plan, rows, series.closes.data() + first, first, count, lane);
    } else {
      const BarTicks* bars = series.bars.data() + first;
      is_good =
          load_source(plan, rows, bars, count, lane, {plan.price_max, state.ts_last_ms[lane], first == 0});
      state.ts_last_ms[lane] = bars[count - 1].ts_open_ms;
    }
    if (is_good) return;
    from.is_refused = true;
    if (first == 0) state.price[lane] = state.close[lane] = 1;
  }
  idle_lane(rows, count, lane);
}

/// The windows' rows of the chunk: prices as doubles, prefix sums, modulo 2^64 where they wrap.
[[gnu::noinline]] void make_windows(const WideRows& rows, std::int64_t head, std::int64_t count) {
  WideState& state = *rows.state;
  VecU prefix = load<VecU>(state.prefix);
  VecU second = load<VecU>(state.second);
  VecU change = load<VecU>(state.change);
  VecI before = load<VecI>(state.price);
  for (std::int64_t i = 0; i < count; ++i) {
    const VecI price = row(rows.price, i);
    prefix = prefix + to_unsigned(price);
    second = second + (prefix + prefix);
    change = change + to_unsigned(magnitude(price - before));
    before = price;
    set_row(rows.x, head + i, to_double(price));
    set_row(rows.prefix, head + i, prefix);
    set_row(rows.second, head + i, second);
    set_row(rows.change, head + i, change);
  }
  store(state.prefix, prefix);
  store(state.second, second);
  store(state.change, change);
  store(state.price, before);
}

/// Moves the last `history` rows of every window to its start.
void slide_windows(const BatchPlan& plan, const WideRows& rows, std::int64_t head) {
  const auto bytes = static_cast<std::size_t>(plan.history * kLanes) * sizeof(double);
  const std::int64_t from = kLanes * (head - plan.history);
  std::memmove(rows.x, rows.x + from, bytes);
  for (std::uint64_t* window : {rows.prefix, rows.second, rows.change})
    std::memmove(window, window + from, bytes);
  for (std::uint64_t* window : rows.hull_raw) {
    if (window) std::memmove(window, window + from, bytes);
  }
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
