// Frames of Binance, from recordings and made up, to plain structs.
#include "feeds/binance/parse.hpp"

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace lockstep::feeds::binance {
namespace {

/// Keeps the bytes, with room behind them, for as long as the texts of the frame are looked at.
struct Parsed {
  explicit Parsed(std::string text) : bytes(std::move(text)) {
    bytes.reserve(bytes.size() + kJsonPadding);
    result = parser.parse(bytes, frame);
  }
  std::string bytes;
  BinanceFrameParser parser;
  Frame frame;
  ParseResult result;
};

std::vector<std::string> fixture_lines(const std::string& name) {
  std::ifstream file(std::string(LOCKSTEP_SHARED_DIR "/fixtures/feeds/") + name);
  REQUIRE(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::map<FrameKind, int> count_kinds(const std::string& name) {
  std::map<FrameKind, int> kinds;
  for (const std::string& line : fixture_lines(name)) {
    const Parsed parsed(line);
    CAPTURE(line, parsed.result.text());
    REQUIRE(parsed.result.is_ok());
    ++kinds[parsed.frame.kind];
  }
  return kinds;
}

const std::string kKline =
    R"({"e":"kline","E":1653818762502,"s":"BTCUSDT","k":{"t":1653818760000,"T":1653818819999,"s":"BTCUSDT","i":"1m",)"
    R"("o":"29038.46","c":"29038.47","h":"29038.48","l":"29038.45","v":"0.2","n":31,"x":false}})";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a recorded spot kline gives every field as it came", "[feeds][binance_parse]") {
  const Parsed parsed(fixture_lines("binance_spot/ws_kline_open_20220529.json").front());
  REQUIRE(parsed.result.is_ok());
  REQUIRE(parsed.frame.kind == FrameKind::bar);
  const BarRecord& kline = parsed.frame.bars.at(0);
  CHECK(kline.symbol == "BTCUSDT");
  CHECK(kline.interval == "1m");
  CHECK(kline.ts_event_ms == 1653818762502);
  CHECK(kline.bar.ts_open_ms == 1653818760000);
  CHECK(kline.bar.open == "29038.46000000");
  CHECK(kline.bar.high == "29038.47000000");
  CHECK(kline.bar.low == "29038.46000000");
  CHECK(kline.bar.close == "29038.47000000");
  CHECK(kline.bar.volume == "0.20926000");
  CHECK_FALSE(kline.is_closed());
}

TEST_CASE("a recorded USD-M closing kline with blanks in it is closed", "[feeds][binance_parse]") {
  const Parsed parsed(fixture_lines("binance_usdm/ws_kline_closed_20260726.json").front());
  REQUIRE(parsed.result.is_ok());
  const BarRecord& kline = parsed.frame.bars.at(0);
  CHECK(kline.is_closed());
  CHECK(kline.ts_event_ms == 1785048540333);
  CHECK(kline.bar.ts_open_ms == 1785048480000);
  CHECK(kline.bar.open == "64346.70");
  CHECK(kline.bar.low == "64336.00");
  CHECK(kline.bar.volume == "24.8783");
}

TEST_CASE("a bar without trades is a bar", "[feeds][binance_parse]") {
  const auto lines = fixture_lines("binance_spot/ws_kline_close_tr_20230410.jsonl");
  const Parsed parsed(lines.at(1));
  REQUIRE(parsed.result.is_ok());
  CHECK(parsed.frame.bars.at(0).symbol == "BELBTC");
  CHECK(parsed.frame.bars.at(0).is_closed());
  CHECK(parsed.frame.bars.at(0).bar.close == "0.00002369");
  CHECK(parsed.frame.bars.at(0).bar.volume == "0.00000000");
}

TEST_CASE("the month keeps its capital letter", "[feeds][binance_parse]") {
  const Parsed parsed(fixture_lines("binance_usdm/ws_kline_open_1month_20220529.json").front());
  REQUIRE(parsed.result.is_ok());
  CHECK(parsed.frame.bars.at(0).interval == "1M");
  CHECK(parsed.frame.bars.at(0).bar.high == "40071.70");
}

TEST_CASE("recorded trades and aggregate trades give price, quantity and id", "[feeds][binance_parse]") {
  const Parsed spot(fixture_lines("binance_spot/ws_trade_btcusdt_20240808.jsonl").front());
  REQUIRE(spot.result.is_ok());
  REQUIRE(spot.frame.kind == FrameKind::trade);
  CHECK(spot.frame.trades.at(0).symbol == "BTCUSDT");
  CHECK(spot.frame.trades.at(0).ts_event_ms == 1723161255342);  // T: when it was traded
  CHECK(spot.frame.ts_event_ms == 1723161255343);               // E: when it was sent
  CHECK(spot.frame.trades.at(0).price == "61837.63000000");
  CHECK(spot.frame.trades.at(0).quantity == "0.02000000");
  CHECK(spot.frame.trades.at(0).trade_id == "3735683259");
  CHECK(spot.frame.trades.at(0).origin.empty());

  const Parsed fund(fixture_lines("binance_usdm/ws_trade_insurance_fund_20230405.jsonl").front());
  REQUIRE(fund.result.is_ok());
  CHECK(fund.frame.trades.at(0).origin == "INSURANCE_FUND");
  CHECK(fund.frame.trades.at(0).trade_id == "3535191080");

  const Parsed aggregate(fixture_lines("binance_usdm/ws_aggtrade_20260726.json").front());
  REQUIRE(aggregate.result.is_ok());
  REQUIRE(aggregate.frame.kind == FrameKind::trade);
  CHECK(aggregate.frame.trades.at(0).trade_id == "300238285");
  CHECK(aggregate.frame.trades.at(0).price == "64346.70");
  CHECK(aggregate.frame.trades.at(0).quantity == "0.0200");
}

TEST_CASE("every recorded frame is understood or skipped", "[feeds][binance_parse]") {
  using Kinds = std::map<FrameKind, int>;
  CHECK(count_kinds("binance_spot/ws_combined_session_20211012.jsonl") ==
        Kinds{{FrameKind::bar, 2}, {FrameKind::trade, 2}, {FrameKind::unknown, 261}});
  CHECK(count_kinds("binance_spot/ws_kline_aggtrade_us_20211012.jsonl") ==
        Kinds{{FrameKind::bar, 5}, {FrameKind::trade, 11}});
  CHECK(count_kinds("binance_usdm/ws_combined_session_20210722.jsonl") ==
        Kinds{{FrameKind::bar, 37}, {FrameKind::trade, 43}, {FrameKind::unknown, 540}});
  CHECK(count_kinds("binance_spot/ws_trade_btcusdt_20240808.jsonl") == Kinds{{FrameKind::trade, 3000}});
  CHECK(count_kinds("binance_usdm/ws_trade_btcusdt_20240808.jsonl") == Kinds{{FrameKind::trade, 3000}});
}

TEST_CASE("answers to requests are told apart", "[feeds][binance_parse]") {
  const Parsed ack(fixture_lines("binance_spot/ws_subscribe_ack.json").front());
  REQUIRE(ack.result.is_ok());
  CHECK(ack.frame.kind == FrameKind::ack);
  CHECK(ack.frame.reply.id == 1);

  const Parsed flat(R"({"code":2,"msg":"Invalid request: \"x\"","id":7})");
  REQUIRE(flat.result.is_ok());
  CHECK(flat.frame.kind == FrameKind::error);
  CHECK(flat.frame.reply.code == 2);
  CHECK(flat.frame.reply.id == 7);
  CHECK(flat.frame.reply.message == "Invalid request: \"x\"");

  const Parsed nested(R"({"error":{"code":4,"msg":"Too many subscriptions"},"id":8})");
  REQUIRE(nested.result.is_ok());
  CHECK(nested.frame.kind == FrameKind::error);
  CHECK(nested.frame.reply.code == 4);
  CHECK(nested.frame.reply.id == 8);

  const Parsed no_id(R"({"code":3,"msg":"Invalid JSON: expected value"})");
  REQUIRE(no_id.result.is_ok());
  CHECK(no_id.frame.kind == FrameKind::error);
  CHECK(no_id.frame.reply.id == -1);

  const Parsed list(R"({"result":["btcusdt@kline_1m"],"id":3})");
  REQUIRE(list.result.is_ok());
  CHECK(list.frame.kind == FrameKind::ack);
}

TEST_CASE("the notice of a restart is seen bare and wrapped", "[feeds][binance_parse]") {
  CHECK(Parsed(R"({"e":"serverShutdown","E":1770123456789})").frame.is_ending);
  const Parsed wrapped(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}})");
  CHECK(wrapped.frame.is_ending);
  CHECK(wrapped.frame.ts_event_ms == 1770123456789);
}

