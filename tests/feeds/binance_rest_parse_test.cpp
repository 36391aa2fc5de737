// REST bodies of Binance, recorded and made up.
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "feeds/binance/parse_rest.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::feeds::binance {
namespace {

const core::Interval kMinute = *core::Interval::parse("1m");

std::string fixture(const std::string& name) {
  std::ifstream file(std::string(LOCKSTEP_SHARED_DIR "/fixtures/feeds/") + name);
  REQUIRE(file);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::map<std::string, std::string> tick_sizes(const std::string& name, std::int64_t& server_time_ms) {
  std::string body = fixture(name);
  std::map<std::string, std::string> ticks;
  RestParser parser;
  const ParseResult result = parser.parse_exchange_info(body, server_time_ms, [&](const SymbolInfo& info) {
    CHECK(info.status == "TRADING");
    ticks[std::string(info.symbol)] = info.tick_size;
  });
  REQUIRE(result.is_ok());
  return ticks;
}

}  // namespace

TEST_CASE("recorded klines give rows oldest first, printed or not", "[feeds][binance_rest]") {
  RestParser parser;
  std::vector<HistoryRow> rows;
  std::string spot = fixture("binance_spot/rest_klines_1m_20211022.json");
  REQUIRE(parser.parse_klines(spot, kMinute, rows).is_ok());
  REQUIRE(rows.size() == 10);
  CHECK(rows[0].bar.ts_open_ms == 1634943780000);
  CHECK(rows[0].bar.open == "60685.22000000");
  CHECK(rows[0].bar.high == "60729.84000000");
  CHECK(rows[0].bar.low == "60670.90000000");
  CHECK(rows[0].bar.close == "60719.27000000");
  CHECK(rows[0].bar.volume == "21.63272000");
  CHECK(rows[0].ts_close_ms == 1634943839999);
  CHECK(rows[9].bar.ts_open_ms == 1634944320000);

  std::string usdm = fixture("binance_usdm/rest_klines_5m_20210321.json");
  REQUIRE(parser.parse_klines(usdm, kMinute, rows).is_ok());
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].bar.ts_open_ms == 1616339100000);
  CHECK(rows[1].bar.close == "57206.47");
  CHECK(rows[1].ts_close_ms == 1616339399999);
}

TEST_CASE("recorded exchangeInfo gives the tick sizes", "[feeds][binance_rest]") {
  std::int64_t server_time_ms = 0;
  const auto spot = tick_sizes("binance_spot/rest_exchangeinfo_20211012.json", server_time_ms);
  CHECK(server_time_ms == 1633998511098);
  CHECK(spot.size() == 12);
  CHECK(spot.at("BTCUSDT") == "0.01000000");
  CHECK(spot.at("XRPETH") == "0.00000010");
  CHECK(spot.at("SHIBUSDT") == "0.00000001");
  const auto usdm = tick_sizes("binance_usdm/rest_exchangeinfo_20210721.json", server_time_ms);
  CHECK(server_time_ms == 1626858243909);
  CHECK(usdm.size() == 6);
  CHECK(usdm.at("BTCUSDT_210924") == "0.1");
  CHECK(usdm.at("DOGEUSDT") == "0.000010");
}

TEST_CASE("recorded trades give price, quantity, id and time", "[feeds][binance_rest]") {
  RestParser parser;
  std::vector<TradeRow> rows;
  std::string body = fixture("binance_spot/rest_trades_20211022.json");
  REQUIRE(parser.parse_trades(body, rows).is_ok());
  REQUIRE(rows.size() == 10);
  CHECK(rows[9].trade_id == "1111468882");
  CHECK(rows[9].price == "60654.99000000");
  CHECK(rows[9].quantity == "0.00997000");
  CHECK(rows[9].ts_event_ms == 1634942950067);
}

TEST_CASE("R2: what is no proper answer is refused", "[feeds][binance_rest][fault][R2]") {
  RestParser parser;
  std::vector<HistoryRow> rows;
  std::int64_t server_time_ms = 0;
  for (const char* text :
       {"<html>maintenance</html>", "", "{}", "[[1,\"1\"]]", "[1]", "[[\"1\"]]", "[[1,2,3,4,5,6,7]",
        "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}", "[[1,null,\"1\",\"1\",\"1\",\"1\",2]]"}) {
    std::string body = text;
    CAPTURE(text);
    CHECK_FALSE(parser.parse_klines(body, kMinute, rows).is_ok());
  }
  for (const char* text : {"{}", "[]", "x", "{\"serverTime\":\"1\"}", "{\"serverTime\":1700000000}",
                           "{\"serverTime\":1700000000000,\"serverTime\":1700000000000}"}) {
    std::string body = text;
    CAPTURE(text);
    CHECK_FALSE(parser.parse_server_time(body, server_time_ms).is_ok());
  }
  std::string good = "{\"serverTime\":1700000000000}";
  REQUIRE(parser.parse_server_time(good, server_time_ms).is_ok());
  CHECK(server_time_ms == 1700000000000);
}

}  // namespace lockstep::feeds::binance
