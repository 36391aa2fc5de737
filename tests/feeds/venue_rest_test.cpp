// REST of the venues: what is asked, and what recorded answers say.
#include "tests/feeds/parsed_frame.hpp"

namespace lockstep::test {
namespace {

struct Entry {
  std::string tick;
  bool is_trading;
};

core::Series series_of(const std::string& symbol, const std::string& interval) {
  return {0, 0, "", symbol, *core::Interval::parse(interval)};
}

struct Rest {
  explicit Rest(const std::string& venue) : source(feeds::find_venue(venue)->make_rest()) {}

  std::map<std::string, Entry> listing(const std::string& fixture) {
    std::string body = fixture_text(fixture);
    std::map<std::string, Entry> all;
    error = source->parse_listing(
        body,
        [&](const feeds::ListedSymbol& s) {
          all[std::string(s.symbol)] = {std::string(s.tick_size), s.is_trading};
        },
        cursor);
    return all;
  }
  std::string bars_of(std::string body, const std::string& interval = "1m") {
    text = std::move(body);
    return error = source->parse_bars(text, *core::Interval::parse(interval), rows);
  }
  std::string target(const std::string& symbol, const std::string& interval, std::int64_t from_ms,
                     int count) {
    return source->bars_target(series_of(symbol, interval), from_ms, count).path;
  }

