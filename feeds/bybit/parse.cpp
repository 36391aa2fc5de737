#include "feeds/bybit/parse.hpp"

#include <charconv>

#include "feeds/frame_pattern.hpp"
#include "feeds/interval_names.hpp"
#include "feeds/rows.hpp"

namespace lockstep::feeds::bybit {
namespace {

using json::for_each_element;
using json::for_each_field;
using json::key_tag;
using json::kOk;
using json::Object;
using json::SeenFields;
using json::take;
using json::Value;
using json::wrong_shape;
using json::wrong_type;

constexpr IntervalName kIntervals[] = {
    {"1", "1m"},   {"3", "3m"},   {"5", "5m"},    {"15", "15m"}, {"30", "30m"}, {"60", "1h"}, {"120", "2h"},
    {"240", "4h"}, {"360", "6h"}, {"720", "12h"}, {"D", "1d"},   {"W", "1w"},   {"M", "1M"}};

constexpr const char* kBarFields[] = {"open", "high", "low", "close", "volume", "start", "confirm"};

ParseResult read_bar_row(Value& element, BarRecord& record) {
  bool is_closed = false;
  const auto visit = [&](std::string_view key, auto&& field) -> ParseResult {
    switch (key_tag(key)) {
      case key_tag("start"):
        return field(5, record.bar.ts_open_ms, json::read_int);
      case key_tag("confirm"):
        return field(6, is_closed, json::read_bool);
      default:
        return json::take_bar_text(key, field, record.bar);
    }
  };
  const ParseResult result = json::walk_row(element, "a kline row is an object", kBarFields, visit);
  record.state = is_closed ? BarState::closed : BarState::open;
  return result;
}

constexpr const char* kTradeFields[] = {"s", "i", "p", "v", "T"};

ParseResult read_trade_row(Value& element, TradeRecord& trade) {
  return json::walk_trade_row<kTradeFields>(element, trade, json::read_string, json::read_int,
                                            json::kNothingMore);
}

constexpr std::string_view kKline = "kline.";

/// kline.1.BTCUSDT: what the rows do not say themselves. False when it is not of that form.
bool read_bar_topic(std::string_view topic, BarRecord& record) {
  const std::size_t dot = topic.find('.');
  const std::size_t next = topic.find('.', dot + 1);
  if (dot == std::string_view::npos || next == std::string_view::npos) return false;
  record.interval = interval_of(topic.substr(dot + 1, next - dot - 1));
  record.symbol = topic.substr(next + 1);
  return !record.symbol.empty();
}

ParseResult read_data(Value& value, std::string_view topic, Frame& frame) {
  const bool is_bar = topic.starts_with(kKline);
  if (!is_bar && !topic.starts_with("publicTrade.")) return kOk;
  json::Array rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS) return wrong_type("data");
  if (!is_bar) {
    return for_each_element(rows,
                            [&](Value& row) { return read_trade_row(row, frame.trades.emplace_back()); });
  }
  BarRecord named;
  if (!read_bar_topic(topic, named)) return wrong_shape("a kline topic is kline.INTERVAL.SYMBOL");
  return for_each_element(rows, [&](Value& row) {
    frame.bars.push_back(named);
    return read_bar_row(row, frame.bars.back());
  });
}

/// The keys of the outermost object that matter.
struct Outline {
  SeenFields seen;
  std::string_view topic, op, message, request_id;
  bool is_success = false;
};
constexpr const char* kOuterFields[] = {"topic", "ts", "success", "op", "ret_msg", "req_id"};
enum : unsigned { kTopic, kTime, kSuccess, kOp, kMessage, kRequestId };

ParseResult read_outer(Object& outer, Outline& outline, Frame& frame) {
  SeenFields& seen = outline.seen;
  json::DependentField data("data");
  const auto read_rows = [&](Value& value) { return read_data(value, outline.topic, frame); };
  const ParseResult result = for_each_field(outer, [&](std::string_view key, Value& value) -> ParseResult {
    const auto field = [&](unsigned bit, auto& target, auto&& read) {
      return key == kOuterFields[bit] ? take(seen, bit, kOuterFields[bit], value, target, read) : kOk;
    };
    if (key == "data") return data.take(value, seen.has(kTopic), read_rows);
    switch (key_tag(key)) {
      case key_tag("topic"):
        return field(kTopic, outline.topic, json::read_string);
      case key_tag("ts"):
        return field(kTime, frame.ts_event_ms, json::read_int);
      case key_tag("success"):
        return field(kSuccess, outline.is_success, json::read_bool);
      case key_tag("op"):
        return field(kOp, outline.op, json::read_string);
      case key_tag("ret_msg"):
        return field(kMessage, outline.message, json::read_string);
      case key_tag("req_id"):
        return field(kRequestId, outline.request_id, json::read_string);
      default:
        return kOk;
    }
  });
  return result.is_ok() ? data.take_left(outer, seen.has(kTopic), read_rows) : result;
}

void read_answer(const Outline& outline, Frame& frame) {
  Reply& reply = frame.reply;
  reply.message = outline.message;
  const char* const end = outline.request_id.data() + outline.request_id.size();
  if (std::from_chars(outline.request_id.data(), end, reply.id).ptr != end) reply.id = -1;
  if (outline.op == "ping" || outline.op == "pong") {
    frame.kind = FrameKind::heartbeat;
  } else if (outline.seen.has(kSuccess) && !outline.is_success) {
    frame.kind = FrameKind::error;
  } else if (outline.seen.has(kSuccess)) {
    frame.kind = FrameKind::ack;
  }
}

// Spot has `type` in front, linear and inverse have it at the end.
#define LOCKSTEP_BYBIT_ROW                                                                                         \
  R"([{"start":#,"end":#,"interval":"$","open":"#","close":"#","high":"#","low":"#","volume":"#","turnover":"#",)" \
  R"("confirm":$,"timestamp":#}],"ts":#)"
constexpr FramePattern kSpotUpdate = R"({"type":"snapshot","topic":"$","data":)" LOCKSTEP_BYBIT_ROW "}";
constexpr FramePattern kLinearUpdate = R"({"topic":"$","data":)" LOCKSTEP_BYBIT_ROW R"(,"type":"snapshot"})";
#undef LOCKSTEP_BYBIT_ROW

/// A frame with one row.
bool guess_bar(std::string_view bytes, Frame& frame) {
  std::array<std::string_view, kLinearUpdate.places()> text;
  static_assert(kSpotUpdate.places() == kLinearUpdate.places());
  if (!match_frame<kLinearUpdate>(bytes, text) && !match_frame<kSpotUpdate>(bytes, text)) return false;
  BarRecord record;
  const bool is_closed = text[10] == "true";
  if (!text[0].starts_with(kKline) || !read_bar_topic(text[0], record) ||
      !read_plain_int(text[1], record.bar.ts_open_ms) || !read_plain_int(text[12], record.ts_event_ms) ||
      (!is_closed && text[10] != "false")) {
    return false;
  }
  record.bar.open = text[4];
  record.bar.close = text[5];
  record.bar.high = text[6];
  record.bar.low = text[7];
  record.bar.volume = text[8];
  record.state = is_closed ? BarState::closed : BarState::open;
  frame.kind = FrameKind::bar;
  frame.ts_event_ms = record.ts_event_ms;
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

ParseResult BybitFrameParser::parse(std::string_view bytes, Frame& frame) {
  frame.clear();
  if (guess_bar(bytes, frame)) return kOk;
  Outline outline;
  const ParseResult result =
      json::read_document<Object>(parser_, bytes, "a frame is an object",
                                  [&](Object& outer) { return read_outer(outer, outline, frame); });
  if (!result.is_ok()) return result;
  if (!outline.seen.has(kTopic)) {
    read_answer(outline, frame);
    return kOk;
  }
  const bool has_rows = !frame.bars.empty() || !frame.trades.empty();
  if (has_rows && !outline.seen.has(kTime)) return json::missing("ts");
  for (BarRecord& bar : frame.bars) bar.ts_event_ms = frame.ts_event_ms;
  if (has_rows) frame.kind = frame.bars.empty() ? FrameKind::trade : FrameKind::bar;
  return kOk;
}

}  // namespace lockstep::feeds::bybit
