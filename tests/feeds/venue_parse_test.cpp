// Recorded frames of Bybit, OKX, Coinbase and Kraken to records. Expected values are read off the recordings
// and the venues' documentation.
#include "tests/feeds/parsed_frame.hpp"

namespace lockstep::test {
namespace {

using feeds::BarState;
using feeds::FrameKind;
using feeds::ParseStatus;
using Kinds = std::map<FrameKind, int>;

}  // namespace

TEST_CASE("Bybit linear closes a bar and opens the next in one frame", "[feeds][bybit_parse]") {
  const ParsedFrame parsed("bybit_linear", find_line("bybit/ws_linear_session_20260809.jsonl",
                                                     {"kline.1.BTCUSDT", "\"confirm\":true"}));
  REQUIRE(parsed.result.is_ok());
  REQUIRE(parsed.frame.kind == FrameKind::bar);
  REQUIRE(parsed.frame.bars.size() == 2);
  check_bar(parsed.frame.bars[0], "BTCUSDT", "1m", 1786310760000,
            {"65119.9", "65119.9", "65114.2", "65114.2", "3.712"});
  CHECK(parsed.frame.bars[0].state == BarState::closed);
  CHECK(parsed.frame.bars[0].ts_event_ms == 1786310820441);
  check_bar(parsed.frame.bars[1], "BTCUSDT", "1m", 1786310820000,
            {"65114.2", "65114.2", "65114.2", "65114.2", "0"});
  CHECK(parsed.frame.bars[1].state == BarState::open);
}

TEST_CASE("Bybit spot has its keys in another order and closes in a frame of its own",
          "[feeds][bybit_parse]") {
  const ParsedFrame parsed(
      "bybit_spot", find_line("bybit/ws_spot_session_20260809.jsonl", {"kline.1.", "\"confirm\":true"}));
  REQUIRE(parsed.frame.bars.size() == 1);
  check_bar(parsed.frame.bars[0], "BTCUSDT", "1m", 1786310760000,
            {"65140.4", "65140.5", "65140.4", "65140.5", "0.15388"});
  CHECK(parsed.frame.bars[0].is_closed());
  CHECK(parsed.frame.bars[0].ts_event_ms == 1786310820563);
}

TEST_CASE("Bybit trades have ids that are numbers on spot and texts on linear", "[feeds][bybit_parse]") {
  const ParsedFrame linear(
      "bybit", find_line("bybit/ws_linear_session_20260809.jsonl", {"publicTrade.DOGEUSDT", "340051136857"}));
  REQUIRE(linear.frame.kind == FrameKind::trade);
  REQUIRE(linear.frame.trades.size() == 1);
  const auto& trade = linear.frame.trades[0];
  CHECK(trade.symbol == "DOGEUSDT");
  CHECK(trade.ts_event_ms == 1786310823790);
  CHECK(trade.price == "0.07054");
  CHECK(trade.quantity == "72");
  CHECK(trade.trade_id == "1d635a66-978f-500f-80a6-642e2f006010");
  const ParsedFrame spot("bybit", find_line("bybit/ws_spot_session_20260809.jsonl", {"publicTrade"}));
  CHECK(spot.frame.trades.at(0).trade_id == "2290000001189048101");
  CHECK(spot.frame.trades.at(0).price == "65140.5");
  CHECK(spot.frame.trades.at(0).ts_event_ms == 1786310822605);
}

TEST_CASE("every recorded frame of Bybit is understood or skipped", "[feeds][bybit_parse]") {
  const auto linear = count_fixture("bybit_linear", "bybit/ws_linear_session_20260809.jsonl");
  CHECK(linear.kinds ==
        Kinds{{FrameKind::bar, 34}, {FrameKind::trade, 33}, {FrameKind::ack, 17}, {FrameKind::unknown, 349}});
  CHECK(linear.bars == 36);
  CHECK(linear.closed == 2);
  CHECK(linear.trades == 139);
  const auto spot = count_fixture("bybit_spot", "bybit/ws_spot_session_20260809.jsonl");
  CHECK(spot.kinds ==
        Kinds{{FrameKind::bar, 15}, {FrameKind::trade, 11}, {FrameKind::ack, 7}, {FrameKind::unknown, 41}});
  CHECK(spot.closed == 1);
}

TEST_CASE("answers of Bybit are told apart", "[feeds][bybit_parse]") {
  const ParsedFrame ack("bybit", fixture_text("bybit/ws_subscribe_ack_spot.json"));
  CHECK(ack.frame.kind == FrameKind::ack);
  CHECK(ack.frame.reply.id == 1);
  const ParsedFrame error("bybit", fixture_text("bybit/ws_subscribe_error.json"));
  CHECK(error.frame.kind == FrameKind::error);
  CHECK(error.frame.reply.message == "Invalid symbol :[orderbook.50.NOSUCHSYM]");
  CHECK(error.frame.reply.id == -1);
  CHECK(ParsedFrame("bybit", fixture_text("bybit/ws_pong.json")).frame.kind == FrameKind::heartbeat);
}

TEST_CASE("OKX candles say by their ninth cell whether they are final", "[feeds][okx_parse]") {
  const auto swap = fixture_lines("okx/ws_candle1m_swap_20260812.jsonl");
  const ParsedFrame open("okx", swap.at(0));  // before its own acknowledgement
  REQUIRE(open.result.is_ok());
  REQUIRE(open.frame.kind == FrameKind::bar);
  check_bar(open.frame.bars.at(0), "BTC-USDT-SWAP", "1m", 1786540440000,
            {"63913.0", "63951.8", "63913.0", "63951.8", "1803.61"});
  CHECK(open.frame.bars[0].state == BarState::open);
  CHECK(open.frame.bars[0].ts_event_ms == 0);
  const ParsedFrame ack("okx", swap.at(1));
  CHECK(ack.frame.kind == FrameKind::ack);
  REQUIRE(ack.frame.reply.names.size() == 1);
  CHECK(ack.frame.reply.names[0].symbol == "BTC-USDT-SWAP");
  CHECK(ack.frame.reply.names[0].interval == "1m");

  const auto okcoin = fixture_lines("okx/ws_candle1m_okcoin_20230527.jsonl");
  const ParsedFrame closed("okx", okcoin.at(29));
  check_bar(closed.frame.bars.at(0), "BTC-USD", "1m", 1685221620000,
            {"26800", "26800", "26800", "26800", "0"});
  CHECK(closed.frame.bars[0].state == BarState::closed);
}

TEST_CASE("OKX candles of 2022 say nothing about being final", "[feeds][okx_parse]") {
  const ParsedFrame parsed("okx", fixture_lines("okx/ws_candle1m_legacy_7_fields_2022.jsonl").at(0));
  check_bar(parsed.frame.bars.at(0), "BTC-USDT", "1m", 1654154580000,
            {"29930.7", "29936.3", "29930.7", "29936.3", "0.0111536"});
  CHECK(parsed.frame.bars[0].state == BarState::unsaid);
}

TEST_CASE("OKX trades may stand for several fills", "[feeds][okx_parse]") {
  const ParsedFrame parsed("okx", fixture_lines("okx/ws_trades_swap_20260812.jsonl").at(2));
  REQUIRE(parsed.frame.kind == FrameKind::trade);
  const auto& trade = parsed.frame.trades.at(0);
  CHECK(trade.trade_id == "2832749645");
  CHECK(trade.fills == 10);
  CHECK(trade.price == "63913.4");
  CHECK(trade.quantity == "34.95");
  CHECK(trade.ts_event_ms == 1786540436090);
}

TEST_CASE("every recorded frame of OKX is understood or skipped", "[feeds][okx_parse]") {
  const auto session = count_fixture("okx", "okx/ws_public_session_20220513.jsonl");
  CHECK(session.kinds == Kinds{{FrameKind::trade, 69}, {FrameKind::unknown, 25}, {FrameKind::ack, 18}});
  const auto okcoin = count_fixture("okx", "okx/ws_candle1m_okcoin_20230527.jsonl");
  CHECK(okcoin.kinds ==
        Kinds{{FrameKind::bar, 6}, {FrameKind::trade, 2}, {FrameKind::unknown, 4}, {FrameKind::ack, 20}});
  CHECK(okcoin.closed == 2);
}

TEST_CASE("answers and notices of OKX are told apart", "[feeds][okx_parse]") {
  const ParsedFrame ack("okx", fixture_text("okx/ws_subscribe_ack_with_id.json"));
  CHECK(ack.frame.kind == FrameKind::ack);
  CHECK(ack.frame.reply.names.at(0).interval.empty());
  const ParsedFrame error("okx", fixture_text("okx/ws_error_60018.json"));
  CHECK(error.frame.kind == FrameKind::error);
  CHECK(error.frame.reply.code == 60018);
  const ParsedFrame notice("okx", fixture_text("okx/docs_ws_notice_64008.json"));
  CHECK(notice.frame.kind == FrameKind::status);
  CHECK(notice.frame.is_ending);
  CHECK(ParsedFrame("okx", fixture_text("okx/ws_pong.txt")).frame.kind == FrameKind::heartbeat);
  CHECK(ParsedFrame("okx", R"({"id":"7","event":"error","code":"60018","msg":"x"})").frame.reply.id == 7);
}

TEST_CASE("a day of OKX that begins at 16:00 UTC is no day of ours", "[feeds][okx_parse]") {
  const auto frame = [](const std::string& channel) {
    return R"({"arg":{"channel":")" + channel +
           R"(","instId":"BTC-USDT"},"data":[["1700000000000","1","1","1","1","0","0","0","0"]]})";
  };
  CHECK(ParsedFrame("okx", frame("candle1Dutc")).frame.bars.at(0).interval == "1d");
  CHECK(ParsedFrame("okx", frame("candle1D")).frame.bars.at(0).interval == "1D");
  CHECK(ParsedFrame("okx", frame("candle4H")).frame.bars.at(0).interval == "4h");
}

