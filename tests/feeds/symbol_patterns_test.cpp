// Names, patterns and the most traded symbols.
#include "feeds/symbol_patterns.hpp"

#include "feeds/symbol_lists.hpp"
#include "tests/feeds/feed_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {
namespace {

using Names = std::vector<std::string>;

const std::vector<feeds::KnownSymbol> kKnown = {{"BTCUSDT", true, 900},
                                                {"ETHBTC", true, 50},
                                                {"ETHUSDT", true, 700},
                                                {"ETHOLD", false, 999},
                                                {"SOLUSDT", true, 700}};

Names resolved(const Names& entries) {
  return feeds::resolve_symbols(entries, kKnown).symbols;
}

}  // namespace

TEST_CASE("a star is any text and a question mark one byte", "[feeds][symbol_patterns]") {
  CHECK(feeds::matches("*", ""));
  CHECK(feeds::matches("ETH*", "ETHUSDT"));
  CHECK(feeds::matches("*USDT", "ETHUSDT"));
  CHECK(feeds::matches("E*U*T", "ETHUSDT"));
  CHECK(feeds::matches("ETH????", "ETHUSDT"));
  CHECK(feeds::matches("BTC-*-SWAP", "BTC-USDT-SWAP"));
  CHECK_FALSE(feeds::matches("ETH*", "BETH"));
  CHECK_FALSE(feeds::matches("ETH?", "ETH"));
  CHECK_FALSE(feeds::matches("eth*", "ETHUSDT"));
  CHECK_FALSE(feeds::matches("", "X"));
}

TEST_CASE("symbols are named, matched or the most traded, each once", "[feeds][symbol_patterns]") {
  CHECK(resolved({"ETH*", "BTCUSDT"}) == Names{"ETHBTC", "ETHUSDT", "BTCUSDT"});
  CHECK(resolved({"BTCUSDT", "*"}) == Names{"BTCUSDT", "ETHBTC", "ETHUSDT", "SOLUSDT"});
  // What is equal goes by name; what does not trade is no choice, however much was traded.
  CHECK(resolved({"top:2"}) == Names{"BTCUSDT", "ETHUSDT"});
  CHECK(resolved({"top:2:ETH*"}) == Names{"ETHUSDT", "ETHBTC"});
  CHECK(resolved({"top:10000"}).size() == 4);
  // A name stays, known or not: the feed rejects it alone.
  CHECK(resolved({"NOSUCH", "SOL*"}) == Names{"NOSUCH", "SOLUSDT"});
}

TEST_CASE("an entry that matches nothing names the nearest symbol, escaped",
          "[feeds][symbol_patterns][fault][D16]") {
  const auto result = feeds::resolve_symbols(Names{"BTCUSD?X", "SOL*", "top:3:ET*HUSDTX"}, kKnown);
  CHECK(result.symbols == Names{"SOLUSDT"});
  CHECK(result.findings ==
        Names{"'BTCUSD?X' matches none of the 4 symbols that trade; 'BTCUSDT' is near",
              "'top:3:ET*HUSDTX' matches none of the 4 symbols that trade; 'ETHUSDT' is near"});
  CHECK(feeds::resolve_symbols(Names{"*\n\x1b[2J"}, kKnown).findings[0].find('\n') == std::string::npos);
  CHECK(feeds::nearest_symbol("QQQQQQ", Names{"BTCUSDT"}).empty());
}

TEST_CASE("top: needs a count from 1 to 10000", "[feeds][symbol_patterns]") {
  CHECK(feeds::parse_top("top:200")->count == 200);
  CHECK(feeds::parse_top("top:5:*USDT")->pattern == "*USDT");
  for (const char* wrong : {"top:", "top:0", "top:-1", "top:10001", "top:x", "top:5:", "top:5x", "BTCUSDT"}) {
    CAPTURE(wrong);
    CHECK_FALSE(feeds::parse_top(wrong));
  }
}

TEST_CASE("R2, R6: a list is looked up at the venue, asked for again after failures, within a limit",
          "[feeds][symbol_patterns][fault][R2][R6]") {
  MockVenue venue;
  std::atomic<int> asked{0};
  venue.on_http([&](const std::string& target) -> HttpReply {
    if (target.find("/api/v3/ticker/24hr") == 0) {
      return {200, R"([{"symbol":"BTCUSDT","quoteVolume":"5.5"},{"symbol":"ETHUSDT","quoteVolume":"7.5"}])"};
    }
    if (++asked == 1) return {503, "<html>busy</html>", "text/html"};
    return {200, exchange_info()};
  });
  feeds::FeedConfig config;
  config.venue = "binance_spot";
  config.rest_url = venue.rest_url();
  Names findings;
  config.symbols = {"top:1", "XYZ*"};
  CHECK(feeds::look_up_symbols(config, std::chrono::seconds(20), findings) == Names{"ETHUSDT"});
  CHECK(asked == 2);
  REQUIRE(findings.size() == 1);
  config.symbols = {"XYZ*"};
  CHECK_THROWS_WITH(feeds::look_up_symbols(config, std::chrono::seconds(20), findings),
                    Catch::Contains("'XYZ*' matches none of the 2 symbols that trade"));
  venue.on_http([](const std::string&) { return HttpReply{503, "no"}; });
  CHECK_THROWS_WITH(feeds::look_up_symbols(config, std::chrono::milliseconds(300), findings),
                    Catch::Contains("the symbol list of binance_spot could not be read within"));
  config.venue = "coinbase_exchange";
  config.symbols = {"top:3"};
  CHECK_THROWS_WITH(feeds::look_up_symbols(config, std::chrono::seconds(1), findings),
                    Catch::Contains("does not tell the volumes"));
}

}  // namespace lockstep::test
