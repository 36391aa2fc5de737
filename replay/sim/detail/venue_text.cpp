#include "replay/sim/detail/venue_text.hpp"

#include <algorithm>
#include <charconv>

namespace lockstep::sim {
namespace {

constexpr int kSpotPlaces = 8;

}  // namespace

void append_integer(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_decimal(std::string& out, std::int64_t units, int decimals, int places) {
  std::int64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  append_integer(out, units / scale);
  if (std::max(decimals, places) == 0) return;
  out += '.';
  const std::string fraction = std::to_string(units % scale);
  if (decimals > 0) out.append(static_cast<std::size_t>(decimals) - fraction.size(), '0').append(fraction);
  if (places > decimals) out.append(static_cast<std::size_t>(places - decimals), '0');
}

void VenueText::append_price(std::string& out, const SymbolSpec& spec, std::int64_t ticks) const {
  const int places = dialect_ == Dialect::binance_spot ? kSpotPlaces : 0;
  append_decimal(out, ticks * spec.tick_units, spec.price_decimals, places);
}

void VenueText::append_quantity(std::string& out, const SymbolSpec& spec, std::int64_t lots) const {
  append_decimal(out, lots, spec.quantity_decimals, dialect_ == Dialect::binance_spot ? kSpotPlaces : 0);
}

// All symbols have price_decimals + quantity_decimals <= 8, so the product is exact in the text.
void VenueText::append_quote(std::string& out, const SymbolSpec& spec, std::int64_t units) const {
  append_decimal(out, units, spec.price_decimals + spec.quantity_decimals,
                 dialect_ == Dialect::binance_spot ? kSpotPlaces : 0);
}

void VenueText::append_kline(std::string& out, const SymbolSpec& spec, const SimInterval& interval,
                             const SimBar& bar, std::int64_t ts_event_ms, bool is_closed) const {
  const char* const comma = dialect_ == Dialect::binance_spot ? ",\"" : ", \"";
  const auto key = [&](const char* name) { out.append(comma).append(name).append("\":"); };
  const auto number = [&](const char* name, std::int64_t value) { key(name), append_integer(out, value); };
  const auto price = [&](const char* name, std::int64_t ticks) {
    key(name), out += '"', append_price(out, spec, ticks), out += '"';
  };
  const auto quantity = [&](const char* name, std::int64_t lots) {
    key(name), out += '"', append_quantity(out, spec, lots), out += '"';
  };
  const auto quote = [&](const char* name, std::int64_t units) {
    key(name), out += '"', append_quote(out, spec, units), out += '"';
  };
  out += R"({"e":"kline","E":)";
  append_integer(out, ts_event_ms);
  out.append(R"(,"s":")").append(spec.name).append(R"(","k":{"t":)");
  append_integer(out, bar.ts_open_ms);
  number("T", interval.next_open(bar.ts_open_ms) - 1);
  key("s"), out.append("\"").append(spec.name).append("\"");
  key("i"), out.append("\"").append(interval.name).append("\"");
  number("f", bar.first_id), number("L", bar.last_id);
  price("o", bar.open), price("c", bar.close), price("h", bar.high), price("l", bar.low);
  quantity("v", bar.volume), number("n", bar.trades);
  key("x"), out += is_closed ? "true" : "false";
  quote("q", bar.quote), quantity("V", bar.taker_volume), quote("Q", bar.taker_quote);
  key("B"), out += R"("0"}})";
}

void VenueText::append_row(std::string& out, const SymbolSpec& spec, const SimInterval& interval,
                           const SimBar& bar) const {
  if (!is_binance()) return append_other_row(out, spec, bar);
  out += '[';
  append_integer(out, bar.ts_open_ms);
  for (const std::int64_t ticks : {bar.open, bar.high, bar.low, bar.close}) {
    out += ",\"", append_price(out, spec, ticks), out += '"';
  }
  out += ",\"", append_quantity(out, spec, bar.volume), out += "\",";
  append_integer(out, interval.next_open(bar.ts_open_ms) - 1);
  out += ",\"", append_quote(out, spec, bar.quote), out += "\",";
  append_integer(out, bar.trades);
  out += ",\"", append_quantity(out, spec, bar.taker_volume);
  out += "\",\"", append_quote(out, spec, bar.taker_quote);
  out += R"(","0"])";
}

ExchangeSim::TruthBar VenueText::truth_bar(const SymbolSpec& spec, const SimBar& bar) const {
  ExchangeSim::TruthBar out;
  out.symbol = symbol_name(spec);
  out.ts_open_ms = bar.ts_open_ms;
  append_price(out.open, spec, bar.open);
  append_price(out.high, spec, bar.high);
  append_price(out.low, spec, bar.low);
  append_price(out.close, spec, bar.close);
  append_quantity(out.volume, spec, bar.volume);
  return out;
}

}  // namespace lockstep::sim