TEST_CASE("Coinbase candles are of five minutes and without a flag", "[feeds][coinbase_parse]") {
  const auto& name = "coinbase_advanced/ws_session_20260809_part1.jsonl";
  const ParsedFrame update("coinbase_advanced",
                           find_line(name, {"\"channel\":\"candles\"", "\"sequence_num\":138,"}));
  REQUIRE(update.result.is_ok());
  REQUIRE(update.frame.kind == FrameKind::bar);
  check_bar(update.frame.bars.at(0), "ETH-USD", "5m", 1786309500000,
            {"1919.58", "1919.6", "1919.27", "1919.41", "36.36630914"});
  CHECK(update.frame.bars[0].state == BarState::unsaid);
  CHECK(update.frame.bars[0].ts_event_ms == 1786309551491);  // 2026-08-09T21:05:51.491081826Z
  CHECK(update.frame.sequence == 138);
  CHECK_FALSE(update.frame.is_snapshot);
  const ParsedFrame snapshot("coinbase_advanced",
                             find_line(name, {"\"channel\":\"candles\"", "\"sequence_num\":4,"}));
  CHECK(snapshot.frame.is_snapshot);
  REQUIRE(snapshot.frame.bars.size() > 90);
  check_bar(snapshot.frame.bars.back(), "BTC-USD", "5m", 1786309500000,
            {"65091", "65091", "65083.56", "65083.66", "1.03912606"});
}

