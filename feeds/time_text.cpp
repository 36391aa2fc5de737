#include "feeds/time_text.hpp"

#include <fmt/format.h>

#include <chrono>

namespace lockstep::feeds {
namespace {

/// Two digits at `at`; is_wrong when they are none.
int two_digits(std::string_view text, std::size_t at, bool& is_wrong) {
  const unsigned tens = static_cast<unsigned char>(text[at]) - unsigned{'0'};
  const unsigned ones = static_cast<unsigned char>(text[at + 1]) - unsigned{'0'};
  is_wrong |= tens > 9 || ones > 9;
  return static_cast<int>(tens * 10 + ones);
}

constexpr int kDaysOfMonth[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

bool is_leap(int year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/// Days since 1970-01-01. See Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
std::int64_t days_of(int year, int month, int day) {
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = y / 400;
  const std::int64_t year_of_era = y - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719'468;
}

}  // namespace

bool read_rfc3339(std::string_view text, std::int64_t& ts_ms) {
  // 2026-08-09T21:05:48Z
  constexpr std::size_t kShortest = 20;
  constexpr std::size_t kFractionMax = 9;
  if (text.size() < kShortest || text.back() != 'Z') return false;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') return false;
  bool is_wrong = false;
  const int year = two_digits(text, 0, is_wrong) * 100 + two_digits(text, 2, is_wrong);
  const int month = two_digits(text, 5, is_wrong), day = two_digits(text, 8, is_wrong);
  const int hour = two_digits(text, 11, is_wrong), minute = two_digits(text, 14, is_wrong);
  const int second = two_digits(text, 17, is_wrong);
  if (is_wrong || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return false;
  const int days = kDaysOfMonth[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
  if (day < 1 || day > days) return false;
  const std::string_view fraction = text.substr(19, text.size() - kShortest);
  int ms = 0;
  if (!fraction.empty()) {
    if (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > kFractionMax + 1) return false;
    for (std::size_t i = 1; i < fraction.size(); ++i) {
      const int digit = fraction[i] - '0';
      if (digit < 0 || digit > 9) return false;
      if (i <= 3) ms += digit * (i == 1 ? 100 : i == 2 ? 10 : 1);
    }
  }
  ts_ms = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60'000 + second * 1'000 + ms;
  return true;
}

std::string rfc3339_text(std::int64_t ts_ms) {
  using namespace std::chrono;
  const sys_seconds time{seconds(ts_ms / 1'000)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace lockstep::feeds
