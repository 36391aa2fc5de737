#include "feeds/okx/parse.hpp"

#include <charconv>

#include "feeds/frame_pattern.hpp"
#include "feeds/interval_names.hpp"
#include "feeds/rows.hpp"

namespace lockstep::feeds::okx {
namespace {

using json::duplicate;
using json::for_each_element;
using json::for_each_field;
using json::kOk;
using json::missing;
using json::Object;
using json::SeenFields;
using json::take;
using json::Value;
using json::wrong_shape;
using json::wrong_type;

constexpr IntervalName kIntervals[] = {{"1s", "1s"},    {"1m", "1m"},    {"3m", "3m"},      {"5m", "5m"},
                                       {"15m", "15m"},  {"30m", "30m"},  {"1H", "1h"},      {"2H", "2h"},
                                       {"4H", "4h"},    {"6Hutc", "6h"}, {"12Hutc", "12h"}, {"1Dutc", "1d"},
                                       {"2Dutc", "2d"}, {"3Dutc", "3d"}, {"1Wutc", "1w"},   {"1Mutc", "1M"}};

constexpr std::string_view kCandle = "candle";

/// ["ts","o","h","l","c","vol",...,"confirm"]. Rows of 2022 end after seven cells and say nothing about being
/// final.
ParseResult read_bar_row(Value& element, BarRecord& record) {
  json::Array cells;
  if (element.get_array().get(cells) != simdjson::SUCCESS) return wrong_shape("a candle row is an array");
  BarTexts& bar = record.bar;
  record.state = BarState::unsaid;
  std::string_view* const texts[] = {&bar.open, &bar.high, &bar.low, &bar.close, &bar.volume};
  std::size_t column = 0;
  std::string_view confirm;
  const ParseResult result = for_each_element(cells, [&](Value& cell) -> ParseResult {
    const std::size_t at = column++;
    if (at == 0) return json::read_int_text(cell, bar.ts_open_ms) ? kOk : wrong_type("ts");
    if (at <= 5) return json::read_text(cell, *texts[at - 1]) ? kOk : wrong_type("ohlc, vol");
    if (at == 8) return json::read_string(cell, confirm) ? kOk : wrong_type("confirm");
    return kOk;
  });
  if (!result.is_ok()) return result;
  if (column < 6) return missing("vol");
  if (column <= 8) return kOk;
  if (confirm != "0" && confirm != "1") return wrong_type("confirm (\"0\" or \"1\")");
  record.state = confirm == "1" ? BarState::closed : BarState::open;
  return kOk;
}

constexpr const char* kTradeFields[] = {"instId", "tradeId", "px", "sz", "ts", "count"};

ParseResult read_trade_row(Value& element, TradeRecord& trade) {
  const ParseResult result = json::walk_trade_row<kTradeFields>(
      element, trade, json::read_string, json::read_int_text,
      [&](std::string_view, auto&& field) { return field(5, trade.fills, json::read_int_text); });
  return result.is_ok() && trade.fills < 1 ? wrong_type("count (at least 1)") : result;
}

struct Outline {
  SeenFields seen;
  std::string_view channel, symbol, event, message, code, request_id;
};
enum : unsigned { kArg, kEvent, kMessage, kCode, kRequestId };

ParseResult read_arg(Value& value, Outline& outline) {
  Object arg;
  if (value.get_object().get(arg) != simdjson::SUCCESS) return wrong_type("arg");
  SeenFields seen;
  return for_each_field(arg, [&](std::string_view key, Value& field) -> ParseResult {
    if (key == "channel") return take(seen, 0, "arg.channel", field, outline.channel, json::read_string);
    if (key == "instId") return take(seen, 1, "arg.instId", field, outline.symbol, json::read_string);
    return kOk;
  });
}

ParseResult read_data(Value& value, const Outline& outline, Frame& frame) {
  const bool is_bar = outline.channel.starts_with(kCandle);
  if (!is_bar && outline.channel != "trades" && outline.channel != "trades-all") return kOk;
  json::Array rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS) return wrong_type("data");
  if (!is_bar) {
    return for_each_element(rows,
                            [&](Value& row) { return read_trade_row(row, frame.trades.emplace_back()); });
  }
  if (outline.symbol.empty()) return missing("arg.instId");
  return for_each_element(rows, [&](Value& row) {
    BarRecord& record = frame.bars.emplace_back();
    record.symbol = outline.symbol;
    record.interval = interval_of(outline.channel.substr(kCandle.size()));
    return read_bar_row(row, record);
  });
}

ParseResult read_outer(Object& outer, Outline& outline, Frame& frame) {
  SeenFields& seen = outline.seen;
  json::DependentField data("data");
  const auto read_rows = [&](Value& value) { return read_data(value, outline, frame); };
  const ParseResult result = for_each_field(outer, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "arg") return seen.add(kArg) ? read_arg(value, outline) : duplicate("arg");
    if (key == "data") return data.take(value, seen.has(kArg), read_rows);
    if (key == "event") return take(seen, kEvent, "event", value, outline.event, json::read_string);
    if (key == "msg") return take(seen, kMessage, "msg", value, outline.message, json::read_string);
    if (key == "code") return take(seen, kCode, "code", value, outline.code, json::read_text);
    if (key == "id") return take(seen, kRequestId, "id", value, outline.request_id, json::read_text);
    return kOk;
  });
  return result.is_ok() ? data.take_left(outer, seen.has(kArg), read_rows) : result;
}