TEST_CASE("Coinbase trades are given oldest first", "[feeds][coinbase_parse]") {
  const auto lines = fixture_lines("coinbase_advanced/ws_session_20260809_part1.jsonl");
  const ParsedFrame snapshot("coinbase_advanced", lines.at(0));
  REQUIRE(snapshot.frame.kind == FrameKind::trade);
  REQUIRE(snapshot.frame.trades.size() == 100);
  CHECK(snapshot.frame.is_snapshot);
  CHECK(snapshot.frame.trades.front().trade_id == "1068571991");
  CHECK(snapshot.frame.trades.front().ts_event_ms == 1786309475345);  // 21:04:35.345704
  CHECK(snapshot.frame.trades.back().trade_id == "1068572090");
  CHECK(snapshot.frame.trades.back().price == "65083.67");
  CHECK(snapshot.frame.trades.back().quantity == "0.002186");
}

TEST_CASE("every recorded frame of Coinbase Advanced is understood or skipped", "[feeds][coinbase_parse]") {
  const auto count = count_fixture("coinbase_advanced", "coinbase_advanced/ws_session_20260809_part1.jsonl");
  CHECK(count.kinds == Kinds{{FrameKind::bar, 4},
                             {FrameKind::trade, 39},
                             {FrameKind::heartbeat, 12},
                             {FrameKind::ack, 5},
                             {FrameKind::unknown, 453}});
  CHECK(count.bars == 202);
  CHECK(count.trades == 253);
}

