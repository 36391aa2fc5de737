// The part of VenueText that writes what venues other than Binance push, in their key order and number
// formats.
#include <chrono>
#include <cstdio>

#include "replay/sim/detail/venue_text.hpp"

namespace lockstep::sim {
namespace {

struct IntervalName {
  std::string_view ours, bybit, okx, kraken, coinbase;
};
// Empty: the venue has none. Coinbase's names are those of its REST; it pushes 5m alone.
constexpr IntervalName kNames[] = {
    {"1m", "1", "1m", "1", "ONE_MINUTE"},        {"3m", "3", "3m", "", ""},
    {"5m", "5", "5m", "5", "FIVE_MINUTE"},       {"15m", "15", "15m", "15", "FIFTEEN_MINUTE"},
    {"30m", "30", "30m", "30", "THIRTY_MINUTE"}, {"1h", "60", "1H", "60", "ONE_HOUR"},
    {"2h", "120", "2H", "", "TWO_HOUR"},         {"4h", "240", "4H", "240", "FOUR_HOUR"},
    {"6h", "360", "6Hutc", "", "SIX_HOUR"},      {"12h", "720", "12Hutc", "", ""},
    {"1d", "D", "1Dutc", "1440", "ONE_DAY"},     {"3d", "", "3Dutc", "", ""},
    {"1w", "W", "1Wutc", "10080", ""},           {"1M", "M", "1Mutc", "", ""}};

std::string_view name_of(Dialect dialect, const IntervalName& names) {
  switch (dialect) {
    case Dialect::bybit_spot:
    case Dialect::bybit_linear:
      return names.bybit;
    case Dialect::okx:
      return names.okx;
    case Dialect::kraken_v2:
      return names.kraken;
    case Dialect::coinbase_advanced:
      return names.coinbase;
    default:
      return names.ours;
  }
}

}  // namespace

std::string interval_name(Dialect dialect, const SimInterval& interval) {
  for (const IntervalName& names : kNames) {
    if (names.ours == interval.name) return std::string(name_of(dialect, names));
  }
  return "";
}

int find_interval(Dialect dialect, std::string_view name) {
  for (const IntervalName& names : kNames) {
    if (!name.empty() && name_of(dialect, names) == name) return find_sim_interval(names.ours);
  }
  return -1;
}

std::string iso_text(std::int64_t ts_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(ts_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

std::string VenueText::symbol_name(const SymbolSpec& spec) const {
  if (is_binance() || dialect_ == Dialect::bybit_spot || dialect_ == Dialect::bybit_linear) return spec.name;
  return spec.base_asset + (dialect_ == Dialect::kraken_v2 ? "/" : "-") + spec.quote_asset;
}

std::optional<int> VenueText::find_symbol(const MarketModel& model, std::string_view name) const {
  std::string plain;
  for (const char c : name) {
    if (c != '-' && c != '/') plain += c;
  }
  const auto symbol = model.find(plain);
  return symbol && symbol_name(model.spec(*symbol)) == name ? symbol : std::nullopt;
}

std::vector<std::string> VenueText::bar_frames(const SymbolSpec& spec, const SimInterval& interval,
                                               const SimBar& bar, std::int64_t ts_event_ms,
                                               bool is_closed) const {
  // The bar that begins where this one ends.
  SimBar next;
  next.ts_open_ms = interval.next_open(bar.ts_open_ms);
  next.open = next.high = next.low = next.close = bar.close;
  std::string text;
  switch (dialect_) {
    case Dialect::bybit_spot:
    case Dialect::bybit_linear: {
      // Linear closes a bar and opens the next in one frame; spot leaves the next to its first update.
      const bool is_spot = dialect_ == Dialect::bybit_spot;
      const std::string topic =
          R"("topic":"kline.)" + interval_name(dialect_, interval) + "." + spec.name + "\"";
      text = (is_spot ? R"({"type":"snapshot",)" + topic : "{" + topic) + R"(,"data":[)";
      append_bybit_row(text, spec, interval, bar, ts_event_ms, is_closed);
      if (is_closed && !is_spot) append_bybit_row(text += ',', spec, interval, next, ts_event_ms, false);
      text += R"(],"ts":)";
      append_integer(text, ts_event_ms);
      text += is_spot ? "}" : R"(,"type":"snapshot"})";
      return {text};
    }
    case Dialect::okx:
      if (!is_closed) return {okx_frame(spec, interval, bar, false)};
      return {okx_frame(spec, interval, bar, true), okx_frame(spec, interval, next, false)};
    case Dialect::coinbase_advanced:
      return {coinbase_frame(spec, bar, ts_event_ms)};
    case Dialect::kraken_v2:
      return {kraken_frame(spec, interval, bar, ts_event_ms)};
    default:
      append_kline(text, spec, interval, bar, ts_event_ms, is_closed);
      return {text};
  }
}

void VenueText::append_bybit_row(std::string& out, const SymbolSpec& spec, const SimInterval& interval,
                                 const SimBar& bar, std::int64_t ts_event_ms, bool is_closed) const {
  const auto price = [&](const char* before, std::int64_t ticks) {
    out += before, append_price(out, spec, ticks);
  };
  out += R"({"start":)";
  append_integer(out, bar.ts_open_ms);
  out += R"(,"end":)";
  append_integer(out, interval.next_open(bar.ts_open_ms) - 1);
  out += R"(,"interval":")" + interval_name(dialect_, interval);
  price(R"(","open":")", bar.open), price(R"(","close":")", bar.close);
  price(R"(","high":")", bar.high), price(R"(","low":")", bar.low);
  out += R"(","volume":")", append_quantity(out, spec, bar.volume);
  out += R"(","turnover":")", append_quote(out, spec, bar.quote);
  out += is_closed ? R"(","confirm":true,"timestamp":)" : R"(","confirm":false,"timestamp":)";
  append_integer(out, ts_event_ms);
  out += '}';
}

std::string VenueText::okx_frame(const SymbolSpec& spec, const SimInterval& interval, const SimBar& bar,
                                 bool is_closed) const {
  std::string text = R"({"arg":{"channel":"candle)" + interval_name(dialect_, interval) + R"(","instId":")" +
                     symbol_name(spec) + R"("},"data":[[")";
  append_integer(text, bar.ts_open_ms);
  for (const std::int64_t ticks : {bar.open, bar.high, bar.low, bar.close}) {
    text += "\",\"", append_price(text, spec, ticks);
  }
  text += "\",\"", append_quantity(text, spec, bar.volume);
  for (int i = 0; i < 2; ++i) text += "\",\"", append_quote(text, spec, bar.quote);
  return text += is_closed ? R"(","1"]]})" : R"(","0"]]})";
}

