#include "replay/sim/detail/sim_interval.hpp"

#include <chrono>
#include <cstddef>

namespace lockstep::sim {
namespace {

constexpr std::int64_t kDayMs = 24 * 60 * kMinuteMs;
constexpr std::int64_t kWeekMs = 7 * kDayMs;
constexpr std::int64_t kFirstMondayMs = 4 * kDayMs;  // 1970-01-05

std::int64_t month_start_ms(std::int64_t ts_ms, int months_later) {
  using namespace std::chrono;
  const year_month_day day{floor<days>(sys_time<milliseconds>{milliseconds{ts_ms}})};
  const year_month_day first = (day.year() / day.month() + months{months_later}) / 1;
  return duration_cast<milliseconds>(sys_days{first}.time_since_epoch()).count();
}

}  // namespace

std::int64_t SimInterval::open_of(std::int64_t ts_ms) const {
  if (ms == 0) return month_start_ms(ts_ms, 0);
  if (ms != kWeekMs) return ts_ms - ts_ms % ms;
  // One week is added so that the remainder stays positive before the first Monday.
  return ts_ms - (ts_ms - kFirstMondayMs + kWeekMs) % kWeekMs;
}

std::int64_t SimInterval::next_open(std::int64_t ts_open_ms) const {
  return ms == 0 ? month_start_ms(ts_open_ms, 1) : ts_open_ms + ms;
}

int find_sim_interval(std::string_view name) {
  for (std::size_t i = 0; i < kSimIntervals.size(); ++i) {
    if (kSimIntervals[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace lockstep::sim