TEST_CASE("an echo of Coinbase names all that is subscribed", "[feeds][coinbase_parse]") {
  const ParsedFrame ack("coinbase_advanced", find_line("coinbase_advanced/ws_session_20260809_part1.jsonl",
                                                       {"\"subscriptions\"", "\"sequence_num\":5,"}));
  REQUIRE(ack.frame.kind == FrameKind::ack);
  REQUIRE(ack.frame.reply.names.size() == 4);
  CHECK(ack.frame.reply.names[0].symbol == "ETH-USD");
  CHECK(ack.frame.reply.names[0].interval == "5m");
  CHECK(ack.frame.reply.names[3].symbol == "BTC-USD");
  CHECK(ack.frame.reply.names[3].interval.empty());
}

TEST_CASE("Coinbase Exchange has matches, errors and heartbeats", "[feeds][coinbase_parse]") {
  const auto& name = "coinbase_exchange/ws_session_20210417.jsonl";
  const auto count = count_fixture("coinbase_exchange", name);
  CHECK(count.kinds == Kinds{{FrameKind::trade, 74}, {FrameKind::ack, 3}, {FrameKind::unknown, 74}});
  const ParsedFrame match("coinbase_exchange", find_line(name, {"\"match\"", "\"trade_id\":280232,"}));
  REQUIRE(match.frame.trades.size() == 1);
  CHECK(match.frame.trades[0].symbol == "SKL-BTC");
  CHECK(match.frame.trades[0].trade_id == "280232");
  CHECK(match.frame.trades[0].price == "0.00001305");
  CHECK(match.frame.trades[0].quantity == "985");
  CHECK(match.frame.trades[0].ts_event_ms == 1618677817089);  // 2021-04-17T16:43:37.089723Z
  const ParsedFrame error("coinbase_exchange", fixture_text("coinbase_exchange/ws_error_delisted.json"));
  CHECK(error.frame.kind == FrameKind::error);
  CHECK(error.frame.reply.message == "ERN-USDT is delisted");
  CHECK(ParsedFrame("coinbase",
                    R"({"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD"})")
            .frame.kind == FrameKind::heartbeat);
}

