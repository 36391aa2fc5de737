#include "feeds/binance/parse_rest.hpp"

namespace lockstep::feeds::binance {
namespace {

using json::for_each_element;
using json::for_each_field;
using json::Object;
using json::Value;
using simdjson::ondemand::array;
using simdjson::ondemand::document;

using json::kNotJson;
using json::kOk;
using json::missing;
using json::wrong_type;

ParseResult read_kline_cell(int column, Value& value, HistoryRow& row) {
  std::string_view* const texts[] = {&row.bar.open, &row.bar.high, &row.bar.low, &row.bar.close,
                                     &row.bar.volume};
  if (column == 0) return json::read_int(value, row.bar.ts_open_ms) ? kOk : wrong_type("openTime");
  if (column >= 1 && column <= 5)
    return json::read_text(value, *texts[column - 1]) ? kOk : wrong_type("ohlcv");
  if (column == 6) return json::read_int(value, row.ts_close_ms) ? kOk : wrong_type("closeTime");
  return kOk;
}

ParseResult read_kline_row(Value& value, HistoryRow& row) {
  array cells;
  if (value.get_array().get(cells) != simdjson::SUCCESS)
    return {ParseStatus::wrong_shape, "a kline row is an array"};
  int column = 0;
  const ParseResult result =
      for_each_element(cells, [&](Value& cell) { return read_kline_cell(column++, cell, row); });
  return result.is_ok() && column < 7 ? missing("closeTime") : result;
}

ParseResult read_trade_row(Value& value, TradeRow& row) {
  Object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return {ParseStatus::wrong_shape, "a trade row is an object"};
  json::SeenFields seen;
  const auto once = [&](unsigned bit, const char* name, bool is_read) -> ParseResult {
    if (!seen.add(bit)) return {ParseStatus::duplicate_key, name};
    return is_read ? kOk : wrong_type(name);
  };
  const ParseResult result = for_each_field(object, [&](std::string_view key, Value& cell) -> ParseResult {
    if (key == "id") return once(0, "id", json::read_text(cell, row.trade_id));
    if (key == "price") return once(1, "price", json::read_text(cell, row.price));
    if (key == "qty") return once(2, "qty", json::read_text(cell, row.quantity));
    if (key == "time") return once(3, "time", json::read_int(cell, row.ts_event_ms));
    return kOk;
  });
  if (!result.is_ok()) return result;
  constexpr const char* kNames[] = {"id", "price", "qty", "time"};
  for (unsigned bit = 0; bit < std::size(kNames); ++bit) {
    if (!seen.has(bit)) return missing(kNames[bit]);
  }
  return kOk;
}

/// tickSize of one entry of filters[], if it is the PRICE_FILTER.
ParseResult read_filter(Value& value, std::string_view& tick_size) {
  Object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return {ParseStatus::wrong_shape, "a filter is an object"};
  std::string_view kind, tick;
  const ParseResult result = for_each_field(object, [&](std::string_view key, Value& cell) -> ParseResult {
    if (key == "filterType") return json::read_string(cell, kind) ? kOk : wrong_type("filterType");
    if (key == "tickSize") return json::read_text(cell, tick) ? kOk : wrong_type("tickSize");
    return kOk;
  });
  if (kind == "PRICE_FILTER") tick_size = tick;
  return result;
}

ParseResult read_symbol(Value& value, SymbolInfo& info) {
  Object object;
  if (value.get_object().get(object) != simdjson::SUCCESS)
    return {ParseStatus::wrong_shape, "a symbol is an object"};
  const ParseResult result = for_each_field(object, [&](std::string_view key, Value& cell) -> ParseResult {
    if (key == "symbol") return json::read_string(cell, info.symbol) ? kOk : wrong_type("symbol");
    if (key == "status") return json::read_string(cell, info.status) ? kOk : wrong_type("status");
    if (key != "filters") return kOk;
    array filters;
    if (cell.get_array().get(filters) != simdjson::SUCCESS) return wrong_type("filters");
    return for_each_element(filters, [&](Value& filter) { return read_filter(filter, info.tick_size); });
  });
  return result.is_ok() && info.symbol.empty() ? missing("symbol") : result;
}

}  // namespace

ParseResult RestParser::open(std::string& body, document& document) {
  body.reserve(body.size() + kJsonPadding);
  const auto error = parser_.iterate(body.data(), body.size(), body.size() + kJsonPadding).get(document);
  return error == simdjson::SUCCESS ? kOk : kNotJson;
}

ParseResult RestParser::parse_klines(std::string& body, std::vector<HistoryRow>& rows) {
  rows.clear();
  document document;
  if (!open(body, document).is_ok()) return kNotJson;
  array elements;
  if (document.get_array().get(elements) != simdjson::SUCCESS)
    return {ParseStatus::wrong_shape, "klines are an array of rows"};
  const ParseResult result =
      for_each_element(elements, [&](Value& value) { return read_kline_row(value, rows.emplace_back()); });
  return result.is_ok() && !json::is_at_end(document) ? kNotJson : result;
}

ParseResult RestParser::parse_trades(std::string& body, std::vector<TradeRow>& rows) {
  rows.clear();
  document document;
  if (!open(body, document).is_ok()) return kNotJson;
  array elements;
  if (document.get_array().get(elements) != simdjson::SUCCESS)
    return {ParseStatus::wrong_shape, "trades are an array of rows"};
  const ParseResult result =
      for_each_element(elements, [&](Value& value) { return read_trade_row(value, rows.emplace_back()); });
  return result.is_ok() && !json::is_at_end(document) ? kNotJson : result;
}

ParseResult RestParser::parse_server_time(std::string& body, std::int64_t& server_time_ms) {
  return parse_exchange_info(body, server_time_ms, [](const SymbolInfo&) {});
}

ParseResult RestParser::parse_exchange_info(std::string& body, std::int64_t& server_time_ms,
                                            const std::function<void(const SymbolInfo&)>& visit) {
  document document;
  Object object;
  if (!open(body, document).is_ok()) return kNotJson;
  if (document.get_object().get(object) != simdjson::SUCCESS)
    return {ParseStatus::wrong_shape, "the body is an object"};
  json::SeenFields seen;
  const ParseResult result = for_each_field(object, [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "serverTime") {
      if (!seen.add(0)) return {ParseStatus::duplicate_key, "serverTime"};
      return json::read_int(value, server_time_ms) ? kOk : wrong_type("serverTime");
    }
    if (key != "symbols") return kOk;
    array symbols;
    if (value.get_array().get(symbols) != simdjson::SUCCESS) return wrong_type("symbols");
    return for_each_element(symbols, [&](Value& element) {
      SymbolInfo info;
      const ParseResult read = read_symbol(element, info);
      if (read.is_ok()) visit(info);
      return read;
    });
  });
  if (!result.is_ok()) return result;
  if (!json::is_at_end(document)) return kNotJson;
  if (!seen.has(0)) return missing("serverTime");
  return is_time_plausible(server_time_ms) ? kOk : wrong_type("serverTime (2009 to 2100 in ms)");
}

}  // namespace lockstep::feeds::binance
