#include "engine/core/interval.hpp"

#include <cstdint>
#include <random>
#include <string>

#include "tests/support/catch.hpp"

namespace lockstep::core {
namespace {

Interval interval(std::string_view text) {
  const auto parsed = Interval::parse(text);
  REQUIRE(parsed.has_value());
  return *parsed;
}

/// Midnight UTC of a date, counted day by day from 1970.
std::int64_t date_ms(int year, int month, int day) {
  const auto is_leap = [](int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; };
  const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  std::int64_t days = day - 1;
  for (int y = 1970; y < year; ++y) days += is_leap(y) ? 366 : 365;
  for (int y = year; y < 1970; ++y) days -= is_leap(y) ? 366 : 365;
  for (int m = 1; m < month; ++m) days += lengths[m - 1] + (m == 2 && is_leap(year) ? 1 : 0);
  return days * 86'400'000;
}

}  // namespace

TEST_CASE("intervals are read and written as traders do", "[engine][interval]") {
  for (const char* text : {"1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d",
                           "3d", "1w", "1M", "90s"}) {
    CAPTURE(text);
    CHECK(interval(text).text() == text);
  }
  CHECK(interval("1m").ms() == 60'000);
  CHECK(interval("3d").ms() == 259'200'000);
  CHECK(interval("1M").ms() == 0);
  CHECK(interval("1M").is_month());
  CHECK_FALSE(interval("1m").is_month());
  CHECK(interval("60m") == interval("1h"));
  CHECK(interval("7d").text() == "1w");
  CHECK(interval("36525d").ms() == 36'525 * std::int64_t{86'400'000});
}

TEST_CASE("what is not an interval is refused, each form by itself", "[engine][interval]") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "m", "1", "0m", "-1m", "+1m", " 1m", "1m ", "1 m", "01m", "1.5h", "1H",
               "1D", "1W", "1S", "2M", "0M", "1y", "1min", "mm", "1mm", "36526d", "99999999999999999999m",
               "9223372036854775807s", "\xD9\xA1m");
  CAPTURE(text);
  CHECK_FALSE(Interval::parse(text).has_value());
}

TEST_CASE("bars open on the grid of their interval", "[engine][interval]") {
  const std::int64_t ts = date_ms(2024, 2, 29) + 13 * 3'600'000 + 47 * 60'000 + 11'123;  // a Thursday
  CHECK(interval("1s").open_of(ts) == ts - 123);
  CHECK(interval("1m").open_of(ts) == ts - 11'123);
  CHECK(interval("15m").open_of(ts) == date_ms(2024, 2, 29) + 13 * 3'600'000 + 45 * 60'000);
  CHECK(interval("12h").open_of(ts) == date_ms(2024, 2, 29) + 12 * 3'600'000);
  CHECK(interval("1d").open_of(ts) == date_ms(2024, 2, 29));
  CHECK(interval("1w").open_of(ts) == date_ms(2024, 2, 26));
  CHECK(interval("1M").open_of(ts) == date_ms(2024, 2, 1));
  CHECK(interval("1m").on_grid(date_ms(2024, 2, 29)));
  CHECK_FALSE(interval("1m").on_grid(date_ms(2024, 2, 29) + 28'000));
  CHECK(interval("1w").on_grid(date_ms(2024, 2, 26)));
  CHECK_FALSE(interval("1w").on_grid(date_ms(2024, 2, 25)));
  CHECK_FALSE(interval("1w").on_grid(date_ms(1970, 1, 1)));
  CHECK(interval("3d").on_grid(0));
  CHECK(interval("1m").open_of(-1) == -60'000);
  CHECK(interval("1M").open_of(-1) == date_ms(1969, 12, 1));
}

TEST_CASE("months are calendar months, leap years included", "[engine][interval]") {
  const Interval month = interval("1M");
  std::int64_t open = date_ms(1968, 1, 1);
  for (int year = 1968; year < 2110; ++year) {
    for (int m = 1; m <= 12; ++m) {
      const std::int64_t next = m == 12 ? date_ms(year + 1, 1, 1) : date_ms(year, m + 1, 1);
      CAPTURE(year, m);
      REQUIRE(open == date_ms(year, m, 1));
      REQUIRE(month.on_grid(open));
      REQUIRE(month.open_of(next - 1) == open);
      REQUIRE(month.next_open_ms(open) == next);
      REQUIRE(month.previous_open_ms(next) == open);
      open = next;
    }
  }
}

TEST_CASE("next and previous are inverse, and a bar holds the times up to the next", "[engine][interval]") {
  const auto seed = GENERATE(1u, 2u);
  std::mt19937_64 random(seed);
  for (const char* text : {"1s", "1m", "7m", "1h", "1d", "3d", "1w", "2w", "1M"}) {
    const Interval each = interval(text);
    for (int i = 0; i < 2'000; ++i) {
      const auto ts = static_cast<std::int64_t>(random() % 8'000'000'000'000) - 1'000'000'000'000;
      CAPTURE(seed, text, ts);
      const std::int64_t open = each.open_of(ts);
      REQUIRE(open <= ts);
      REQUIRE(ts < each.next_open_ms(open));
      REQUIRE(each.on_grid(open));
      REQUIRE(each.on_grid(each.next_open_ms(open)));
      REQUIRE(each.previous_open_ms(each.next_open_ms(open)) == open);
    }
  }
}

}  // namespace lockstep::core