std::string VenueText::coinbase_frame(const SymbolSpec& spec, const SimBar& bar,
                                      std::int64_t ts_event_ms) const {
  const auto price = [&](std::int64_t ticks) {
    std::string text;
    append_price(text, spec, ticks);
    return text;
  };
  std::string volume;
  append_quantity(volume, spec, bar.volume);
  return R"({"channel":"candles","timestamp":")" + iso_text(ts_event_ms) + R"(","sequence_num":)" +
         std::string(kSequencePlace) + R"(,"events":[{"type":"update","candles":[{"start":")" +
         std::to_string(bar.ts_open_ms / 1000) + R"(","high":")" + price(bar.high) + R"(","low":")" +
         price(bar.low) + R"(","open":")" + price(bar.open) + R"(","close":")" + price(bar.close) +
         R"(","volume":")" + volume + R"(","product_id":")" + symbol_name(spec) + R"("}]}]})";
}

// Prices are bare numbers, and an update says neither that a bar is final nor, by its own timestamp, when it
// was.
std::string VenueText::kraken_frame(const SymbolSpec& spec, const SimInterval& interval, const SimBar& bar,
                                    std::int64_t ts_event_ms) const {
  std::string text = R"({"channel":"ohlc","type":"update","timestamp":")" + iso_text(ts_event_ms) +
                     R"(","data":[{"symbol":")" + symbol_name(spec) + "\"";
  const auto price = [&](const char* key, std::int64_t ticks) {
    text += key, append_price(text, spec, ticks);
  };
  price(R"(,"open":)", bar.open), price(R"(,"high":)", bar.high);
  price(R"(,"low":)", bar.low), price(R"(,"close":)", bar.close);
  text += R"(,"trades":)";
  append_integer(text, bar.trades);
  text += R"(,"volume":)", append_quantity(text, spec, bar.volume);
  price(R"(,"vwap":)", bar.close);
  return text + R"(,"interval_begin":")" + iso_text(bar.ts_open_ms) + R"(","interval":)" +
         interval_name(dialect_, interval) + R"(,"timestamp":")" +
         iso_text(interval.next_open(bar.ts_open_ms)) + R"("}]})";
}

// Rows of history: Bybit and OKX as arrays of texts, Coinbase as objects, Kraken with the time in seconds.
void VenueText::append_other_row(std::string& out, const SymbolSpec& spec, const SimBar& bar) const {
  const auto price = [&](const char* before, std::int64_t ticks) {
    out += before, append_price(out, spec, ticks);
  };
  if (dialect_ == Dialect::coinbase_advanced) {
    out += R"({"start":")", append_integer(out, bar.ts_open_ms / 1000);
    price(R"(","low":")", bar.low), price(R"(","high":")", bar.high);
    price(R"(","open":")", bar.open), price(R"(","close":")", bar.close);
    out += R"(","volume":")", append_quantity(out, spec, bar.volume);
    out += "\"}";
    return;
  }
  const bool is_kraken = dialect_ == Dialect::kraken_v2;
  out += is_kraken ? "[" : "[\"";
  append_integer(out, is_kraken ? bar.ts_open_ms / 1000 : bar.ts_open_ms);
  price(is_kraken ? ",\"" : "\",\"", bar.open);
  price("\",\"", bar.high), price("\",\"", bar.low), price("\",\"", bar.close);
  if (is_kraken) out += bar.trades > 0 ? "\",\"1.0" : "\",\"0.0";  // vwap, which nobody reads
  out += "\",\"", append_quantity(out, spec, bar.volume);
  if (is_kraken) {
    out += "\",";
    append_integer(out, bar.trades);
    out += ']';
    return;
  }
  out += "\",\"", append_quote(out, spec, bar.quote);
  if (dialect_ == Dialect::okx)
    out += "\",\"0\",\"1";  // volCcyQuote, and a confirm that a client must not trust
  out += "\"]";
}

}  // namespace lockstep::sim
