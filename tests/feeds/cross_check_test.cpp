// Bars against those made from trades, and the venue's clock against ours.
#include "feeds/cross_check.hpp"

#include "feeds/clock_offset.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::feeds {
namespace {

constexpr std::int64_t kMinute = 60'000;

BarTicks bar(std::int64_t minute, std::int64_t close) {
  return {minute * kMinute, 100, std::max<std::int64_t>(close, 110), std::min<std::int64_t>(close, 90),
          close};
}
BarTicks flat(std::int64_t minute) {
  return {minute * kMinute, 100, 100, 100, 100};
}
std::deque<ToldBar> told(std::initializer_list<BarTicks> bars) {
  std::deque<ToldBar> out;
  for (const BarTicks& each : bars) out.push_back({each, 2});
  return out;
}

}  // namespace

TEST_CASE("D4: a bar that trades make otherwise is given once, whichever came first",
          "[feeds][cross_check][fault][D4]") {
  CrossCheck check;
  check.made(bar(1, 105), 2);
  CHECK(check.look(told({bar(0, 101)})).empty());  // the series has not been told yet
  const auto differences = check.look(told({bar(0, 101), bar(1, 104)}));
  REQUIRE(differences.size() == 1);
  CHECK(differences[0].told == bar(1, 104));
  CHECK(differences[0].made == bar(1, 105));
  CHECK(check.look(told({bar(0, 101), bar(1, 104)})).empty());
  CHECK(check.counters().compared == 1);
  CHECK(check.counters().different == 1);
  CHECK(check.counters().corrected == 0);
  // History had it as trades do.
  CHECK(check.look(told({bar(0, 101), bar(1, 105)})).empty());
  CHECK(check.counters().corrected == 1);
  CHECK(check.counters().different == 1);
}

TEST_CASE("a bar that trades make as it was told is no news", "[feeds][cross_check]") {
  CrossCheck check;
  for (std::int64_t minute = 1; minute < 100; ++minute) {
    check.made(bar(minute, 100 + minute % 7), 2);
    CHECK(check.look(told({bar(minute - 1, 1), bar(minute, 100 + minute % 7)})).empty());
  }
  CHECK(check.counters().compared == 99);
  check.made(bar(100, 105), 3);  // at another scale there is nothing to compare
  CHECK(check.look(told({bar(100, 104)})).empty());
  CHECK(check.counters().compared == 99);
}

TEST_CASE("a late trade compares its bar once more", "[feeds][cross_check]") {
  CrossCheck check;
  check.made(bar(1, 105), 2);
  CHECK(check.look(told({bar(1, 105)})).empty());
  check.made(bar(1, 106), 2);
  CHECK(check.look(told({bar(1, 105)})).size() == 1);
}

TEST_CASE("D7: where nothing was traded a bar is flat, or it differs", "[feeds][cross_check][fault][D7]") {
  CrossCheck check;
  check.made(bar(1, 100), 2);
  check.made(bar(4, 103), 2);
  CHECK(check.look(told({bar(1, 100), flat(2), flat(3)})).empty());
  CHECK(check.look(told({bar(1, 100), flat(2), flat(3), bar(4, 103)})).empty());
  CHECK(check.counters().compared == 4);
  check.made(bar(6, 100), 2);
  const auto differences = check.look(told({bar(4, 103), bar(5, 104), bar(6, 100)}));
  REQUIRE(differences.size() == 1);
  CHECK(differences[0].told == bar(5, 104));
  CHECK_FALSE(differences[0].made);
  // After a hole among the trades nothing is known of the time before.
  check.reset();
  check.made(bar(9, 100), 2);
  CHECK(check.look(told({bar(6, 100), bar(7, 104), bar(8, 1), bar(9, 100)})).empty());
}

TEST_CASE("T1: the clock's offset is this machine's time less the venue's, as its answers say",
          "[feeds][clock_offset][fault][T1]") {
  constexpr std::int64_t kMs = 1'000'000;
  ClockOffset offset;
  CHECK_FALSE(offset.ms(1'700'000'000'000, 5 * kMs));
  // Asked at 1000 ms of the monotonic clock, answered at 1040: the venue's time is of the middle.
  offset.note(1'700'000'000'123, 1000 * kMs, 1040 * kMs);
  CHECK(offset.ms(1'700'000'000'123, 1020 * kMs) == 0);
  CHECK(offset.ms(1'700'000'005'123, 1020 * kMs) == 5'000);       // ours is five seconds ahead
  CHECK(offset.ms(1'700'000'060'123, 61'020 * kMs) == 0);         // both went on
  CHECK(offset.ms(1'699'999'760'123, 61'020 * kMs) == -300'000);  // ours was set back: seen at once
  CHECK(offset.uncertainty_ms() == 21);
  offset.note(1'700'000'001'000, 1000 * kMs, 1000 * kMs);  // whole seconds
  CHECK(offset.ms(1'700'000'001'500, 1000 * kMs) == 0);
  CHECK(offset.uncertainty_ms() == 501);
}

}  // namespace lockstep::feeds
