#include "feeds/coinbase/parse.hpp"

#include <algorithm>

#include "feeds/frame_pattern.hpp"
#include "feeds/rows.hpp"
#include "feeds/time_text.hpp"

namespace lockstep::feeds::coinbase {
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

/// The year 9999; beyond it the product with 1,000 could overflow.
constexpr std::int64_t kSecondsMax = 253'402'300'799;

bool read_seconds(Value& value, std::int64_t& ts_ms) {
  std::int64_t seconds = 0;
  if (!json::read_int_text(value, seconds) || seconds < 0 || seconds > kSecondsMax) return false;
  ts_ms = seconds * 1'000;
  return true;
}

constexpr const char* kBarFields[] = {"open", "high", "low", "close", "volume", "start", "product_id"};

ParseResult read_bar_row(Value& element, BarRecord& record) {
  record.state = BarState::unsaid;
  record.interval = kCandleInterval;
  const auto visit = [&](std::string_view key, auto&& field) -> ParseResult {
    switch (key_tag(key)) {
      case key_tag("start"):
        return field(5, record.bar.ts_open_ms, read_seconds);
      case key_tag("product_id"):
        return field(6, record.symbol, json::read_string);
      default:
        return json::take_bar_text(key, field, record.bar);
    }
  };
  return json::walk_row(element, "a candle is an object", kBarFields, visit);
}

/// Of either feed: the trade id is a string here and a number there.
constexpr const char* kTradeFields[] = {"product_id", "trade_id", "price", "size", "time"};

ParseResult read_trade_row(Value& element, TradeRecord& trade) {
  return json::walk_trade_row<kTradeFields>(element, trade, json::read_text, read_time, json::kNothingMore);
}

/// The subscription channels that carry what we read, as the interval that SubscriptionName uses.
bool is_known_channel(std::string_view channel, std::string_view& interval) {
  interval = channel == "candles" ? kCandleInterval : std::string_view();
  return channel == "candles" || channel == "market_trades" || channel == "matches";
}

/// A list of products that is subscribed on `channel`.
ParseResult read_products(Value& value, std::string_view channel, Reply& reply) {
  std::string_view interval;
  if (!is_known_channel(channel, interval)) return kOk;
  json::Array products;
  if (value.get_array().get(products) != simdjson::SUCCESS) return wrong_type("subscriptions");
  return for_each_element(products, [&](Value& product) {
    std::string_view symbol;
    if (!json::read_string(product, symbol)) return wrong_type("subscriptions");
    reply.names.push_back({symbol, interval});
    return kOk;
  });
}

ParseResult read_event(Value& element, std::string_view channel, Frame& frame) {
  Object event;
  if (element.get_object().get(event) != simdjson::SUCCESS) return wrong_shape("an event is an object");
  const std::size_t trades_before = frame.trades.size();
  SeenFields seen;
  const ParseResult result = for_each_field(event, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "type") {
      std::string_view type;
      if (!json::read_string(value, type)) return wrong_type("events.type");
      frame.is_snapshot |= type == "snapshot";
      return seen.add(0) ? kOk : duplicate("events.type");
    }
    const bool is_bars = key == "candles" && channel == "candles";
    if (is_bars || (key == "trades" && channel == "market_trades")) {
      if (!seen.add(1)) return duplicate("events.candles or events.trades");
      json::Array rows;
      if (value.get_array().get(rows) != simdjson::SUCCESS)
        return wrong_type("events.candles or events.trades");
      return for_each_element(rows, [&](Value& row) {
        return is_bars ? read_bar_row(row, frame.bars.emplace_back())
                       : read_trade_row(row, frame.trades.emplace_back());
      });
    }
    if (key == "subscriptions" && channel == "subscriptions") {
      Object lists;
      if (value.get_object().get(lists) != simdjson::SUCCESS) return wrong_type("events.subscriptions");
      return for_each_field(lists, [&](std::string_view name, Value& products) {
        return read_products(products, name, frame.reply);
      });
    }
    return kOk;
  });
  std::reverse(frame.trades.begin() + static_cast<std::ptrdiff_t>(trades_before), frame.trades.end());
  return result;
}

ParseResult read_events(Value& value, std::string_view channel, Frame& frame) {
  json::Array events;
  if (value.get_array().get(events) != simdjson::SUCCESS) return wrong_type("events");
  return for_each_element(events, [&](Value& event) { return read_event(event, channel, frame); });
}

/// {"name":"matches","product_ids":[...]} of Exchange. The name may come behind.
ParseResult read_channel(Value& element, Reply& reply) {
  Object entry;
  if (element.get_object().get(entry) != simdjson::SUCCESS) return wrong_shape("a channel is an object");
  std::string_view name;
  ParseResult result = for_each_field(entry, [&](std::string_view key, Value& value) -> ParseResult {
    return key == "name" && !json::read_string(value, name) ? wrong_type("channels.name") : kOk;
  });
  if (!result.is_ok() || entry.reset().error() != simdjson::SUCCESS)
    return result.is_ok() ? kNotJson : result;
  return for_each_field(entry, [&](std::string_view key, Value& value) {
    return key == "product_ids" ? read_products(value, name, reply) : kOk;
  });
}

