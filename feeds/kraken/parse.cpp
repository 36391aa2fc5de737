#include "feeds/kraken/parse.hpp"

#include "feeds/frame_pattern.hpp"
#include "feeds/interval_names.hpp"
#include "feeds/rows.hpp"
#include "feeds/time_text.hpp"

namespace lockstep::feeds::kraken {
namespace {

using json::duplicate;
using json::for_each_element;
using json::for_each_field;
using json::key_tag;
using json::kOk;
using json::missing;
using json::Object;
using json::SeenFields;
using json::take;
using json::Value;
using json::wrong_shape;
using json::wrong_type;

/// 21600 minutes are fifteen days, which lockstep counts from the epoch.
constexpr IntervalName kIntervals[] = {{"1", "1m"},    {"5", "5m"},     {"15", "15m"},
                                       {"30", "30m"},  {"60", "1h"},    {"240", "4h"},
                                       {"1440", "1d"}, {"10080", "1w"}, {"21600", "15d"}};

bool read_interval(Value& value, std::string_view& interval) {
  std::string_view text;
  if (!json::read_text(value, text)) return false;
  interval = interval_of(text);
  return true;
}

constexpr const char* kBarFields[] = {"open",   "high",   "low",      "close",
                                      "volume", "symbol", "interval", "interval_begin"};

ParseResult read_bar_row(Value& element, BarRecord& record) {
  record.state = BarState::unsaid;
  const auto visit = [&](std::string_view key, auto&& field) -> ParseResult {
    switch (key_tag(key)) {
      case key_tag("symbol"):
        return field(5, record.symbol, json::read_string);
      case key_tag("interval"):
        return field(6, record.interval, read_interval);
      case key_tag("interval_begin"):
        return field(7, record.bar.ts_open_ms, read_time);
      default:
        return json::take_bar_text(key, field, record.bar);
    }
  };
  return json::walk_row(element, "an ohlc row is an object", kBarFields, visit);
}

constexpr const char* kTradeFields[] = {"symbol", "trade_id", "price", "qty", "timestamp"};

ParseResult read_trade_row(Value& element, TradeRecord& trade) {
  return json::walk_trade_row<kTradeFields>(element, trade, json::read_text, read_time, json::kNothingMore);
}

struct Outline {
  SeenFields seen;
  std::string_view channel, type, method, error, symbol;
  std::string_view result_channel, result_symbol, result_interval;
  bool is_success = false;
};
enum : unsigned { kChannel, kType, kTimestamp, kMethod, kError, kSymbol, kSuccess, kRequestId, kResult };

ParseResult read_result(Value& value, Outline& outline) {
  Object result;
  if (value.get_object().get(result) != simdjson::SUCCESS) return kOk;  // of methods that we do not use
  SeenFields seen;
  return for_each_field(result, [&](std::string_view key, Value& field) -> ParseResult {
    if (key == "channel")
      return take(seen, 0, "result.channel", field, outline.result_channel, json::read_string);
    if (key == "symbol")
      return take(seen, 1, "result.symbol", field, outline.result_symbol, json::read_string);
    if (key == "interval")
      return take(seen, 2, "result.interval", field, outline.result_interval, read_interval);
    return kOk;
  });
}

/// status: the first entry's word about the trading engine.
ParseResult read_status(Value& row, Frame& frame) {
  Object status;
  if (row.get_object().get(status) != simdjson::SUCCESS) return wrong_shape("a status row is an object");
  return for_each_field(status, [&](std::string_view key, Value& value) -> ParseResult {
    return key == "system" && !json::read_string(value, frame.reply.message) ? wrong_type("system") : kOk;
  });
}

ParseResult read_data(Value& value, std::string_view channel, Frame& frame) {
  const bool is_bar = channel == "ohlc";
  const bool is_trade = channel == "trade";
  if (!is_bar && !is_trade && channel != "status") return kOk;
  json::Array rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS) return wrong_type("data");
  return for_each_element(rows, [&](Value& row) {
    if (is_bar) return read_bar_row(row, frame.bars.emplace_back());
    return is_trade ? read_trade_row(row, frame.trades.emplace_back()) : read_status(row, frame);
  });
}

ParseResult read_outer(Object& outer, Outline& outline, Frame& frame) {
  SeenFields& seen = outline.seen;
  json::DependentField data("data");
  const auto read_rows = [&](Value& value) { return read_data(value, outline.channel, frame); };
  const ParseResult result = for_each_field(outer, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "channel") return take(seen, kChannel, "channel", value, outline.channel, json::read_string);
    if (key == "data") return data.take(value, seen.has(kChannel), read_rows);
    if (key == "type") return take(seen, kType, "type", value, outline.type, json::read_string);
    if (key == "timestamp") return take(seen, kTimestamp, "timestamp", value, frame.ts_event_ms, read_time);
    if (key == "method") return take(seen, kMethod, "method", value, outline.method, json::read_string);
    if (key == "error") return take(seen, kError, "error", value, outline.error, json::read_text);
    if (key == "symbol") return take(seen, kSymbol, "symbol", value, outline.symbol, json::read_string);
    if (key == "success") return take(seen, kSuccess, "success", value, outline.is_success, json::read_bool);
    if (key == "req_id") return take(seen, kRequestId, "req_id", value, frame.reply.id, json::read_int);
    if (key == "result") return seen.add(kResult) ? read_result(value, outline) : duplicate("result");
    return kOk;
  });
  return result.is_ok() ? data.take_left(outer, seen.has(kChannel), read_rows) : result;
}

