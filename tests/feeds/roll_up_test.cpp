// Longer bars from shorter ones.
#include "feeds/roll_up.hpp"

#include <map>
#include <random>

#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::feeds {
namespace {

using test::interval_of;
using test::kStartMs;
constexpr std::int64_t kMinute = 60'000;

BarTicks bar(std::int64_t ts_ms, std::int64_t open, std::int64_t high, std::int64_t low, std::int64_t close) {
  return {ts_ms, open, high, low, close};
}
BarTicks flat(std::int64_t minute, std::int64_t price) {
  return bar(kStartMs + minute * kMinute, price, price, price, price);
}

}  // namespace

TEST_CASE("which intervals are made of which", "[feeds][roll_up]") {
  const auto divides = [](const char* part, const char* whole) {
    return RollUp::divides(interval_of(part), interval_of(whole));
  };
  for (const char* whole : {"3m", "5m", "15m", "1h", "4h", "1d", "3d", "1w", "1M"})
    CHECK(divides("1m", whole));
  CHECK(divides("1d", "1w"));
  CHECK(divides("1d", "1M"));
  CHECK(divides("1h", "1M"));
  CHECK_FALSE(divides("1w", "1M"));
  CHECK_FALSE(divides("3d", "1w"));  // 3d counts from the epoch, a Thursday
  CHECK_FALSE(divides("1m", "1m"));
  CHECK_FALSE(divides("5m", "1m"));
  CHECK_FALSE(divides("2m", "5m"));
  CHECK_FALSE(divides("1M", "1d"));
  CHECK_FALSE(divides("7m", "1d"));
}

TEST_CASE("a whole is open while its parts follow each other, and closed with the last", "[feeds][roll_up]") {
  RollUp roll(interval_of("1m"), interval_of("3m"));
  const auto first = roll.take(bar(kStartMs, 10, 12, 9, 11), 1.5, false);
  REQUIRE(first);
  CHECK(first->bar == bar(kStartMs, 10, 12, 9, 11));
  CHECK_FALSE(first->is_closed);
  roll.take(bar(kStartMs, 10, 12, 8, 11), 2, true);
  const auto second = roll.take(bar(kStartMs + kMinute, 11, 20, 11, 19), 3, false);
  CHECK(second->bar == bar(kStartMs, 10, 20, 8, 19));
  CHECK(second->volume == 5);
  roll.take(bar(kStartMs + kMinute, 11, 15, 11, 14), 3, true);
  const auto third = roll.take(bar(kStartMs + 2 * kMinute, 14, 16, 7, 8), 1, true);
  REQUIRE(third);
  CHECK(third->is_closed);
  CHECK(third->bar == bar(kStartMs, 10, 16, 7, 8));
  CHECK(third->volume == 6);
}

TEST_CASE("a hole below is a hole above, until it is filled", "[feeds][roll_up]") {
  RollUp roll(interval_of("1m"), interval_of("3m"));
  CHECK_FALSE(roll.take(flat(1, 100), 1, true));  // joined in the middle
  CHECK_FALSE(roll.take(flat(2, 101), 1, true));
  const auto filled = roll.take(flat(0, 99), 1, true);
  REQUIRE(filled);
  CHECK(filled->is_closed);
  CHECK(filled->bar == bar(kStartMs, 99, 101, 99, 101));
  roll.take(flat(3, 1), 1, true);
  CHECK_FALSE(roll.take(flat(5, 1), 1, true));
  CHECK(roll.take(flat(6, 1), 1, false));
}

TEST_CASE("D4: a correction of a part corrects the whole", "[feeds][roll_up][fault][D4]") {
  RollUp roll(interval_of("1m"), interval_of("3m"));
  for (int minute = 0; minute < 7; ++minute) roll.take(flat(minute, 100 + minute), 1, true);
  const auto corrected = roll.take(flat(1, 500), 2, true);
  REQUIRE(corrected);
  CHECK(corrected->is_closed);
  CHECK(corrected->bar == bar(kStartMs, 100, 500, 100, 102));
  CHECK(corrected->volume == 4);
  CHECK_FALSE(roll.take(flat(1, 7), 1, false));  // an open state is older than the final one
  for (int minute = 7; minute < 13; ++minute) roll.take(flat(minute, 1), 1, true);
  CHECK_FALSE(roll.take(flat(1, 600), 1, true));  // too old
}

TEST_CASE("weeks and months roll up from days as the calendar has them", "[feeds][roll_up][property]") {
  const std::string whole_text = GENERATE("1w", "1M", "4h", "1d");
  const core::Interval whole = interval_of(whole_text);
  const core::Interval part = interval_of(whole.is_month() || whole_text == "1w" ? "1d" : "15m");
  CAPTURE(whole_text);
  RollUp roll(part, whole);
  std::mt19937_64 random(7);
  std::map<std::int64_t, BarTicks> expected, given;
  std::map<std::int64_t, int> parts;
  std::int64_t ts = interval_of("1M").open_of(kStartMs);
  for (int i = 0; i < 400; ++i, ts = part.next_open_ms(ts)) {
    const auto draw = [&] { return static_cast<std::int64_t>(1 + random() % 1'000); };
    const std::int64_t open = draw(), close = draw();
    const BarTicks next = bar(ts, open, std::max(open, close) + draw(), std::min(open, close), close);
    const std::int64_t key = whole.open_of(ts);
    const auto [at, is_new] = expected.try_emplace(key, next);
    if (is_new) at->second.ts_open_ms = key;
    at->second.high = std::max(at->second.high, next.high);
    at->second.low = std::min(at->second.low, next.low);
    at->second.close = next.close;
    ++parts[key];
    const auto rolled = roll.take(next, 1, true);
    if (rolled && rolled->is_closed) given[rolled->bar.ts_open_ms] = rolled->bar;
  }
  std::size_t complete = 0;
  for (const auto& [key, want] : expected) {
    std::int64_t count = 0;
    for (std::int64_t t = key; t < whole.next_open_ms(key); t = part.next_open_ms(t)) ++count;
    if (parts[key] != count) continue;
    ++complete;
    CAPTURE(key);
    REQUIRE(given.count(key) == 1);
    REQUIRE(given[key] == want);
  }
  CHECK(given.size() == complete);
  CHECK(complete >= 3);
}

}  // namespace lockstep::feeds
