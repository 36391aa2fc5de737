#include "engine/core/interval.hpp"

#include <array>
#include <charconv>
#include <system_error>

namespace lockstep::core {
namespace {

struct Unit {
  char letter;
  std::int64_t ms;
};
// From long to short: text() takes the first that divides the length. Every length is whole seconds.
constexpr std::array<Unit, 5> kUnits = {
    {{'w', 604'800'000}, {'d', 86'400'000}, {'h', 3'600'000}, {'m', 60'000}, {'s', 1'000}}};
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kWeekMs = 7 * kDayMs;
constexpr std::int64_t kFirstMondayMs = 4 * kDayMs;  // 1970-01-05; the epoch was a Thursday
constexpr std::int64_t kIntervalMsMax = 36'525 * kDayMs;

constexpr std::int64_t floor_div(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// Days and months since 1970-01. Years begin in March here, so that the leap day is the last day of one; see
// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
constexpr std::int64_t kEpochDays = 719'468;  // from 0000-03-01 to 1970-01-01
constexpr std::int64_t kDaysPer400Years = 146'097;

constexpr std::int64_t month_of_day(std::int64_t day) {
  day += kEpochDays;
  const std::int64_t era = floor_div(day, kDaysPer400Years);
  const std::int64_t day_of_era = day - era * kDaysPer400Years;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  return (era * 400 + year_of_era - 1970) * 12 + month_from_march + 2;
}

constexpr std::int64_t first_day_of_month(std::int64_t month) {
  const std::int64_t months_from_march = month + 1970 * 12 - 2;
  const std::int64_t year = floor_div(months_from_march, 12);
  const std::int64_t month_from_march = months_from_march - year * 12;
  const std::int64_t era = floor_div(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5;
  const std::int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPer400Years + day_of_era - kEpochDays;
}

constexpr std::int64_t month_of_ms(std::int64_t ts_ms) {
  return month_of_day(floor_div(ts_ms, kDayMs));
}
constexpr std::int64_t month_open_ms(std::int64_t month) {
  return first_day_of_month(month) * kDayMs;
}

}  // namespace

std::optional<Interval> Interval::parse(std::string_view text) {
  if (text == "1M") return Interval(0);
  if (text.size() < 2 || text[0] < '1' || text[0] > '9') return std::nullopt;
  std::int64_t count = 0;
  const char* const end = text.data() + text.size() - 1;
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || rest != end) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (unit.letter != text.back()) continue;
    if (count > kIntervalMsMax / unit.ms) return std::nullopt;
    return Interval(count * unit.ms);
  }
  return std::nullopt;
}

std::string Interval::text() const {
  if (is_month()) return "1M";
  const auto* unit = kUnits.begin();
  while (ms_ % unit->ms != 0) ++unit;
  return std::to_string(ms_ / unit->ms) + unit->letter;
}

std::int64_t Interval::next_open_ms(std::int64_t ts_open_ms) const {
  return is_month() ? month_open_ms(month_of_ms(ts_open_ms) + 1) : ts_open_ms + ms_;
}

std::int64_t Interval::previous_open_ms(std::int64_t ts_open_ms) const {
  return is_month() ? open_of(ts_open_ms - 1) : ts_open_ms - ms_;
}

std::int64_t Interval::open_of(std::int64_t ts_ms) const {
  if (is_month()) return month_open_ms(month_of_ms(ts_ms));
  const std::int64_t origin_ms = ms_ % kWeekMs == 0 ? kFirstMondayMs : 0;
  return origin_ms + floor_div(ts_ms - origin_ms, ms_) * ms_;
}

}  // namespace lockstep::core
