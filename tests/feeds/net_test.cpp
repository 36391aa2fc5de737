// Addresses, escapes, waits and budgets.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "feeds/net/backoff.hpp"
#include "feeds/net/escape.hpp"
#include "feeds/net/limiter.hpp"
#include "feeds/net/message_budget.hpp"
#include "feeds/net/url.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::feeds::net {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

const Time kNow = Time(1h);

}  // namespace

TEST_CASE("addresses are read with their defaults", "[feeds][url]") {
  const Url spot = parse_url("wss://stream.binance.com:9443", UrlKind::websocket);
  CHECK(spot.is_tls);
  CHECK(spot.host == "stream.binance.com");
  CHECK(spot.port == 9443);
  CHECK(spot.path.empty());
  CHECK(spot.authority() == "stream.binance.com:9443");

  const Url prefix = parse_url("wss://fstream.binance.com/market/", UrlKind::websocket);
  CHECK(prefix.port == 443);
  CHECK(prefix.path == "/market");
  CHECK(prefix.authority() == "fstream.binance.com");

  const Url v6 = parse_url("http://[::1]:8080/a/b", UrlKind::http);
  CHECK_FALSE(v6.is_tls);
  CHECK(v6.host == "::1");
  CHECK(v6.port == 8080);
  CHECK(v6.path == "/a/b");
  CHECK(v6.authority() == "[::1]:8080");
  CHECK(parse_url("http://localhost", UrlKind::http).port == 80);
}

TEST_CASE("a bad address is refused and the text is named", "[feeds][url]") {
  const std::string text =
      GENERATE("", "stream.binance.com", "http://a", "ws://", "ws://:80", "ws://a:", "ws://a:0",
               "ws://a:65536", "ws://a:80x", "ws://user@a", "ws://a/?b", "ws://a/#b", "ws://a b",
               "ws://a\r\nX: y", "ws://[::1", "ws://[zz]", "ws://a\\b", "WS://a", "ws://\xc3\xa9");
  CAPTURE(text);
  CHECK_THROWS_WITH(parse_url(text, UrlKind::websocket), Catch::Contains("url '" + escape(text) + "'"));
}

TEST_CASE("A9: outside bytes are escaped and cut", "[feeds][escape][fault][A9]") {
  CHECK(escape("plain <b> \"text\"") == "plain <b> \"text\"");
  CHECK(escape(std::string_view("a\nb\r\t\x1b[31m\\\0\xff", 13)) == "a\\nb\\r\\t\\x1b[31m\\x5c\\x00\\xff");
  CHECK(escape(std::string(300, 'x')) == std::string(200, 'x') + "...");
  CHECK(percent_encode("BTC/USD\xe5&x=1") == "BTC%2FUSD%E5%26x%3D1");
}