ParseResult finish_channel(const Outline& outline, Frame& frame) {
  if (outline.channel == "heartbeat") frame.kind = FrameKind::heartbeat;
  if (outline.channel == "status") frame.kind = FrameKind::status;
  frame.is_snapshot = outline.type == "snapshot";
  if (!frame.bars.empty()) {
    if (!outline.seen.has(kTimestamp)) return missing("timestamp");
    frame.kind = FrameKind::bar;
    for (BarRecord& bar : frame.bars) bar.ts_event_ms = frame.ts_event_ms;
  } else if (!frame.trades.empty()) {
    frame.kind = FrameKind::trade;
  }
  return kOk;
}

void finish_answer(const Outline& outline, Frame& frame) {
  if (outline.method == "pong") {
    frame.kind = FrameKind::heartbeat;
    return;
  }
  if (outline.seen.has(kError) || (outline.seen.has(kSuccess) && !outline.is_success)) {
    frame.kind = FrameKind::error;
    frame.reply.message = outline.error;
    // The answer names the symbol, not the interval: whoever asked knows it by the request's id.
    if (!outline.symbol.empty()) frame.reply.names.push_back({outline.symbol, {}});
    return;
  }
  if (outline.method != "subscribe" || !outline.is_success) return;
  frame.kind = FrameKind::ack;
  const bool is_bar = outline.result_channel == "ohlc";
  if (is_bar || outline.result_channel == "trade") {
    frame.reply.names.push_back(
        {outline.result_symbol, is_bar ? outline.result_interval : std::string_view()});
  }
}

/// The update of one bar.
bool guess_bar(std::string_view bytes, Frame& frame) {
  static constexpr FramePattern kUpdate =
      R"({"channel":"ohlc","type":"update","timestamp":"$","data":[{"symbol":"$","open":#,"high":#,"low":#,"close":#,)"
      R"("trades":#,"volume":#,"vwap":#,"interval_begin":"$","interval":#,"timestamp":"$"}]})";
  std::array<std::string_view, kUpdate.places()> text;
  std::int64_t ts_event_ms = 0, ts_open_ms = 0;
  if (!match_frame<kUpdate>(bytes, text) || !read_rfc3339(text[0], ts_event_ms) ||
      !read_rfc3339(text[9], ts_open_ms)) {
    return false;
  }
  frame.kind = FrameKind::bar;
  frame.ts_event_ms = ts_event_ms;
  frame.bars.push_back({.symbol = text[1],
                        .interval = interval_of(text[10]),
                        .ts_event_ms = ts_event_ms,
                        .bar = {.ts_open_ms = ts_open_ms,
                                .open = text[2],
                                .high = text[3],
                                .low = text[4],
                                .close = text[5],
                                .volume = text[7]},
                        .state = BarState::unsaid});
  return true;
}

}  // namespace

std::string_view interval_of(std::string_view text) {
  return our_interval(kIntervals, text);
}

std::string_view interval_text(std::string_view interval) {
  return venue_interval(kIntervals, interval);
}

ParseResult KrakenFrameParser::parse(std::string_view bytes, Frame& frame) {
  frame.clear();
  if (guess_bar(bytes, frame)) return kOk;
  Outline outline;
  const ParseResult result =
      json::read_document<Object>(parser_, bytes, "a frame is an object",
                                  [&](Object& outer) { return read_outer(outer, outline, frame); });
  if (!result.is_ok()) return result;
  if (outline.seen.has(kChannel)) return finish_channel(outline, frame);
  finish_answer(outline, frame);
  return kOk;
}

}  // namespace lockstep::feeds::kraken