  std::unique_ptr<feeds::RestSource> source;
  std::string text, error, cursor;
  std::vector<feeds::HistoryRow> rows;
};

}  // namespace

TEST_CASE("Bybit's list and history", "[feeds][venue_rest]") {
  Rest rest("bybit_linear");
  const auto listed = rest.listing("bybit/rest_instruments_linear_20260809.json");
  CHECK(rest.error.empty());
  CHECK(listed.at("1000PEPEUSDT").tick == "0.0000010");
  CHECK(listed.at("1000PEPEUSDT").is_trading);
  CHECK(Rest("bybit_spot").listing("bybit/rest_instruments_spot_20260809.json").at("BTCUSDT").tick == "0.1");
  REQUIRE(rest.bars_of(fixture_text("bybit/rest_kline_linear_1d_20230914.json"), "1d").empty());
  REQUIRE(rest.rows.size() == 3);
  CHECK(rest.rows[0].bar.ts_open_ms == 1694649600000);  // newest first, the open one
  CHECK(rest.rows[0].ts_close_ms == 1694735999999);
  CHECK(rest.rows[1].bar.high == "34343");
  CHECK(rest.rows[2].bar.volume == "56642.088");
  CHECK(rest.target("BTCUSDT", "1h", 1694649600000, 3) ==
        "/v5/market/"
        "kline?category=linear&symbol=BTCUSDT&interval=60&start=1694649600000&end=1694656800000&limit=3");
  CHECK(rest.bars_of(R"({"retCode":10006,"retMsg":"Too many visits!","result":{},"time":1})") ==
        "kline: the venue answers code 10006 'Too many visits!'");
}

TEST_CASE("OKX's lists and history", "[feeds][venue_rest]") {
  Rest rest("okx");
  CHECK(rest.source->listing_target("").path == "/api/v5/public/instruments?instType=SPOT");
  CHECK(rest.listing("okx/rest_instruments_spot_20220513.json").at("BTC-USDT").tick == "0.1");
  CHECK(rest.cursor == "SWAP");
  CHECK(rest.listing("okx/rest_instruments_swap_20220513.json").at("BTC-USD-SWAP").is_trading);
  CHECK(rest.cursor.empty());
  REQUIRE(rest.bars_of(fixture_text("okx/rest_candles_1m_20250512.json")).empty());
  REQUIRE(rest.rows.size() == 2);
  CHECK(rest.rows[1].bar.ts_open_ms == 1747093980000);
  CHECK(rest.rows[1].bar.close == "102806.1");
  CHECK(rest.rows[1].bar.volume == "7164.04");
  // Both ends are exclusive.
  CHECK(rest.target("BTC-USDT", "1d", 1700006400000, 2) ==
        "/api/v5/market/candles?instId=BTC-USDT&bar=1Dutc&after=1700179200000&before=1700006399999&limit=2");
  std::string time = R"({"code":"0","data":[{"ts":"1800000000000"}],"msg":""})";
  std::int64_t now_ms = 0;
  REQUIRE(rest.source->parse_time(time, now_ms).empty());
  CHECK(now_ms == 1800000000000);
  CHECK(rest.target("BTC-USDT", "1m", 1700006400000, 300).find("/history-candles") != std::string::npos);
  CHECK(rest.bars_of(R"({"code":"51001","msg":"Instrument ID does not exist","data":[]})") ==
        "candles: the venue answers code 51001 'Instrument ID does not exist'");
}

TEST_CASE("Coinbase's lists and history", "[feeds][venue_rest]") {
  Rest rest("coinbase_advanced");
  const auto listed = rest.listing("coinbase_advanced/rest_products_20260809.json");
  CHECK(listed.at("BTC-USD").tick == "0.01");
  CHECK(listed.at("BTC-USD").is_trading);
  REQUIRE(rest.bars_of(fixture_text("coinbase_advanced/rest_candles_1h_20240404.json"), "1h").empty());
  REQUIRE(rest.rows.size() == 2);
  CHECK(rest.rows[0].bar.ts_open_ms == 1712192400000);
  CHECK(rest.rows[0].bar.low == "66055.14");
  CHECK(rest.rows[0].bar.high == "66331.99");
  CHECK(rest.rows[0].ts_close_ms == 1712195999999);
  CHECK(rest.target("BTC-USD", "5m", 1712192400000, 3) ==
        "/api/v3/brokerage/market/products/BTC-USD/"
        "candles?start=1712192400&end=1712193000&granularity=FIVE_MINUTE&limit=3");

  Rest exchange("coinbase_exchange");
  CHECK(exchange.listing("coinbase_exchange/rest_products_20210417.json").at("NU-GBP").tick == "0.0001");
  REQUIRE(exchange.bars_of(fixture_text("coinbase_exchange/rest_candles_1h_20240313.json"), "1h").empty());
  CHECK(exchange.rows.at(0).bar.low == "73241.5");
  CHECK(exchange.rows.at(0).bar.high == "73402.47");
  CHECK(exchange.rows.at(0).bar.open == "73243.33");
  CHECK(exchange.rows.at(0).bar.close == "73370.65");
  CHECK(exchange.target("BTC-USD", "1m", 1712192400000, 300) ==
        "/products/BTC-USD/candles?start=2024-04-04T01:00:00Z&end=2024-04-04T05:59:00Z&granularity=60");
}

TEST_CASE("Kraken's list names pairs as the websocket does, and history is asked by the other name",
          "[feeds][venue_rest]") {
  Rest rest("kraken_v2");
  const auto listed = rest.listing("kraken_v2/rest_assetpairs_2025.json");
  CHECK(rest.error.empty());
  CHECK(listed.at("BTC/USDT").tick == "0.1");
  CHECK(rest.target("BTC/USDT", "1h", 1762777080000, 720) ==
        "/0/public/OHLC?pair=XBTUSDT&interval=60&since=1762777079");
  CHECK(Rest("kraken_v2").listing("kraken_v2/rest_assetpairs_20210417.json").at("ADA/BTC").tick ==
        "0.00000001");
  REQUIRE(rest.bars_of(fixture_text("kraken_v2/rest_ohlc_1m_20251110.json")).empty());
  REQUIRE(rest.rows.size() == 721);
  CHECK(rest.rows[0].bar.ts_open_ms == 1762777020000);
  CHECK(rest.rows[2].bar.close == "106038.3");
  CHECK(rest.rows[2].bar.volume == "0.00032101");
  CHECK(rest.rows[720].bar.ts_open_ms == 1762820220000);
  // Errors come with HTTP 200.
  CHECK(rest.bars_of(R"({"error":["EGeneral:Too many requests"]})") ==
        "OHLC: the venue answers 'EGeneral:Too many requests'");
}

TEST_CASE("R2: bodies of another kind are refused with their beginning", "[feeds][venue_rest][fault][R2]") {
  for (const char* venue : {"bybit_spot", "okx", "coinbase_advanced", "coinbase_exchange", "kraken_v2"}) {
    CAPTURE(venue);
    Rest rest(venue);
    for (const char* body :
         {"", "<html>maintenance</html>", "{}", "{\"error\":1}", "{\"result\":[", "null", "\"ok\""}) {
      CAPTURE(body);
      CHECK_FALSE(rest.bars_of(body).empty());
      std::string text = body;
      std::int64_t time_ms = 0;
      CHECK_FALSE(rest.source->parse_time(text, time_ms).empty());
    }
    CHECK(rest.bars_of("<html>maintenance</html>").find("<html>") != std::string::npos);
  }
}

}  // namespace lockstep::test