/// The number that a text is, or `otherwise`.
std::int64_t number_or(std::string_view text, std::int64_t otherwise) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, number).ptr == end ? number : otherwise;
}

void read_event(const Outline& outline, Frame& frame) {
  constexpr std::int64_t kEnding = 64008;
  Reply& reply = frame.reply;
  reply.id = number_or(outline.request_id, -1);
  reply.code = number_or(outline.code, 0);
  reply.message = outline.message;
  const bool is_bar = outline.channel.starts_with(kCandle);
  if (is_bar || outline.channel.starts_with("trades")) {
    reply.names.push_back(
        {outline.symbol, is_bar ? interval_of(outline.channel.substr(kCandle.size())) : std::string_view()});
  }
  if (outline.event == "subscribe") {
    frame.kind = FrameKind::ack;
  } else if (outline.event == "error") {
    frame.kind = FrameKind::error;
  } else if (outline.event == "notice") {
    frame.kind = FrameKind::status;
    frame.is_ending = reply.code == kEnding;
  }
}

/// A frame with one candle.
bool guess_bar(std::string_view bytes, Frame& frame) {
  static constexpr FramePattern kCandlePush =
      R"({"arg":{"channel":"candle$","instId":"$"},"data":[["#","#","#","#","#","#","#","#","#"]]})";
  std::array<std::string_view, kCandlePush.places()> text;
  BarRecord record;
  if (!match_frame<kCandlePush>(bytes, text) || !read_plain_int(text[2], record.bar.ts_open_ms) ||
      (text[10] != "0" && text[10] != "1")) {
    return false;
  }
  record.symbol = text[1];
  record.interval = interval_of(text[0]);
  record.bar.open = text[3];
  record.bar.high = text[4];
  record.bar.low = text[5];
  record.bar.close = text[6];
  record.bar.volume = text[7];
  record.state = text[10] == "1" ? BarState::closed : BarState::open;
  frame.kind = FrameKind::bar;
  frame.bars.push_back(record);
  return true;
}

}  // namespace

std::string_view interval_of(std::string_view text) {
  return our_interval(kIntervals, text);
}

std::string_view interval_text(std::string_view interval) {
  return venue_interval(kIntervals, interval);
}

ParseResult OkxFrameParser::parse(std::string_view bytes, Frame& frame) {
  frame.clear();
  if (bytes == "pong") {
    frame.kind = FrameKind::heartbeat;
    return kOk;
  }
  if (guess_bar(bytes, frame)) return kOk;
  Outline outline;
  const ParseResult result =
      json::read_document<Object>(parser_, bytes, "a frame is an object",
                                  [&](Object& outer) { return read_outer(outer, outline, frame); });
  if (!result.is_ok()) return result;
  if (!frame.bars.empty()) frame.kind = FrameKind::bar;
  if (!frame.trades.empty()) frame.kind = FrameKind::trade;
  if (outline.seen.has(kEvent)) read_event(outline, frame);
  return kOk;
}

}  // namespace lockstep::feeds::okx
