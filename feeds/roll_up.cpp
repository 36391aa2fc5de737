#include "feeds/roll_up.hpp"

#include <algorithm>

namespace lockstep::feeds {

bool RollUp::divides(const core::Interval& part, const core::Interval& whole) {
  constexpr std::int64_t kDayMs = 86'400'000;
  if (part.is_month() || part == whole) return false;
  // Months begin at midnight on any weekday, so only parts of a day fit.
  if (whole.is_month()) return kDayMs % part.ms() == 0;
  if (whole.ms() <= part.ms() || whole.ms() % part.ms() != 0) return false;
  // Weeks count from a Monday, other lengths from the epoch: a whole must begin where a part does.
  const std::int64_t first = whole.open_of(0), second = whole.next_open_ms(first);
  return part.on_grid(first) && part.on_grid(second);
}

void RollUp::append(RolledBar& to, const Part& part, bool is_first) {
  if (is_first) {
    to.bar = part.bar;
  } else {
    to.bar.high = std::max(to.bar.high, part.bar.high);
    to.bar.low = std::min(to.bar.low, part.bar.low);
    to.bar.close = part.bar.close;
  }
  to.volume += part.volume;
}

void RollUp::settle(std::int64_t whole_ms, Whole& whole) const {
  auto next = whole.parts.find(whole.settled_to_ms);
  for (; next != whole.parts.end() && next->first == whole.settled_to_ms && next->second.is_closed; ++next) {
    append(whole.settled, next->second, next->first == whole_ms);
    whole.settled_to_ms = part_.next_open_ms(next->first);
  }
  whole.settled.is_closed = whole.settled_to_ms == whole_.next_open_ms(whole_ms);
}

std::optional<RolledBar> RollUp::take(const BarTicks& bar, double volume, bool is_closed) {
  const std::int64_t whole_ms = whole_.open_of(bar.ts_open_ms);
  if (wholes_.size() == kKept && whole_ms < wholes_.begin()->first) return std::nullopt;
  const auto [at, is_new] = wholes_.try_emplace(whole_ms);
  Whole& whole = at->second;
  if (is_new) whole.settled_to_ms = whole_ms;
  Part& part = whole.parts[bar.ts_open_ms];
  // An open state that comes late says less than the final one.
  if (part.is_closed && !is_closed) return std::nullopt;
  part = {bar, volume, is_closed};
  if (bar.ts_open_ms < whole.settled_to_ms) {  // a correction
    whole.settled = {};
    whole.settled_to_ms = whole_ms;
  }
  if (wholes_.size() > kKept) wholes_.erase(wholes_.begin());
  settle(whole_ms, whole);
  if (whole.settled_to_ms > bar.ts_open_ms) {
    // Behind the last closed part there may be an open one.
    const auto open = whole.parts.find(whole.settled_to_ms);
    if (open == whole.parts.end()) return whole.settled;
    RolledBar out = whole.settled;
    append(out, open->second, false);
    return out;
  }
  if (whole.settled_to_ms != bar.ts_open_ms) return std::nullopt;  // a hole lies before it
  RolledBar out = whole.settled;
  append(out, part, bar.ts_open_ms == whole_ms);
  return out;
}

}  // namespace lockstep::feeds
