#include "replay/sim/detail/frame_faults.hpp"

#include <nlohmann/json.hpp>

#include "replay/sim/detail/web_frames.hpp"

namespace lockstep::sim {
namespace {

enum class Field : std::uint8_t { ts_open, open, high, low, close, flag };

/// What stands before the value; for OKX, whose bars are arrays, how many values stand before it.
std::string_view key_of(Dialect dialect, Field field) {
  const auto at = static_cast<std::size_t>(field);
  constexpr std::string_view kBinance[] = {"\"t\":", "\"o\":", "\"h\":", "\"l\":", "\"c\":", "\"x\":"};
  constexpr std::string_view kBybit[] = {
      "\"start\":", "\"open\":", "\"high\":", "\"low\":", "\"close\":", "\"confirm\":"};
  constexpr std::string_view kCoinbase[] = {
      "\"start\":", "\"open\":", "\"high\":", "\"low\":", "\"close\":", ""};
  constexpr std::string_view kKraken[] = {
      "\"interval_begin\":", "\"open\":", "\"high\":", "\"low\":", "\"close\":", ""};
  switch (dialect) {
    case Dialect::binance_spot:
    case Dialect::binance_usdm:
      return kBinance[at];
    case Dialect::bybit_spot:
    case Dialect::bybit_linear:
      return kBybit[at];
    case Dialect::kraken_v2:
      return kKraken[at];
    default:
      return kCoinbase[at];
  }
}

struct Span {
  std::size_t begin = 0, size = 0;
};

/// The value behind `at`, without quotes.
std::optional<Span> value_at(std::string_view json, std::size_t at) {
  while (at < json.size() && json[at] == ' ') ++at;
  if (at >= json.size()) return std::nullopt;
  const bool is_quoted = json[at] == '"';
  const std::size_t begin = at + (is_quoted ? 1 : 0);
  const std::size_t end = json.find_first_of(is_quoted ? "\"" : ",}]", begin);
  if (end == std::string_view::npos) return std::nullopt;
  return Span{begin, end - begin};
}

std::optional<Span> find(Dialect dialect, std::string_view json, Field field) {
  if (dialect == Dialect::okx) {
    std::size_t at = json.find("\"data\":[[");
    if (at == std::string_view::npos) return std::nullopt;
    at += 9;
    constexpr int kPlaces[] = {0, 1, 2, 3, 4, 8};
    for (int i = kPlaces[static_cast<std::size_t>(field)]; i > 0; --i) at = json.find(',', at) + 1;
    return value_at(json, at);
  }
  // Coinbase: a bar, or else a trade, whose price and time take their places.
  const bool is_trade = json.find("\"trade_id\":") != std::string_view::npos;
  const std::string_view key = !is_trade                 ? key_of(dialect, field)
                               : field == Field::ts_open ? std::string_view("\"time\":")
                                                         : std::string_view("\"price\":");
  const std::size_t at = key.empty() ? std::string_view::npos : json.find(key);
  return at == std::string_view::npos ? std::nullopt : value_at(json, at + key.size());
}

std::optional<std::string> with(Dialect dialect, const std::string& json, Field field,
                                std::string_view value) {
  const auto place = find(dialect, json, field);
  if (!place) return std::nullopt;
  return std::string(json).replace(place->begin, place->size, value);
}

std::string value(Dialect dialect, const std::string& json, Field field) {
  const auto place = find(dialect, json, field);
  return place ? json.substr(place->begin, place->size) : "";
}

/// Texts of times: digits, or 2026-08-09T21:05:48.228Z.
std::optional<std::string> off_grid(Dialect dialect, const std::string& json) {
  std::string text = value(dialect, json, Field::ts_open);
  const bool is_iso = text.find('T') != std::string::npos;
  if (text.empty()) return std::nullopt;
  if (is_iso) {
    text[18] = '7';
  } else {
    text = std::to_string(std::stoll(text) + (text.size() > 11 ? 7'000 : 7));
  }
  return with(dialect, json, Field::ts_open, text);
}

std::optional<std::string> wrong_unit(Dialect dialect, const std::string& json) {
  const std::string text = value(dialect, json, Field::ts_open);
  if (text.empty()) return std::nullopt;
  if (text.find('T') != std::string::npos)
    return with(dialect, json, Field::ts_open, "1970-01-21T15:07:12.000Z");
  return with(dialect, json, Field::ts_open, text.substr(0, text.size() - 3));
}

std::optional<std::string> with_flag(Dialect dialect, const std::string& json, bool is_closed) {
  const std::string text = value(dialect, json, Field::flag);
  const std::string_view wanted =
      dialect == Dialect::okx ? (is_closed ? "1" : "0") : (is_closed ? "true" : "false");
  if (text.empty() || text == wanted) return std::nullopt;
  return with(dialect, json, Field::flag, wanted);
}

std::optional<std::string> duplicate_key(Dialect dialect, const std::string& json) {
  const bool is_trade = json.find("\"trade_id\":") != std::string::npos;
  const std::string_view key = is_trade ? std::string_view("\"price\":") : key_of(dialect, Field::close);
  const std::size_t at = json.find(key);
  if (at == std::string::npos) return std::nullopt;
  return std::string(json).insert(at, std::string(key) + "\"1\",");
}

/// The same of a symbol that does not exist, whose name is an escape sequence, markup and Chinese.
std::optional<std::string> hostile_symbol(Dialect dialect, const std::string& json) {
  constexpr std::string_view kName = R"(\u001b[2J<script>\u6bd4\u7279\u5e01\r\n../../etc)";
  std::string_view key = "\"s\":";
  if (dialect == Dialect::bybit_spot || dialect == Dialect::bybit_linear) key = "\"topic\":";
  if (dialect == Dialect::okx) key = "\"instId\":";
  if (dialect == Dialect::coinbase_advanced) key = "\"product_id\":";
  if (dialect == Dialect::kraken_v2) key = "\"symbol\":";
  std::string out = json;
  for (std::size_t at = out.find(key); at != std::string::npos; at = out.find(key, at + kName.size())) {
    const auto place = value_at(out, at + key.size());
    if (!place) return std::nullopt;
    const bool is_topic = key == "\"topic\":";
    out.replace(place->begin, place->size, is_topic ? "kline.1." + std::string(kName) : std::string(kName));
  }
  return out == json ? std::nullopt : std::optional(out);
}

/// In the order of the alphabet.
std::optional<std::string> key_order(const std::string& json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  return parsed.is_object() ? std::optional(parsed.dump()) : std::nullopt;
}

/// A frame whose first byte and length are as given.
std::string raw_frame(unsigned first, std::string_view payload) {
  std::string out;
  append_web_frame(out, WebOpcode::text, payload);
  out[0] = static_cast<char>(first);
  return out;
}

std::string bad_frame(std::string_view json, std::uint64_t turn) {
  switch (turn % 6) {
    case 0:
      return raw_frame(0x83, json);  // an opcode that is not in use
    case 1:
      return raw_frame(0xa1, json);  // a reserved bit
    case 2:
      return raw_frame(0x81, std::string(json.substr(0, json.size() / 2)) + "\xff\xfe");  // no UTF-8
    case 3:
      return raw_frame(0x80, json);  // goes on with a message that nobody began
    case 4: {
      std::string masked = raw_frame(0x81, json);
      masked[1] = static_cast<char>(masked[1] | 0x80);
      return masked;
    }
    default:
      return std::string("\x81\x7f\x00\x00\x01\x00\x00\x00\x00\x00", 10) + std::string(json);  // 2^40 bytes
  }
}

std::string fragments(std::string_view json) {
  const std::size_t third = json.size() / 3;
  std::string out = raw_frame(0x01, json.substr(0, third));
  append_web_frame(out, WebOpcode::ping, "between");
  out += raw_frame(0x00, json.substr(third, third));
  return out + raw_frame(0x80, json.substr(2 * third));
}

}  // namespace

std::optional<std::vector<std::string>> altered(VenueFault fault, Dialect dialect, const std::string& json,
                                                const std::string& before) {
  using Texts = std::vector<std::string>;
  std::optional<std::string> text;
  switch (fault) {
    case VenueFault::lost:
      return Texts{};
    case VenueFault::lost_update:
      if (json.find("\"ohlc\"") == std::string::npos) return std::nullopt;
      return Texts{};
    case VenueFault::twice:
      return Texts{json, json};
    case VenueFault::cut_text:
      return Texts{json.substr(0, json.size() / 2)};
    case VenueFault::before_again:
      return before.empty() ? std::nullopt : std::optional(Texts{json, before});
    case VenueFault::other_close:
      // Its open stands for its close: a bar that could be.
      text = with(dialect, json, Field::close, value(dialect, json, Field::open));
      return !text || *text == json ? std::nullopt : std::optional(Texts{*text, json});
    case VenueFault::unflagged_close:
      text = with_flag(dialect, json, false);
      break;
    case VenueFault::early_close:
      text = with_flag(dialect, json, true);
      break;
    case VenueFault::off_grid:
      text = off_grid(dialect, json);
      break;
    case VenueFault::wrong_unit:
      text = wrong_unit(dialect, json);
      break;
    case VenueFault::nan_price:
      text = with(dialect, json, Field::close, "NaN");
      break;
    case VenueFault::zero_price:
      text = with(dialect, json, Field::low, "0");
      break;
    case VenueFault::negative_price:
      text = with(dialect, json, Field::open, std::string("-").append(value(dialect, json, Field::open)));
      break;
    case VenueFault::high_below_low:
      text = with(dialect, json, Field::high, "0.00000001");
      break;
    case VenueFault::huge_exponent:
      text = with(dialect, json, Field::open, "1e999");
      break;
    case VenueFault::new_field:
      text = R"({"zz_new":{"a":[1,null,"x"]},)" + json.substr(1);
      break;
    case VenueFault::unknown_kind:
      return Texts{R"({"zz_kind":"news","data":[{"a":1}]})", json};
    case VenueFault::key_order:
      text = key_order(json);
      break;
    case VenueFault::duplicate_key:
      text = duplicate_key(dialect, json);
      break;
    case VenueFault::hostile_symbol:
      text = hostile_symbol(dialect, json);
      return text ? std::optional(Texts{*text, json}) : std::nullopt;
    default:
      return std::nullopt;
  }
  return text ? std::optional(Texts{*text}) : std::nullopt;
}

std::string altered_wire(VenueFault fault, std::string_view json, std::uint64_t turn) {
  std::string out;
  switch (fault) {
    case VenueFault::fragments:
      return fragments(json);
    case VenueFault::bad_frame:
      return bad_frame(json, turn);
    case VenueFault::compressed:
      return raw_frame(0xc1, json);
    case VenueFault::cut_in_frame:
      return raw_frame(0x81, json).substr(0, json.size() / 2);
    case VenueFault::ping_flood:
      for (int i = 0; i < 30; ++i) append_web_frame(out, WebOpcode::ping, "flood " + std::to_string(i));
      return out + raw_frame(0x81, json);
    case VenueFault::flood:
      for (int i = 0; i < 2000; ++i) out += raw_frame(0x81, json);
      return out;
    default:
      return raw_frame(0x81, json);
  }
}

std::string ending_notice(Dialect dialect, std::int64_t now_ms, bool is_combined) {
  if (dialect == Dialect::okx) {
    return R"({"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. )"
           R"(Please reconnect.","connId":"sim"})";
  }
  const std::string event = R"({"e":"serverShutdown","E":)" + std::to_string(now_ms) + "}";
  return is_combined ? R"({"stream":"!serverShutdown","data":)" + event + "}" : event;
}

}  // namespace lockstep::sim
