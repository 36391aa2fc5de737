#include "feeds/okx/parse.hpp"

#include <charconv>

namespace lockstep::feeds::okx {
namespace {

using json::duplicate;
using json::for_each_element;
using json::for_each_field;
using json::key_tag;
using json::kNotJson;
using json::kOk;
using json::missing;
using json::Object;
using json::SeenFields;
using json::take;
using json::Value;
using json::wrong_shape;
using json::wrong_type;

constexpr struct {
  std::string_view venue, ours;
} kIntervals[] = {{"1s", "1s"},    {"1m", "1m"},    {"3m", "3m"},      {"5m", "5m"},
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

constexpr const char* kTradeFields[] = {"instId", "tradeId", "px", "sz", "ts"};

ParseResult read_trade_row(Value& element, TradeRecord& trade) {
  Object row;
  if (element.get_object().get(row) != simdjson::SUCCESS) return wrong_shape("a trade row is an object");
  SeenFields seen;
  const ParseResult result = for_each_field(row, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "instId") return take(seen, 0, kTradeFields[0], value, trade.symbol, json::read_string);
    if (key == "tradeId") return take(seen, 1, kTradeFields[1], value, trade.trade_id, json::read_string);
    if (key == "px") return take(seen, 2, kTradeFields[2], value, trade.price, json::read_text);
    if (key == "sz") return take(seen, 3, kTradeFields[3], value, trade.quantity, json::read_text);
    if (key == "ts") return take(seen, 4, kTradeFields[4], value, trade.ts_event_ms, json::read_int_text);
    if (key == "count") return take(seen, 5, "count", value, trade.fills, json::read_int_text);
    return kOk;
  });
  if (!result.is_ok()) return result;
  if (trade.fills < 1) return wrong_type("count (at least 1)");
  return json::all_seen(seen, kTradeFields);
}

struct Outline {
  SeenFields seen;
  std::string_view channel, symbol, event, message, code, request_id;
  bool has_data_before_arg = false;
};

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
  return for_each_field(outer, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "arg") return seen.add(0) ? read_arg(value, outline) : duplicate("arg");
    if (key == "data") {
      if (!seen.add(1)) return duplicate("data");
      outline.has_data_before_arg = !seen.has(0);
      return seen.has(0) ? read_data(value, outline, frame) : kOk;
    }
    if (key == "event") return take(seen, 2, "event", value, outline.event, json::read_string);
    if (key == "msg") return take(seen, 3, "msg", value, outline.message, json::read_string);
    if (key == "code") return take(seen, 4, "code", value, outline.code, json::read_text);
    if (key == "id") return take(seen, 5, "id", value, outline.request_id, json::read_text);
    return kOk;
  });
}

ParseResult read_data_again(Object& outer, const Outline& outline, Frame& frame) {
  if (outer.reset().error() != simdjson::SUCCESS) return kNotJson;
  return for_each_field(outer, [&](std::string_view key, Value& value) {
    return key == "data" ? read_data(value, outline, frame) : kOk;
  });
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

}  // namespace

std::string_view interval_of(std::string_view text) {
  for (const auto& interval : kIntervals) {
    if (interval.venue == text) return interval.ours;
  }
  return text;
}

std::string_view interval_text(std::string_view interval) {
  for (const auto& known : kIntervals) {
    if (known.ours == interval) return known.venue;
  }
  return {};
}

ParseResult OkxFrameParser::parse(std::string_view bytes, Frame& frame) {
  frame.clear();
  if (bytes == "pong") {
    frame.kind = FrameKind::heartbeat;
    return kOk;
  }
  simdjson::ondemand::document document;
  if (parser_.iterate(bytes, bytes.size() + kJsonPadding).get(document) != simdjson::SUCCESS) return kNotJson;
  Object outer;
  const simdjson::error_code error = document.get_object().get(outer);
  if (error == simdjson::INCORRECT_TYPE) return wrong_shape("a frame is an object");
  if (error != simdjson::SUCCESS) return kNotJson;
  Outline outline;
  ParseResult result = read_outer(outer, outline, frame);
  if (result.is_ok() && outline.has_data_before_arg && outline.seen.has(0)) {
    result = read_data_again(outer, outline, frame);
  }
  if (!result.is_ok()) return result;
  if (!json::is_at_end(document)) return kNotJson;
  if (!frame.bars.empty()) frame.kind = FrameKind::bar;
  if (!frame.trades.empty()) frame.kind = FrameKind::trade;
  if (outline.seen.has(2)) read_event(outline, frame);
  return kOk;
}

}  // namespace lockstep::feeds::okx
