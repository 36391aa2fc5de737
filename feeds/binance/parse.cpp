#include "feeds/binance/parse.hpp"

#include "feeds/frame_pattern.hpp"
#include "feeds/rows.hpp"

namespace lockstep::feeds::binance {
namespace {

using json::Field;
using json::for_each_field;
using json::Object;
using json::SeenFields;
using json::Value;

using json::duplicate;
using json::kNotJson;
using json::kOk;
using json::missing;
using json::take;
using json::wrong_type;

constexpr const char* kBarFields[] = {"k.t", "k.s", "k.i", "k.o", "k.c", "k.h", "k.l", "k.v", "k.x"};

ParseResult parse_bar_fields(Object object, BarRecord& kline, std::string_view& inner_symbol) {
  SeenFields seen;
  BarTexts& bar = kline.bar;
  bool is_closed = false;
  const ParseResult result = for_each_field(object, [&](std::string_view key, Value& value) -> ParseResult {
    if (key.size() != 1) return kOk;
    switch (key[0]) {
      case 't':
        return take(seen, 0, kBarFields[0], value, bar.ts_open_ms, json::read_int);
      case 's':
        return take(seen, 1, kBarFields[1], value, inner_symbol, json::read_string);
      case 'i':
        return take(seen, 2, kBarFields[2], value, kline.interval, json::read_string);
      case 'o':
        return take(seen, 3, kBarFields[3], value, bar.open, json::read_text);
      case 'c':
        return take(seen, 4, kBarFields[4], value, bar.close, json::read_text);
      case 'h':
        return take(seen, 5, kBarFields[5], value, bar.high, json::read_text);
      case 'l':
        return take(seen, 6, kBarFields[6], value, bar.low, json::read_text);
      case 'v':
        return take(seen, 7, kBarFields[7], value, bar.volume, json::read_text);
      case 'x':
        return take(seen, 8, kBarFields[8], value, is_closed, json::read_bool);
      default:
        return kOk;
    }
  });
  kline.state = is_closed ? BarState::closed : BarState::open;
  return result.is_ok() ? json::all_seen(seen, kBarFields) : result;
}

ParseResult parse_kline(Object& event, Frame& frame) {
  SeenFields seen;
  BarRecord& kline = frame.bars.emplace_back();
  std::string_view inner_symbol;
  const ParseResult result = for_each_field(event, [&](std::string_view key, Value& value) -> ParseResult {
    if (key.size() != 1) return kOk;
    switch (key[0]) {
      case 'e':
        return seen.add(0) ? kOk : duplicate("e");
      case 'E':
        return take(seen, 1, "E", value, kline.ts_event_ms, json::read_int);
      case 's':
        return take(seen, 2, "s", value, kline.symbol, json::read_string);
      case 'k': {
        if (!seen.add(3)) return duplicate("k");
        Object bar;
        return value.get_object().get(bar) == simdjson::SUCCESS ? parse_bar_fields(bar, kline, inner_symbol)
                                                                : wrong_type("k");
      }
      default:
        return kOk;
    }
  });
  if (!result.is_ok()) return result;
  if (!seen.has(1)) return missing("E");
  if (!seen.has(2)) return missing("s");
  if (!seen.has(3)) return missing("k");
  if (kline.symbol != inner_symbol) return {ParseStatus::wrong_shape, "k.s and s are different symbols"};
  frame.kind = FrameKind::bar;
  frame.ts_event_ms = kline.ts_event_ms;
  return kOk;
}

ParseResult parse_trade(Object& event, char id_key, Frame& frame) {
  SeenFields seen;
  TradeRecord& trade = frame.trades.emplace_back();
  std::int64_t id = 0;
  std::int64_t sent_ms = 0;
  const ParseResult result = for_each_field(event, [&](std::string_view key, Value& value) -> ParseResult {
    if (key.size() != 1) return kOk;
    if (key[0] == id_key) {
      if (!seen.add(5)) return duplicate("trade id");
      // The text as it came, once it is known to be an integer.
      return json::read_text(value, trade.trade_id) && json::read_int(value, id) ? kOk
                                                                                 : wrong_type("trade id");
    }
    switch (key[0]) {
      case 'e':
        return seen.add(0) ? kOk : duplicate("e");
      case 'E':
        return take(seen, 1, "E", value, sent_ms, json::read_int);
      case 'T':
        return take(seen, 7, "T", value, trade.ts_event_ms, json::read_int);
      case 's':
        return take(seen, 2, "s", value, trade.symbol, json::read_string);
      case 'p':
        return take(seen, 3, "p", value, trade.price, json::read_text);
      case 'q':
        return take(seen, 4, "q", value, trade.quantity, json::read_text);
      case 'X':
        return take(seen, 6, "X", value, trade.origin, json::read_string);
      default:
        return kOk;
    }
  });
  if (!result.is_ok()) return result;
  constexpr const char* kNames[] = {"e", "E", "s", "p", "q", "trade id"};
  for (unsigned bit = 1; bit < std::size(kNames); ++bit) {
    if (!seen.has(bit)) return missing(kNames[bit]);
  }
  // It belongs to the bar that it was traded in, whenever it was sent.
  if (!seen.has(7)) trade.ts_event_ms = sent_ms;
  frame.kind = FrameKind::trade;
  frame.ts_event_ms = sent_ms;
  return kOk;
}

ParseResult parse_shutdown(Object& event, Frame& frame) {
  frame.kind = FrameKind::status;
  frame.is_ending = true;
  frame.reply.message = "serverShutdown";
  return for_each_field(event, [&](std::string_view key, Value& value) -> ParseResult {
    return key == "E" && !json::read_int(value, frame.ts_event_ms) ? wrong_type("E") : kOk;
  });
}

/// Nothing of it is needed, but all of it is read: damage shows.
ParseResult skip_event(Object& event, Frame& frame) {
  frame.kind = FrameKind::unknown;
  return for_each_field(event, [](std::string_view, Value&) { return kOk; });
}

/// An event by its kind. `e` is the first key on the wire; where it is not, it is looked for first.
ParseResult parse_event(Object& event, Frame& frame) {
  std::string_view kind;
  bool is_named = false;
  for (auto item : event) {
    Field field;
    std::string_view key;
    if (std::move(item).get(field) != simdjson::SUCCESS || !json::read_key(field, key)) return kNotJson;
    if (key != "e") continue;
    if (!json::read_string(field.value(), kind)) return wrong_type("e");
    is_named = true;
    break;
  }
  // What the first look consumed of an event without a name was all of it.
  if (!is_named) {
    frame.kind = FrameKind::unknown;
    return kOk;
  }
  if (event.reset().error() != simdjson::SUCCESS) return kNotJson;
  if (kind == "kline") return parse_kline(event, frame);
  if (kind == "trade") return parse_trade(event, 't', frame);
  if (kind == "aggTrade") return parse_trade(event, 'a', frame);
  if (kind == "serverShutdown") return parse_shutdown(event, frame);
  return skip_event(event, frame);
}

ParseResult parse_error_object(Object object, Reply& reply) {
  return for_each_field(object, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "code" && !json::read_int(value, reply.code)) return wrong_type("code");
    if (key == "msg" && !json::read_string(value, reply.message)) return wrong_type("msg");
    return kOk;
  });
}

