// lockstep decode, as its users call it.
#include "tools/decode_command.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/feeds/mock_venue.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {
namespace {

using nlohmann::json;

struct Decoded {
  int exit_code = -1;
  std::vector<json> lines;
  std::string errors;
};

/// Runs the command with its streams caught.
Decoded decode(const std::string& file, const std::string& venue = "binance_spot",
               const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out, errors;
  auto* cin = std::cin.rdbuf(in.rdbuf());
  auto* cout = std::cout.rdbuf(out.rdbuf());
  auto* cerr = std::cerr.rdbuf(errors.rdbuf());
  Decoded decoded;
  CLI::App app;
  std::function<int()> run;
  tools::add_decode_command(app, run);
  try {
    app.parse("decode --venue " + venue + " " + file);
    decoded.exit_code = run();
  } catch (const CLI::ParseError&) {
    decoded.exit_code = 2;
  }
  std::cin.rdbuf(cin);
  std::cout.rdbuf(cout);
  std::cerr.rdbuf(cerr);
  decoded.errors = errors.str();
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) decoded.lines.push_back(json::parse(line));
  return decoded;
}

std::string fixture(const std::string& name) {
  return std::string(LOCKSTEP_SHARED_DIR "/fixtures/feeds/") + name;
}

}  // namespace

TEST_CASE("decode gives the fields of the contract as they came", "[feeds][decode]") {
  const Decoded bar = decode(fixture("binance_usdm/ws_kline_closed_20260726.json"), "binance_usdm");
  CHECK(bar.exit_code == 0);
  REQUIRE(bar.lines.size() == 1);
  CHECK(bar.lines[0] ==
        json::parse(R"({"kind":"bar","symbol":"BTCUSDT","interval":"1m","ts_open_ms":1785048480000,
    "ts_event_ms":1785048540333,"closed":true,"open":"64346.70","high":"64346.70","low":"64336.00","close":"64346.70",
    "volume":"24.8783"})"));

  const Decoded trades = decode(fixture("binance_spot/ws_trade_btcusdt_20240808.jsonl"));
  REQUIRE(trades.lines.size() == 3000);
  CHECK(trades.lines[2999] == json::parse(R"({"kind":"trade","symbol":"BTCUSDT","ts_event_ms":1723161412187,
    "price":"61724.60000000","qty":"0.00009000","trade_id":"3735686258"})"));

  const Decoded session = decode(fixture("binance_spot/ws_combined_session_20211012.jsonl"));
  REQUIRE(session.lines.size() == 265);
  CHECK(session.lines[0] == json::parse(R"({"kind":"unknown"})"));
  CHECK(session.lines[109]["symbol"] == "NKNUSDT");
  CHECK(decode(fixture("binance_spot/ws_subscribe_ack.json")).lines.at(0)["kind"] == "ack");
}

TEST_CASE("decode gives one bar a row of a REST body, printed or not", "[feeds][decode]") {
  const Decoded printed = decode(fixture("binance_spot/rest_klines_1m_20211022.json"));
  CHECK(printed.exit_code == 0);
  REQUIRE(printed.lines.size() == 10);
  CHECK(printed.lines[0] == json::parse(R"({"kind":"bar","ts_open_ms":1634943780000,"open":"60685.22000000",
    "high":"60729.84000000","low":"60670.90000000","close":"60719.27000000","volume":"21.63272000"})"));
  CHECK(decode(fixture("binance_usdm/rest_klines_5m_20210321.json"), "binance_usdm").lines.size() == 2);
  CHECK(decode(fixture("binance_spot/rest_trades_20211022.json")).lines.at(9)["trade_id"] == "1111468882");
  CHECK(decode(fixture("binance_spot/rest_exchangeinfo_20211012.json")).lines.at(0)["kind"] == "unknown");
}

TEST_CASE("decode names file and line of what is malformed, and goes on", "[feeds][decode]") {
  const std::string good = R"({"result":null,"id":1})";
  const TemporaryFile file(good + "\n\n{\"result\":\nnot json\n" + R"({"e":"kline","E":1,"s":"X"})" + "\n" +
                           R"({"code":2,"msg":"a\"b\u0001","id":1})" + "\n");
  const Decoded decoded = decode(file.path());
  CHECK(decoded.exit_code == 3);
  REQUIRE(decoded.lines.size() == 2);
  CHECK(decoded.lines[1] == json({{"kind", "error"}, {"code", 2}, {"message", "a\"b\x01"}}));
  CHECK(decoded.errors == file.path() + ":3: not valid JSON\n" + file.path() +
                              ":4: not the expected JSON: a frame is an object\n" + file.path() +
                              ":5: missing field k\n");
}

TEST_CASE("decode reads standard input and tells wrong usage from missing files", "[feeds][decode]") {
  CHECK(decode("-", "binance_spot", "{\"result\":null,\"id\":1}\n").lines.size() == 1);
  CHECK(decode("-", "binance_spot", "[\n[1634943780000,\"1\",\"1\",\"1\",\"1\",\"1\",1634943839999]\n]\n")
            .lines.size() == 1);
  CHECK(decode("-", "nyse").exit_code == 2);
  const Decoded missing = decode("/no/such/file");
  CHECK(missing.exit_code == 4);
  CHECK(missing.errors == "/no/such/file: cannot be opened\n");
}

}  // namespace lockstep::test