TEST_CASE("D14: keys in any order, unknown keys and blanks make no difference",
          "[feeds][binance_parse][fault][D14]") {
  const std::string shuffled =
      R"( { "zz" : [1,{"e":"x"}] , "data" : { "k" : { "x" : false , "nested":{"o":"9"}, "v":"0.2","l":"29038.45",)"
      R"("h":"29038.48","c":"29038.47","o":"29038.46","i":"1m","s":"BTCUSDT","t":1653818760000},"s":"BTCUSDT",)"
      R"("new":null,"E":1653818762502,"e":"kline"},"stream":"btcusdt@kline_1m"} )";
  const Parsed parsed(GENERATE_COPY(kKline, shuffled));
  CAPTURE(parsed.bytes, parsed.result.text());
  REQUIRE(parsed.result.is_ok());
  REQUIRE(parsed.frame.kind == FrameKind::bar);
  CHECK(parsed.frame.bars.at(0).bar.open == "29038.46");
  CHECK(parsed.frame.bars.at(0).bar.low == "29038.45");
  CHECK(parsed.frame.bars.at(0).ts_event_ms == 1653818762502);
}

TEST_CASE("D14: a needed key that is there twice is refused", "[feeds][binance_parse][fault][D14]") {
  const std::string key =
      GENERATE("\"t\":1653818760000", "\"s\":\"BTCUSDT\",\"i\"", "\"o\":\"29038.46\"", "\"c\":\"29038.47\"",
               "\"x\":false", "\"E\":1653818762502", "\"e\":\"kline\"");
  const std::string once = key.ends_with("\"i\"") ? "\"s\":\"BTCUSDT\"," : key + ",";
  const Parsed parsed(replaced(kKline, key, once + key));
  CAPTURE(parsed.bytes);
  CHECK(parsed.result.status == ParseStatus::duplicate_key);
}