/// The keys of the outermost object say what it is.
struct Outline {
  bool has_result = false, has_code = false, has_error = false;
};

ParseResult parse_outer(Object& outer, Frame& frame, bool& is_bare_event) {
  SeenFields seen;
  Outline outline;
  Reply& reply = frame.reply;
  const ParseResult result = for_each_field(outer, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "stream") return seen.add(0) ? kOk : duplicate("stream");
    if (key == "data") {
      if (!seen.add(1)) return duplicate("data");
      Object event;
      // Some streams carry arrays; none that we ask for.
      return value.get_object().get(event) == simdjson::SUCCESS ? parse_event(event, frame) : kOk;
    }
    if (key == "e") {
      is_bare_event = true;
    } else if (key == "id") {
      if (!seen.add(2)) return duplicate("id");
      if (!json::read_int(value, reply.id)) reply.id = -1;
    } else if (key == "result") {
      if (!seen.add(3)) return duplicate("result");
      outline.has_result = true;
    } else if (key == "code" && json::read_int(value, reply.code)) {
      if (!seen.add(4)) return duplicate("code");
      outline.has_code = true;
    } else if (key == "msg" && json::read_string(value, reply.message)) {
      if (!seen.add(5)) return duplicate("msg");
    } else if (key == "error") {
      if (!seen.add(6)) return duplicate("error");
      outline.has_error = true;
      Object error;
      return value.get_object().get(error) == simdjson::SUCCESS ? parse_error_object(error, reply) : kOk;
    }
    return kOk;
  });
  if (!result.is_ok() || is_bare_event || seen.has(1)) return result;
  if (outline.has_error || outline.has_code) {
    frame.kind = FrameKind::error;
  } else if (outline.has_result) {
    frame.kind = FrameKind::ack;
  }
  return kOk;
}

/// A kline of a combined stream. USD-M has blanks between the inner fields.
bool guess_kline(std::string_view bytes, Frame& frame) {
  static constexpr FramePattern kKline =
      R"({"stream":"$","data":{"e":"kline","E":#,"s":"$","k":{"t":#,~"T":#,~"s":"$",~"i":"$",~"f":#,~"L":#,~)"
      R"("o":"#",~"c":"#",~"h":"#",~"l":"#",~"v":"#",~"n":#,~"x":$,~"q":"#",~"V":"#",~"Q":"#",~"B":"#"}}})";
  std::array<std::string_view, kKline.places()> text;
  if (!match_frame<kKline>(bytes, text)) return false;
  BarRecord record;
  const bool is_closed = text[15] == "true";
  if (!read_plain_int(text[1], record.ts_event_ms) || !read_plain_int(text[3], record.bar.ts_open_ms) ||
      text[2] != text[5] || (!is_closed && text[15] != "false")) {
    return false;
  }
  record.symbol = text[2];
  record.interval = text[6];
  record.bar.open = text[9];
  record.bar.close = text[10];
  record.bar.high = text[11];
  record.bar.low = text[12];
  record.bar.volume = text[13];
  record.state = is_closed ? BarState::closed : BarState::open;
  frame.kind = FrameKind::bar;
  frame.ts_event_ms = record.ts_event_ms;
  frame.bars.push_back(record);
  return true;
}

}  // namespace

ParseResult BinanceFrameParser::parse(std::string_view bytes, Frame& frame) {
  frame.clear();
  if (guess_kline(bytes, frame)) return kOk;
  return json::read_document<Object>(parser_, bytes, "a frame is an object", [&](Object& outer) {
    bool is_bare_event = false;
    const ParseResult result = parse_outer(outer, frame, is_bare_event);
    if (!result.is_ok() || !is_bare_event) return result;
    frame.clear();
    return outer.reset().error() == simdjson::SUCCESS ? parse_event(outer, frame) : kNotJson;
  });
}

}  // namespace lockstep::feeds::binance
