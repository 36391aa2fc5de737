#include "replay/sim/detail/bar_history.hpp"

#include <algorithm>

namespace lockstep::sim {

void BarHistory::append(SimBar& bar, const SimBar& minute) const {
  if (bar.trades > 0 || has_quiet_bars_) return bar.append(minute);
  const std::int64_t ts_open_ms = bar.ts_open_ms;
  bar = minute;
  bar.ts_open_ms = ts_open_ms;
}

std::optional<SimBar> BarHistory::bar(int symbol, const SimInterval& interval, std::int64_t ts_open_ms,
                                      std::int64_t until_ms) const {
  const std::int64_t first = std::max(ts_open_ms / kMinuteMs, first_minute_);
  const std::int64_t running = until_ms / kMinuteMs;
  const std::int64_t end = interval.next_open(ts_open_ms) / kMinuteMs;
  std::optional<SimBar> out;
  for (std::int64_t minute = first; minute < end && minute <= running; ++minute) {
    const SimBar next = minute < running ? model_.bar(symbol, minute)
                                         : model_.partial_bar(symbol, minute, until_ms - running * kMinuteMs);
    if (out) {
      append(*out, next);
    } else {
      out = next;
      out->ts_open_ms = ts_open_ms;
    }
  }
  return out;
}

std::vector<SimBar> BarHistory::range(int symbol, const SimInterval& interval,
                                      std::optional<std::int64_t> from_ms, std::optional<std::int64_t> to_ms,
                                      std::size_t limit, std::int64_t now_ms) const {
  const std::int64_t first_open = first_open_ms(interval);
  const std::int64_t last_ms = std::min(to_ms.value_or(now_ms), now_ms);
  if (last_ms < first_open) return {};
  std::int64_t open = interval.open_of(last_ms);
  if (from_ms) {
    const std::int64_t from = std::max(*from_ms, first_open);
    open = interval.open_of(from);
    if (open < from) open = interval.next_open(open);
  } else {
    for (std::size_t i = 1; i < limit && open > first_open; ++i) open = interval.open_of(open - 1);
  }
  std::vector<SimBar> out;
  for (; open <= last_ms && out.size() < limit; open = interval.next_open(open)) {
    if (auto next = bar(symbol, interval, open, now_ms)) out.push_back(*next);
  }
  return out;
}

}  // namespace lockstep::sim