TEST_CASE("D14: an escaped key is the key it spells", "[feeds][binance_parse][fault][D14]") {
  const Parsed alone(replaced(kKline, R"("o":)", R"("\u006f":)"));
  REQUIRE(alone.result.is_ok());
  CHECK(alone.frame.bars.at(0).bar.open == "29038.46");
  CHECK(Parsed(replaced(kKline, R"("o":)", R"("\u006f":"1","o":)")).result.status ==
        ParseStatus::duplicate_key);
}

TEST_CASE("a missing or mistyped field is named", "[feeds][binance_parse]") {
  CHECK(Parsed(replaced(kKline, R"("c":"29038.47",)", "")).result.text() == "missing field k.c");
  CHECK(Parsed(replaced(kKline, R"("x":false)", R"("x":"false")")).result.text() ==
        "wrong type of field k.x");
  CHECK(Parsed(replaced(kKline, R"("o":"29038.46")", R"("o":null)")).result.text() ==
        "wrong type of field k.o");
  CHECK(Parsed(replaced(kKline, "\"t\":1653818760000", "\"t\":\"1653818760000\"")).result.text() ==
        "wrong type of field k.t");
  CHECK(Parsed(R"({"e":"kline","E":1,"s":"X"})").result.text() == "missing field k");
}

TEST_CASE("a refused kline still names its series where it was read", "[feeds][binance_parse]") {
  const Parsed parsed(replaced(kKline, R"("c":"29038.47",)", ""));
  CHECK(parsed.frame.bars.at(0).symbol == "BTCUSDT");
  CHECK(parsed.frame.bars.at(0).interval == "1m");
}

TEST_CASE("two symbols in one kline are refused", "[feeds][binance_parse]") {
  CHECK_FALSE(Parsed(replaced(kKline, R"("s":"BTCUSDT","k")", R"("s":"ETHUSDT","k")")).result.is_ok());
}

TEST_CASE("D11: a bare number keeps its text", "[feeds][binance_parse][fault][D11]") {
  const Parsed parsed(replaced(kKline, R"("o":"29038.46")", R"("o":1.1e-05 )"));
  REQUIRE(parsed.result.is_ok());
  CHECK(parsed.frame.bars.at(0).bar.open == "1.1e-05");
}

TEST_CASE("damaged frames are refused at every cut", "[feeds][binance_parse]") {
  for (std::size_t length = 0; length < kKline.size(); ++length) {
    CAPTURE(length);
    REQUIRE_FALSE(Parsed(kKline.substr(0, length)).result.is_ok());
  }
  CHECK_FALSE(Parsed(kKline + "}").result.is_ok());
  CHECK_FALSE(Parsed(kKline + kKline).result.is_ok());
  CHECK_FALSE(Parsed("[1]").result.is_ok());
  CHECK_FALSE(Parsed("\xff{}").result.is_ok());
  CHECK(Parsed("{}").frame.kind == FrameKind::unknown);
}

TEST_CASE("a parser reads the next frame after a bad one", "[feeds][binance_parse]") {
  BinanceFrameParser parser;
  Frame frame;
  std::string bad = kKline.substr(0, 100);
  std::string good = kKline;
  bad.reserve(bad.size() + kJsonPadding);
  good.reserve(good.size() + kJsonPadding);
  for (int round = 0; round < 3; ++round) {
    CHECK_FALSE(parser.parse(bad, frame).is_ok());
    CHECK(parser.parse(good, frame).is_ok());
    CHECK(frame.bars.at(0).bar.close == "29038.47");
  }
}

}  // namespace lockstep::feeds::binance
