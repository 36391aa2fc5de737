#include "feeds/binance/parse_rest.hpp"

#include "feeds/history_rows.hpp"
#include "feeds/json_body.hpp"
#include "feeds/volume_rows.hpp"

namespace lockstep::feeds::binance {
namespace {

using json::Value;

using json::kOk;
using json::missing;
using json::wrong_type;

constexpr json::Cell kCells[] = {json::Cell::open_ms, json::Cell::open,  json::Cell::high,
                                 json::Cell::low,     json::Cell::close, json::Cell::volume,
                                 json::Cell::close_ms};

constexpr const char* kTradeFields[] = {"id", "price", "qty", "time"};

ParseResult read_trade_row(Value& value, TradeRow& row) {
  const auto visit = [&](std::string_view key, auto&& field) -> ParseResult {
    if (key == "id") return field(0, row.trade_id, json::read_text);
    if (key == "price") return field(1, row.price, json::read_text);
    if (key == "qty") return field(2, row.quantity, json::read_text);
    return key == "time" ? field(3, row.ts_event_ms, json::read_int) : kOk;
  };
  return json::walk_row(value, "a trade row is an object", kTradeFields, visit);
}

/// tickSize of one entry of filters[], if it is the PRICE_FILTER.
ParseResult read_filter(Value& value, std::string_view& tick_size) {
  std::string_view kind, tick;
  const ParseResult result =
      json::walk_object(value, "filters[]", [&](std::string_view key, Value& cell) -> ParseResult {
        if (key == "filterType") return json::read_string(cell, kind) ? kOk : wrong_type("filterType");
        if (key == "tickSize") return json::read_text(cell, tick) ? kOk : wrong_type("tickSize");
        return kOk;
      });
  if (kind == "PRICE_FILTER") tick_size = tick;
  return result;
}

ParseResult read_symbol(Value& value, SymbolInfo& info) {
  const ParseResult result =
      json::walk_object(value, "symbols[]", [&](std::string_view key, Value& cell) -> ParseResult {
        if (key == "symbol") return json::read_string(cell, info.symbol) ? kOk : wrong_type("symbol");
        if (key == "status") return json::read_string(cell, info.status) ? kOk : wrong_type("status");
        if (key != "filters") return kOk;
        return json::walk_array(cell, "filters",
                                [&](Value& filter) { return read_filter(filter, info.tick_size); });
      });
  return result.is_ok() && info.symbol.empty() ? missing("symbol") : result;
}

}  // namespace

ParseResult RestParser::parse_klines(std::string& body, const core::Interval& interval,
                                     std::vector<HistoryRow>& rows) {
  rows.clear();
  return json::walk_list(parser_, body, [&](Value& value) {
    return json::read_history_row(value, "klines", kCells, interval, rows.emplace_back());
  });
}

ParseResult RestParser::parse_trades(std::string& body, std::vector<TradeRow>& rows) {
  rows.clear();
  return json::walk_list(parser_, body,
                         [&](Value& value) { return read_trade_row(value, rows.emplace_back()); });
}

ParseResult RestParser::parse_volumes(std::string& body, const RestSource::VisitVolume& visit) {
  return json::walk_list(parser_, body, [&](Value& value) {
    return json::read_volume_row(value, {"symbol", "quoteVolume", ""}, visit);
  });
}

ParseResult RestParser::parse_server_time(std::string& body, std::int64_t& server_time_ms) {
  return parse_exchange_info(body, server_time_ms, [](const SymbolInfo&) {});
}

ParseResult RestParser::parse_exchange_info(std::string& body, std::int64_t& server_time_ms,
                                            const std::function<void(const SymbolInfo&)>& visit) {
  json::SeenFields seen;
  const ParseResult result = json::walk_body(parser_, body, [&](std::string_view key, Value& value) {
    if (key == "serverTime") return json::take(seen, 0, "serverTime", value, server_time_ms, json::read_int);
    if (key != "symbols") return kOk;
    return json::walk_array(value, "symbols", [&](Value& element) {
      SymbolInfo info;
      const ParseResult read = read_symbol(element, info);
      if (read.is_ok()) visit(info);
      return read;
    });
  });
  if (!result.is_ok()) return result;
  if (!seen.has(0)) return missing("serverTime");
  return is_time_plausible(server_time_ms) ? kOk : wrong_type("serverTime (2009 to 2100 in ms)");
}

}  // namespace lockstep::feeds::binance
