#include "feeds/bybit/parse.hpp"

#include <charconv>

#include "feeds/frame_pattern.hpp"
#include "feeds/interval_names.hpp"

namespace lockstep::feeds::bybit {
namespace {

using json::duplicate;
using json::for_each_element;
using json::for_each_field;
using json::key_tag;
using json::kNotJson;
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

constexpr const char* kBarFields[] = {"start", "open", "close", "high", "low", "volume", "confirm"};

ParseResult read_bar_row(Value& element, BarRecord& record) {
  bool is_closed = false;
  BarTexts& bar = record.bar;
  const auto visit = [&](std::string_view key, auto&& field) -> ParseResult {
    switch (key_tag(key)) {
      case key_tag("start"):
        return field(0, bar.ts_open_ms, json::read_int);
      case key_tag("open"):
        return field(1, bar.open, json::read_text);
      case key_tag("close"):
        return field(2, bar.close, json::read_text);
      case key_tag("high"):
        return field(3, bar.high, json::read_text);
      case key_tag("low"):
        return field(4, bar.low, json::read_text);
      case key_tag("volume"):
        return field(5, bar.volume, json::read_text);
      case key_tag("confirm"):
        return field(6, is_closed, json::read_bool);
      default:
        return kOk;
    }
  };
  const ParseResult result = json::walk_row(element, "a kline row is an object", kBarFields, visit);
  record.state = is_closed ? BarState::closed : BarState::open;
  return result;
}

constexpr const char* kTradeFields[] = {"T", "s", "v", "p", "i"};

ParseResult read_trade_row(Value& element, TradeRecord& trade) {
  const auto visit = [&](std::string_view key, auto&& field) -> ParseResult {
    switch (key_tag(key)) {
      case key_tag("T"):
        return field(0, trade.ts_event_ms, json::read_int);
      case key_tag("s"):
        return field(1, trade.symbol, json::read_string);
      case key_tag("v"):
        return field(2, trade.quantity, json::read_text);
      case key_tag("p"):
        return field(3, trade.price, json::read_text);
      case key_tag("i"):
        return field(4, trade.trade_id, json::read_string);
      default:
        return kOk;
    }
  };
  return json::walk_row(element, "a trade row is an object", kTradeFields, visit);
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
  bool has_data_before_topic = false;
};
constexpr const char* kOuterFields[] = {"topic", "data", "ts", "success", "op", "ret_msg", "req_id"};

ParseResult read_outer(Object& outer, Outline& outline, Frame& frame) {
  SeenFields& seen = outline.seen;
  return for_each_field(outer, [&](std::string_view key, Value& value) -> ParseResult {
    const auto field = [&](unsigned bit, auto& target, auto&& read) {
      return key == kOuterFields[bit] ? take(seen, bit, kOuterFields[bit], value, target, read) : kOk;
    };
    if (key == "data") {
      if (!seen.add(1)) return duplicate("data");
      outline.has_data_before_topic = !seen.has(0);
      return seen.has(0) ? read_data(value, outline.topic, frame) : kOk;
    }
    switch (key_tag(key)) {
      case key_tag("topic"):
        return field(0, outline.topic, json::read_string);
      case key_tag("ts"):
        return field(2, frame.ts_event_ms, json::read_int);
      case key_tag("success"):
        return field(3, outline.is_success, json::read_bool);
      case key_tag("op"):
        return field(4, outline.op, json::read_string);
      case key_tag("ret_msg"):
        return field(5, outline.message, json::read_string);
      case key_tag("req_id"):
        return field(6, outline.request_id, json::read_string);
      default:
        return kOk;
    }
  });
}

void read_answer(const Outline& outline, Frame& frame) {
  Reply& reply = frame.reply;
  reply.message = outline.message;
  const char* const end = outline.request_id.data() + outline.request_id.size();
  if (std::from_chars(outline.request_id.data(), end, reply.id).ptr != end) reply.id = -1;
  if (outline.op == "ping" || outline.op == "pong") {
    frame.kind = FrameKind::heartbeat;
  } else if (outline.seen.has(3) && !outline.is_success) {
    frame.kind = FrameKind::error;
  } else if (outline.seen.has(3)) {
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
  simdjson::ondemand::document document;
  Object outer;
  ParseResult result = json::open(parser_, bytes, "a frame is an object", document, outer);
  Outline outline;
  if (result.is_ok()) result = read_outer(outer, outline, frame);
  if (result.is_ok() && outline.has_data_before_topic && outline.seen.has(0)) {
    result =
        json::read_again(outer, "data", [&](Value& value) { return read_data(value, outline.topic, frame); });
  }
  if (!result.is_ok()) return result;
  if (!json::is_at_end(document)) return kNotJson;
  if (!outline.seen.has(0)) {
    read_answer(outline, frame);
    return kOk;
  }
  const bool has_rows = !frame.bars.empty() || !frame.trades.empty();
  if (has_rows && !outline.seen.has(2)) return json::missing("ts");
  for (BarRecord& bar : frame.bars) bar.ts_event_ms = frame.ts_event_ms;
  if (has_rows) frame.kind = frame.bars.empty() ? FrameKind::trade : FrameKind::bar;
  return kOk;
}

}  // namespace lockstep::feeds::bybit