TEST_CASE("Kraken's prices keep the text of their numbers", "[feeds][kraken_parse]") {
  const ParsedFrame parsed("kraken_v2", fixture_text("kraken_v2/ws_ohlc_snapshot_20260910.json"));
  REQUIRE(parsed.result.is_ok());
  REQUIRE(parsed.frame.kind == FrameKind::bar);
  CHECK(parsed.frame.is_snapshot);
  REQUIRE(parsed.frame.bars.size() == 9);
  check_bar(parsed.frame.bars[0], "BTC/USDT", "1m", 1789061520000,  // 2026-09-10T17:32:00Z
            {"77400.0", "77445.8", "77400.0", "77416.3", "0.25302078"});
  CHECK(parsed.frame.bars[0].state == BarState::unsaid);
  CHECK(parsed.frame.bars[0].ts_event_ms == 1789062283105);  // 17:44:43.105760475
  check_bar(parsed.frame.bars[8], "BTC/USDT", "1m", 1789062180000,
            {"77351.6", "77351.6", "77327.3", "77340.1", "1.29749671"});
}

TEST_CASE("Kraken trades of one time are kept apart by their ids", "[feeds][kraken_parse]") {
  const ParsedFrame batch("kraken_v2", fixture_text("kraken_v2/ws_trade_batch_20250723.json"));
  REQUIRE(batch.frame.kind == FrameKind::trade);
  REQUIRE(batch.frame.trades.size() == 3);
  CHECK(batch.frame.trades[1].trade_id == "9622657");
  CHECK(batch.frame.trades[1].price == "118837.0");
  CHECK(batch.frame.trades[1].quantity == "0.00033315");
  CHECK(batch.frame.trades[0].ts_event_ms == batch.frame.trades[2].ts_event_ms);
  CHECK(batch.frame.trades[0].ts_event_ms == 1753245706919);  // 2025-07-23T04:41:46.919844Z
  CHECK(ParsedFrame("kraken_v2", fixture_text("kraken_v2/ws_trade_20260913.json")).frame.trades.at(0).price ==
        "77313.3");
}

TEST_CASE("answers, status and heartbeats of Kraken are told apart", "[feeds][kraken_parse]") {
  const auto kind = [](const std::string& name) {
    return ParsedFrame("kraken", fixture_text(name)).frame.kind;
  };
  CHECK(kind("kraken_v2/ws_heartbeat.json") == FrameKind::heartbeat);
  CHECK(kind("kraken_v2/docs_ws_pong.json") == FrameKind::heartbeat);
  const ParsedFrame status("kraken_v2", fixture_text("kraken_v2/ws_status.json"));  // with an id beyond 2^63
  CHECK(status.frame.kind == FrameKind::status);
  CHECK(status.frame.reply.message == "online");
  const ParsedFrame ack("kraken_v2", fixture_text("kraken_v2/ws_subscribe_ack_ohlc.json"));
  CHECK(ack.frame.kind == FrameKind::ack);
  CHECK(ack.frame.reply.names.at(0).symbol == "BTC/USDT");
  CHECK(ack.frame.reply.names.at(0).interval == "1m");
  const ParsedFrame error("kraken_v2", fixture_text("kraken_v2/ws_subscribe_error.json"));
  CHECK(error.frame.kind == FrameKind::error);
  CHECK(error.frame.reply.message == "Currency pair not supported XBT/USDT");
  CHECK(error.frame.reply.names.at(0).symbol == "XBT/USDT");
}

TEST_CASE("N16: a cut or damaged frame is refused at every cut", "[feeds][venue_parse][fault][N16]") {
  check_cuts("bybit", find_line("bybit/ws_linear_session_20260809.jsonl", {"kline.1.", "\"confirm\":true"}));
  check_cuts("okx", fixture_lines("okx/ws_candle1m_swap_20260812.jsonl").at(0));
  check_cuts("coinbase",
             find_line("coinbase_advanced/ws_session_20260809_part1.jsonl", {"\"sequence_num\":138,"}));
  check_cuts("coinbase", find_line("coinbase_exchange/ws_session_20210417.jsonl", {"\"match\""}));
  check_cuts("kraken", fixture_lines("kraken_v2/ws_trade_20260913.json").at(0));
}

