#include "feeds/bar_closer.hpp"

namespace lockstep::feeds {

core::MarketEvent BarCloser::as_closed(core::MarketEvent row, std::int64_t ts_event_ms) const {
  row.is_closed = 1;
  row.ts_event_ms = ts_event_ms;
  return row;
}

BarCloser::Result BarCloser::take(const core::MarketEvent& row, BarState state, bool has_time) {
  Result result;
  const std::int64_t ts = row.bar.ts_open_ms;
  const std::int64_t last_ms = interval_.next_open_ms(ts) - 1;
  if (state == BarState::closed && has_time) {
    result.is_early = row.ts_event_ms < last_ms;
    if (!result.is_early) result.closed = as_closed(row, row.ts_event_ms);
    return result;
  }
  if (state == BarState::open && has_time) {
    result.open = row;
    return result;
  }
  if (has_time && ts > row.ts_event_ms + kToleranceMs) {
    result.is_early = true;
    return result;
  }
  // An older state of what is known, from another connection perhaps.
  if (last_ &&
      (ts < last_->bar.ts_open_ms || (ts == last_->bar.ts_open_ms && row.ts_event_ms < last_->ts_event_ms)))
    return result;
  if (last_ && ts > last_->bar.ts_open_ms && (is_last_flagged_ || is_last_unsaid_)) {
    result.closed = as_closed(*last_, row.ts_event_ms);
  }
  last_ = row;
  is_last_unsaid_ = state == BarState::unsaid;
  is_last_flagged_ = state == BarState::closed;
  if (state != BarState::closed) {
    result.open = row;
  } else if (row.ts_event_ms + kToleranceMs >= last_ms && !result.closed) {
    result.closed = as_closed(row, row.ts_event_ms);
    is_last_flagged_ = false;
  }
  return result;
}

}  // namespace lockstep::feeds