TEST_CASE("N5: waits double up to the cap, with full jitter", "[feeds][backoff][fault][N5]") {
  Backoff backoff(500ms, 30'000ms, 7);
  for (int round = 0; round < 2; ++round) {
    for (const auto cap : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16'000ms, 30'000ms, 30'000ms}) {
      const auto wait = backoff.next();
      CHECK(wait >= 0ms);
      CHECK(wait <= cap);
    }
    backoff.reset();
  }
  std::vector<std::int64_t> longest(8);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Backoff each(500ms, 30'000ms, seed);
    for (std::int64_t& wait : longest) wait = std::max<std::int64_t>(wait, each.next().count());
  }
  for (std::size_t i = 0; i < longest.size(); ++i) {
    CAPTURE(i);
    CHECK(longest[i] > 9 * std::min<std::int64_t>(30'000, 500 << i) / 10);
  }
  std::int64_t least = 1'000'000, most = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t wait = Backoff(1000ms, 1000ms, static_cast<std::uint64_t>(i)).next().count();
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  CHECK(least < 50);
  CHECK(most > 950);
}

TEST_CASE("N9: no window of a second holds more messages than the venue takes",
          "[feeds][message_budget][fault][N9]") {
  MessageBudget budget(5);
  for (int i = 0; i < 4; ++i) {
    REQUIRE(budget.wait(kNow, 1) == 0ns);
    budget.note_sent(kNow);
  }
  CHECK(budget.wait(kNow, 1) == MessageBudget::kWindow);  // a place is kept for pongs
  CHECK(budget.wait(kNow) == 0ns);
  budget.note_sent(kNow + 100ms);
  CHECK(budget.wait(kNow + 200ms) == MessageBudget::kWindow - 200ms);
  CHECK(budget.wait(kNow + MessageBudget::kWindow) == 0ns);
}

TEST_CASE("R1: a pause that a host asked for outlives the process", "[feeds][limiter][fault][R1]") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("lockstep-pauses-" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  const auto file = std::make_shared<PauseFile>(folder / "rest_pauses");
  {
    HostLimiter before(10);
    before.keep_pauses(file, "api.example:443", kNow);
    CHECK(before.wait(1, kNow) == 0ns);
    before.note_sent(1, kNow);
    before.note_answer(1, 418, std::nullopt, 7200s, kNow);
  }
  HostLimiter after(10), other(10);
  after.keep_pauses(file, "api.example:443", kNow);
  CHECK(after.wait(1, kNow) > 7190s);
  CHECK(after.wait(1, kNow) <= 7202s);
  other.keep_pauses(file, "other.example:443", kNow);
  CHECK(other.wait(1, kNow) == 0ns);
  // A wait that no venue names, words, and times gone by are not obeyed.
  const std::int64_t now_s =
      std::chrono::duration_cast<std::chrono::seconds>(PauseFile::WallClock::now().time_since_epoch())
          .count();
  std::ofstream(folder / "rest_pauses")
      << fmt::format("a:1 {} {}\nb:1 {} {}\nc:1 {} {}\ne:1 {} {}\nd:1 soon\n", now_s + 1'000'000, now_s,
                     now_s - 5, now_s - 10, now_s + 100, now_s - 10, now_s + 6'100, now_s + 6'000);
  CHECK(file->remaining("a:1", PauseFile::WallClock::now()) == 0s);
  CHECK(file->remaining("b:1", PauseFile::WallClock::now()) == 0s);
  CHECK(file->remaining("c:1", PauseFile::WallClock::now()) > 90s);
  CHECK(file->remaining("d:1", PauseFile::WallClock::now()) == 0s);
  // T1: the clock was set back since: no more than the whole pause again.
  CHECK(file->remaining("e:1", PauseFile::WallClock::now()) == 100s);
  std::filesystem::remove_all(folder);
}

TEST_CASE("requests are spaced where a host counts them by the second", "[feeds][limiter]") {
  HostLimiter limiter(1000, 4);
  CHECK(limiter.wait(1, kNow) == 0ns);
  limiter.note_sent(1, kNow);
  CHECK(limiter.wait(1, kNow) == 250ms);
  CHECK(limiter.wait(1, kNow + 250ms) == 0ns);
}

TEST_CASE("R1: weights are counted by the minute and corrected by the host",
          "[feeds][limiter][fault][R1][R7]") {
  HostLimiter limiter(10);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(limiter.wait(5, kNow) == 0ns);
    limiter.note_sent(5, kNow);
  }
  CHECK(limiter.wait(1, kNow + 1s) == 59s);
  limiter.note_answer(5, 200, std::nullopt, std::nullopt, kNow + 1s);
  CHECK(limiter.used() == 10);

  SECTION("somebody else at this address uses weight, too") {
    limiter.note_answer(5, 200, 400, std::nullopt, kNow + 2s);
    CHECK(limiter.used() == 400);
    CHECK(limiter.wait(1, kNow + 59s) == 1s);
  }
  SECTION("the host begins a new minute before we do") {
    limiter.note_sent(1, kNow + 2s);
    limiter.note_answer(5, 200, 10, std::nullopt, kNow + 2s);
    CHECK(limiter.wait(1, kNow + 3s) > 0ns);
    limiter.note_answer(1, 200, 1, std::nullopt, kNow + 4s);
    CHECK(limiter.used() == 1);
    CHECK(limiter.wait(9, kNow + 5s) == 0ns);
  }
  SECTION("our minute is over") {
    CHECK(limiter.wait(5, kNow + 60s) == 0ns);
  }
}

TEST_CASE("R1: Retry-After holds everybody back, and no header means long", "[feeds][limiter][fault][R1]") {
  HostLimiter limiter(100);
  limiter.note_sent(1, kNow);
  SECTION("429 with a time") {
    limiter.note_answer(1, 429, std::nullopt, 7s, kNow);
    CHECK(limiter.wait(1, kNow) == 7s);
    CHECK(limiter.wait(1, kNow + 7s) == 0ns);
  }
  SECTION("429 without") {
    limiter.note_answer(1, 429, std::nullopt, std::nullopt, kNow);
    CHECK(limiter.wait(1, kNow) == 60s);
  }
  SECTION("418 without") {
    limiter.note_answer(1, 418, std::nullopt, std::nullopt, kNow);
    CHECK(limiter.wait(1, kNow) == 600s);
  }
  SECTION("a shorter pause does not end a longer one") {
    limiter.note_answer(1, 418, std::nullopt, 100s, kNow);
    limiter.note_answer(1, 429, std::nullopt, 1s, kNow);
    CHECK(limiter.wait(1, kNow) == 100s);
  }
  SECTION("503 with a time") {
    limiter.note_answer(1, 503, std::nullopt, 3s, kNow);
    CHECK(limiter.wait(1, kNow) == 3s);
  }
  SECTION("a plain failure holds nobody back") {
    limiter.note_answer(1, 0, std::nullopt, std::nullopt, kNow);
    CHECK(limiter.wait(1, kNow) == 0ns);
  }
}

TEST_CASE("one host has one limiter", "[feeds][limiter]") {
  const auto one = limiter_of_host("example.test:443", 10);
  CHECK(limiter_of_host("example.test:443", 10) == one);
  CHECK(limiter_of_host("example.test:444", 10) != one);
}

}  // namespace lockstep::feeds::net