TEST_CASE("D14: data before what names it, unknown keys and blanks make no difference",
          "[feeds][venue_parse][fault][D14]") {
  const ParsedFrame bybit("bybit",
                          R"({ "data":[{"zz":{"open":"7"},"confirm":false,"volume":"5","low":"1","high":"4",)"
                          R"("close":"3","open":"2","start":1700000040000}],"ts":1700000041000,)"
                          R"("topic":"kline.60.X"})");
  REQUIRE(bybit.result.is_ok());
  check_bar(bybit.frame.bars.at(0), "X", "1h", 1700000040000, {"2", "4", "1", "3", "5"});
  CHECK(bybit.frame.bars[0].ts_event_ms == 1700000041000);
  const ParsedFrame okx("okx", R"({"data":[["1700000040000","2","4","1","3","5","0","0","1"]],)"
                               R"("arg":{"instId":"X","channel":"candle1m"}})");
  REQUIRE(okx.frame.bars.size() == 1);
  CHECK(okx.frame.bars[0].is_closed());
  const ParsedFrame kraken(
      "kraken",
      R"({"data":[{"interval":60,"interval_begin":"2023-11-14T22:00:00Z","volume":5,"close":3,"low":1,)"
      R"("high":4e0,"open":2,"symbol":"X/Y"}],"timestamp":"2023-11-14T22:14:00.5Z","channel":"ohlc"})");
  REQUIRE(kraken.result.is_ok());
  check_bar(kraken.frame.bars.at(0), "X/Y", "1h", 1699999200000, {"2", "4e0", "1", "3", "5"});
  const ParsedFrame coinbase(
      "coinbase", R"({"events":[{"candles":[{"product_id":"X","volume":"5","close":"3","open":"2","low":"1",)"
                  R"("high":"4","start":"1700000100"}],"type":"update"}],"timestamp":"2023-11-14T22:15:01Z",)"
                  R"("sequence_num":1,"channel":"candles"})");
  REQUIRE(coinbase.result.is_ok());
  check_bar(coinbase.frame.bars.at(0), "X", "5m", 1700000100000, {"2", "4", "1", "3", "5"});
}

TEST_CASE("D14: a needed key that is there twice, or not at all, is refused by name",
          "[feeds][venue_parse][fault][D14]") {
  const auto result = [](const std::string& venue, const std::string& text) {
    return ParsedFrame(venue, text).result.text();
  };
  CHECK(result("bybit", R"({"topic":"kline.1.X","data":[{"start":1,"open":"1","open":"1"}],"ts":1})") ==
        "duplicate field open");
  CHECK(result("bybit",
               R"({"topic":"kline.1.X","data":[{"start":1,"open":"1","close":"1","high":"1","low":"1",)"
               R"("confirm":true}],"ts":1})") == "missing field volume");
  CHECK(result("bybit", R"({"topic":"kline.1.X","topic":"kline.1.Y","data":[]})") == "duplicate field topic");
  CHECK(result("okx", R"({"arg":{"channel":"candle1m","instId":"X"},"data":[["1","1","1"]]})") ==
        "missing field vol");
  CHECK(
      result(
          "okx",
          R"({"arg":{"channel":"candle1m","instId":"X"},"data":[["1","1","1","1","1","1","1","1","2"]]})") ==
      "wrong type of field confirm (\"0\" or \"1\")");
  CHECK(result("kraken", R"({"channel":"ohlc","timestamp":"2026-13-10T17:44:43Z","data":[]})") ==
        "wrong type of field timestamp");
  CHECK(
      result(
          "kraken",
          R"({"channel":"trade","data":[{"symbol":"X","price":1,"qty":1,"timestamp":"2026-01-10T17:44:43Z"}]})") ==
      "missing field trade_id");
  CHECK(result("coinbase", R"({"channel":"candles","events":[{"candles":[{"start":1,"start":2}]}]})") ==
        "duplicate field start");
}

}  // namespace lockstep::test
