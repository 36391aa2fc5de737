#include <algorithm>
#include <set>
#include <string>

#include "replay/sim/detail/bar_history.hpp"
#include "replay/sim/detail/market_model.hpp"
#include "replay/sim/detail/sim_interval.hpp"
#include "replay/sim/detail/venue_text.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::sim {
namespace {

constexpr std::int64_t kMinute = 28'333'334;  // November 2023

std::string row(const VenueText& text, const SymbolSpec& spec, const SimBar& bar) {
  std::string out;
  text.append_row(out, spec, kSimIntervals[0], bar);
  return out;
}

TEST_CASE("every made-up bar is consistent in itself and with its neighbours", "[replay][sim_market]") {
  const MarketModel model(GENERATE(1u, 2u, 99u), 21);
  for (int symbol = 0; symbol < model.size(); ++symbol) {
    SimBar before = model.bar(symbol, kMinute - 1);
    std::int64_t last_id = -1;
    for (std::int64_t minute = kMinute; minute < kMinute + 3000; ++minute) {
      CAPTURE(model.spec(symbol).name, minute);
      const SimBar bar = model.bar(symbol, minute);
      REQUIRE(bar.ts_open_ms == minute * kMinuteMs);
      REQUIRE(bar.low >= 1);
      REQUIRE(bar.low <= std::min(bar.open, bar.close));
      REQUIRE(bar.high >= std::max(bar.open, bar.close));
      if (bar.trades == 0) {
        REQUIRE(bar.open == before.close);
        REQUIRE(bar.high == bar.low);
        REQUIRE((bar.first_id == -1 && bar.last_id == -1 && bar.volume == 0 && bar.quote == 0));
      } else {
        REQUIRE(bar.trades == bar.last_id - bar.first_id + 1);
        if (last_id >= 0) REQUIRE(bar.first_id == last_id + 1);
        last_id = bar.last_id;
        REQUIRE(bar.volume >= bar.trades);
        REQUIRE(bar.taker_volume <= bar.volume);
        REQUIRE(bar.quote >= bar.volume * bar.low * model.spec(symbol).tick_units);
        REQUIRE(bar.quote <= bar.volume * bar.high * model.spec(symbol).tick_units);
      }
      before = bar;
    }
  }
}

TEST_CASE("an open bar grows monotonically into its final form", "[replay][sim_market]") {
  const MarketModel model(5, 8);
  for (int symbol = 0; symbol < model.size(); ++symbol) {
    for (std::int64_t minute = kMinute; minute < kMinute + 100; ++minute) {
      const SimBar last = model.bar(symbol, minute);
      SimBar before = model.partial_bar(symbol, minute, 0);
      REQUIRE(before.open == last.open);
      for (std::int64_t elapsed = 500; elapsed <= kMinuteMs; elapsed += 500) {
        CAPTURE(model.spec(symbol).name, minute, elapsed);
        const SimBar bar = model.partial_bar(symbol, minute, elapsed);
        REQUIRE((bar.open == last.open && bar.first_id == last.first_id));
        REQUIRE((bar.high >= before.high && bar.high <= last.high));
        REQUIRE((bar.low <= before.low && bar.low >= last.low));
        REQUIRE((bar.close <= bar.high && bar.close >= bar.low));
        REQUIRE((bar.trades >= before.trades && bar.trades <= last.trades));
        REQUIRE((bar.volume >= before.volume && bar.volume <= last.volume && bar.volume >= bar.trades));
        REQUIRE((bar.quote >= before.quote && bar.quote <= last.quote));
        REQUIRE((bar.taker_volume <= bar.volume && bar.taker_volume <= last.taker_volume));
        before = bar;
      }
      const VenueText text(Dialect::binance_spot);
      REQUIRE(row(text, model.spec(symbol), before) == row(text, model.spec(symbol), last));
    }
  }
}

TEST_CASE("a bar depends on seed, symbol and minute only", "[replay][sim_market]") {
  const VenueText text(Dialect::binance_spot);
  const MarketModel few(3, 8), many(3, 5000), other(4, 8);
  int equal = 0;
  for (std::int64_t minute = kMinute; minute < kMinute + 50; ++minute) {
    for (int symbol = 0; symbol < 8; ++symbol) {
      const std::string bar = row(text, few.spec(symbol), few.bar(symbol, minute));
      REQUIRE(bar == row(text, many.spec(symbol), many.bar(symbol, minute)));
      equal += bar == row(text, other.spec(symbol), other.bar(symbol, minute)) ? 1 : 0;
    }
  }
  REQUIRE(equal < 40);
  // A row written down once: the market must not change from one version to the next unnoticed.
  REQUIRE(row(text, few.spec(0), few.bar(0, kMinute)) ==
          R"([1700000040000,"106.82000000","106.83000000","106.81000000","106.83000000","23.72100000",)"
          R"(1700000099999,"2533.87722000",98,"12.50000000","1335.25000000","0"])");
}

TEST_CASE("symbols have plausible, distinct names", "[replay][sim_market]") {
  const MarketModel model(1, 10'000);
  std::set<std::string> names;
  for (int symbol = 0; symbol < model.size(); ++symbol) {
    const SymbolSpec& spec = model.spec(symbol);
    names.insert(spec.name);
    REQUIRE(model.find(spec.name) == symbol);
    REQUIRE(model.find_stream(spec.stream_name) == symbol);
    REQUIRE(spec.price_decimals + spec.quantity_decimals <= 8);
  }
  REQUIRE(names.size() == 10'000);
  REQUIRE(model.spec(0).name == "TRENDUSDT");
  REQUIRE(model.spec(4).name == "TINYBTC");
  REQUIRE(model.spec(7).name == "SIM0008USDT");
  REQUIRE(model.spec(9'999).name == "SIM10000USDT");
  REQUIRE_FALSE(model.find("trendusdt"));
}

TEST_CASE("symbols behave as their characters say", "[replay][sim_market]") {
  const MarketModel model(1, 7);
  const auto share = [&](Character character, auto claim) {
    int count = 0;
    for (std::int64_t minute = kMinute; minute < kMinute + 4000; ++minute) {
      const auto symbol = static_cast<int>(character);
      count += claim(model.bar(symbol, minute - 1), model.bar(symbol, minute)) ? 1 : 0;
    }
    return count / 4000.0;
  };
  const auto is_quiet = [](const SimBar&, const SimBar& bar) { return bar.trades == 0; };
  const auto has_jumped = [](const SimBar& before, const SimBar& bar) {
    return std::abs(bar.open - before.close) * 200 > before.close;
  };
  const auto is_unchanged = [](const SimBar& before, const SimBar& bar) { return bar.close == before.close; };
  REQUIRE(share(Character::quiet, is_quiet) > 0.5);
  REQUIRE(share(Character::trending, is_quiet) == 0.0);
  REQUIRE(share(Character::gapping, has_jumped) > 0.02);
  REQUIRE(share(Character::trending, has_jumped) == 0.0);
  REQUIRE(share(Character::coarse, is_unchanged) > 0.3);
  REQUIRE(share(Character::giant, is_unchanged) < 0.01);
}

TEST_CASE("longer bars are aggregated from the minutes", "[replay][sim_market]") {
  const MarketModel model(1, 8);
  const BarHistory history(model, kMinute);
  const SimInterval& five = kSimIntervals[static_cast<std::size_t>(find_sim_interval("5m"))];
  const std::int64_t open_ms = five.open_of((kMinute + 20) * kMinuteMs);
  for (int symbol = 0; symbol < model.size(); ++symbol) {
    const SimBar bar = history.bar(symbol, five, open_ms, open_ms + five.ms).value();
    SimBar want = model.bar(symbol, open_ms / kMinuteMs);
    for (int i = 1; i < 5; ++i) {
      const SimBar next = model.bar(symbol, open_ms / kMinuteMs + i);
      want.high = std::max(want.high, next.high);
      want.low = std::min(want.low, next.low);
      want.close = next.close;
      want.volume += next.volume;
      want.trades += next.trades;
    }
    REQUIRE(
        (bar.open == want.open && bar.high == want.high && bar.low == want.low && bar.close == want.close));
    REQUIRE((bar.volume == want.volume && bar.trades == want.trades));
    REQUIRE((bar.trades == 0 || bar.last_id - bar.first_id + 1 == bar.trades));
  }
  // History that begins within a bar gives a shorter bar at the proper open time.
  const SimBar first = history.bar(0, five, history.first_open_ms(five), (kMinute + 10) * kMinuteMs).value();
  REQUIRE(first.ts_open_ms % five.ms == 0);
  REQUIRE(first.first_id == model.bar(0, kMinute).first_id);
}

TEST_CASE("D7: where minutes without trades are no bars, a longer bar begins with its first trade",
          "[replay][sim_market][fault][D7]") {
  const MarketModel model(1, 8);
  const BarHistory with(model, kMinute), without(model, kMinute, false);
  const SimInterval& five = kSimIntervals[static_cast<std::size_t>(find_sim_interval("5m"))];
  int late_begins = 0;
  for (int symbol = 0; symbol < model.size(); ++symbol) {
    for (int n = 1; n < 500; ++n) {
      const std::int64_t open_ms = five.open_of((kMinute + 5 * n) * kMinuteMs);
      std::vector<SimTrade> trades;
      for (int i = 0; i < 5; ++i) {
        const auto of_minute = model.trades(symbol, open_ms / kMinuteMs + i);
        trades.insert(trades.end(), of_minute.begin(), of_minute.end());
      }
      const SimBar bar = without.bar(symbol, five, open_ms, open_ms + five.ms).value();
      REQUIRE(bar.ts_open_ms == open_ms);
      REQUIRE(bar.trades == static_cast<std::int64_t>(trades.size()));
      if (trades.empty()) continue;
      const auto [low, high] =
          std::minmax_element(trades.begin(), trades.end(),
                              [](const SimTrade& a, const SimTrade& b) { return a.price < b.price; });
      REQUIRE((bar.open == trades.front().price && bar.close == trades.back().price));
      REQUIRE((bar.low == low->price && bar.high == high->price));
      late_begins += with.bar(symbol, five, open_ms, open_ms + five.ms)->open != bar.open ? 1 : 0;
    }
  }
  REQUIRE(late_begins > 10);
}

TEST_CASE("weeks open on Monday and months on the first", "[replay][sim_market]") {
  const SimInterval& week = kSimIntervals[static_cast<std::size_t>(find_sim_interval("1w"))];
  const SimInterval& month = kSimIntervals[static_cast<std::size_t>(find_sim_interval("1M"))];
  const std::int64_t ts = 1'709'210'096'000;                         // Thursday 2024-02-29T12:34:56Z
  REQUIRE(week.open_of(ts) == 1'708'905'600'000);                    // Monday 2024-02-26
  REQUIRE(month.open_of(ts) == 1'706'745'600'000);                   // 2024-02-01
  REQUIRE(month.next_open(month.open_of(ts)) == 1'709'251'200'000);  // 2024-03-01
  REQUIRE(find_sim_interval("1s") == -1);
  REQUIRE(find_sim_interval("1month") == -1);
}

}  // namespace
}  // namespace lockstep::sim
