#include "feeds/cross_check.hpp"

#include <algorithm>
#include <utility>

namespace lockstep::feeds {

void CrossCheck::made(const BarTicks& bar, int price_scale) {
  const std::int64_t open_ms = bar.ts_open_ms;
  if (newest_ms_ && open_ms > *newest_ms_) quiet_.push_back({*newest_ms_, open_ms});
  newest_ms_ = std::max(newest_ms_.value_or(open_ms), open_ms);
  waiting_.insert_or_assign(open_ms, Made{bar, price_scale});
  if (waiting_.size() > kWaitingMax) waiting_.erase(waiting_.begin());
  if (quiet_.size() > kWaitingMax) quiet_.pop_front();
}

void CrossCheck::reset() {
  waiting_.clear();
  quiet_.clear();
  newest_ms_.reset();
}

std::vector<CrossCheck::Difference> CrossCheck::look(const std::deque<ToldBar>& told) {
  std::vector<Difference> out;
  if (told.empty()) return out;
  if (!waiting_.empty()) look_at_bars(told, out);
  if (!quiet_.empty()) look_at_quiet(told, out);
  return out;
}

void CrossCheck::look_at_bars(const std::deque<ToldBar>& told, std::vector<Difference>& out) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    Made& made = at->second;
    const auto found =
        std::lower_bound(told.begin(), told.end(), at->first,
                         [](const ToldBar& bar, std::int64_t ms) { return bar.bar.ts_open_ms < ms; });
    if (found == told.end() || found->bar.ts_open_ms != at->first) {
      // Older than all that is known, it waits for nothing any more.
      at = at->first < told.front().bar.ts_open_ms ? waiting_.erase(at) : std::next(at);
      continue;
    }
    const bool is_comparable = found->price_scale == made.price_scale;
    const bool is_equal = is_comparable && found->bar == made.bar;
    if (is_comparable && !made.is_disputed) ++counters_.compared;
    if (is_equal && made.is_disputed) ++counters_.corrected;
    if (is_equal || !is_comparable) {
      at = waiting_.erase(at);
      continue;
    }
    if (!std::exchange(made.is_disputed, true)) {
      ++counters_.different;
      out.push_back({found->bar, made.bar, made.price_scale});
    }
    ++at;
  }
}

/// Where nothing was traded a bar is flat, or is not there.
void CrossCheck::look_at_quiet(const std::deque<ToldBar>& told, std::vector<Difference>& out) {
  while (!quiet_.empty() && told.back().bar.ts_open_ms >= quiet_.front().before_ms) {
    for (const ToldBar& each : told) {
      const BarTicks& bar = each.bar;
      if (bar.ts_open_ms <= quiet_.front().after_ms || bar.ts_open_ms >= quiet_.front().before_ms) continue;
      ++counters_.compared;
      if (bar.high == bar.low) continue;
      ++counters_.different;
      out.push_back({bar, std::nullopt, each.price_scale});
    }
    quiet_.pop_front();
  }
}

}  // namespace lockstep::feeds