ParseResult read_channels(Value& value, Reply& reply) {
  json::Array channels;
  if (value.get_array().get(channels) != simdjson::SUCCESS) return kOk;
  return for_each_element(channels, [&](Value& channel) { return read_channel(channel, reply); });
}

struct Outline {
  SeenFields seen;
  std::string_view channel, type, message, reason;
};
enum : unsigned { kChannel, kSequence, kTimestamp, kType, kMessage, kReason };

ParseResult read_outer(Object& outer, Outline& outline, Frame& frame) {
  SeenFields& seen = outline.seen;
  json::DependentField events("events");
  const auto read_them = [&](Value& value) { return read_events(value, outline.channel, frame); };
  const ParseResult result = for_each_field(outer, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "channel") return take(seen, kChannel, "channel", value, outline.channel, json::read_string);
    if (key == "events") return events.take(value, seen.has(kChannel), read_them);
    if (key == "sequence_num")
      return take(seen, kSequence, "sequence_num", value, frame.sequence, json::read_int);
    if (key == "timestamp") return take(seen, kTimestamp, "timestamp", value, frame.ts_event_ms, read_time);
    if (key == "type") return take(seen, kType, "type", value, outline.type, json::read_string);
    if (key == "message") return take(seen, kMessage, "message", value, outline.message, json::read_text);
    if (key == "reason") return take(seen, kReason, "reason", value, outline.reason, json::read_text);
    if (key == "channels") return read_channels(value, frame.reply);
    return kOk;
  });
  return result.is_ok() ? events.take_left(outer, seen.has(kChannel), read_them) : result;
}

/// A message of Advanced Trade, by its channel.
ParseResult finish_advanced(const Outline& outline, Frame& frame) {
  if (outline.channel == "heartbeats") frame.kind = FrameKind::heartbeat;
  if (outline.channel == "subscriptions") frame.kind = FrameKind::ack;
  if (frame.bars.empty() && frame.trades.empty()) return kOk;
  if (!outline.seen.has(kTimestamp)) return missing("timestamp");
  frame.kind = frame.bars.empty() ? FrameKind::trade : FrameKind::bar;
  for (BarRecord& bar : frame.bars) bar.ts_event_ms = frame.ts_event_ms;
  return kOk;
}

/// A message of Exchange, by its type; also errors of either.
ParseResult finish_exchange(const Outline& outline, Object& outer, Frame& frame) {
  if (outline.type == "error") {
    frame.kind = FrameKind::error;
    frame.reply.message = outline.reason.empty() ? outline.message : outline.reason;
  } else if (outline.type == "subscriptions") {
    frame.kind = FrameKind::ack;
  } else if (outline.type == "heartbeat") {
    frame.kind = FrameKind::heartbeat;
  } else if (outline.type == "match" || outline.type == "last_match") {
    frame.kind = FrameKind::trade;
    frame.is_snapshot = outline.type == "last_match";
    TradeRecord& trade = frame.trades.emplace_back();
    if (outer.reset().error() != simdjson::SUCCESS) return kNotJson;
    const ParseResult result =
        json::walk_trade<kTradeFields>(outer, trade, json::read_text, read_time, json::kNothingMore);
    frame.ts_event_ms = trade.ts_event_ms;
    return result;
  }
  return kOk;
}

/// The update of one candle.
bool guess_bar(std::string_view bytes, Frame& frame) {
  static constexpr FramePattern kUpdate =
      R"({"channel":"candles","timestamp":"$","sequence_num":#,"events":[{"type":"update","candles":[{"start":"#",)"
      R"("high":"#","low":"#","open":"#","close":"#","volume":"#","product_id":"$"}]}]})";
  std::array<std::string_view, kUpdate.places()> text;
  std::int64_t ts_event_ms = 0, sequence = 0, start_s = 0;
  if (!match_frame<kUpdate>(bytes, text) || !read_rfc3339(text[0], ts_event_ms) ||
      !read_plain_int(text[1], sequence) || !read_plain_int(text[2], start_s) || start_s > kSecondsMax) {
    return false;
  }
  frame.kind = FrameKind::bar;
  frame.sequence = sequence;
  frame.ts_event_ms = ts_event_ms;
  frame.bars.push_back({.symbol = text[8],
                        .interval = kCandleInterval,
                        .ts_event_ms = ts_event_ms,
                        .bar = {.ts_open_ms = start_s * 1'000,
                                .open = text[5],
                                .high = text[3],
                                .low = text[4],
                                .close = text[6],
                                .volume = text[7]},
                        .state = BarState::unsaid});
  return true;
}

}  // namespace

ParseResult CoinbaseFrameParser::parse(std::string_view bytes, Frame& frame) {
  frame.clear();
  if (guess_bar(bytes, frame)) return kOk;
  Outline outline;
  return json::read_document<Object>(parser_, bytes, "a frame is an object", [&](Object& outer) {
    const ParseResult result = read_outer(outer, outline, frame);
    if (!result.is_ok()) return result;
    return outline.seen.has(kChannel) ? finish_advanced(outline, frame)
                                      : finish_exchange(outline, outer, frame);
  });
}

}  // namespace lockstep::feeds::coinbase
