// Binance REST bodies (spot and USD-M) from bytes to plain structs. Pure.
// Source: binance-spot-api-docs rest-api.md, filters.md, errors.md.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/bar_reader.hpp"
#include "feeds/json_fields.hpp"
#include "feeds/rest_source.hpp"

namespace lockstep::feeds::binance {

/// What exchangeInfo says of one symbol. The texts point into the body.
struct SymbolInfo {
  std::string_view symbol;
  std::string_view status;     ///< TRADING, BREAK, ...
  std::string_view tick_size;  ///< of PRICE_FILTER; empty when there is none
};

/// Bodies are given as strings that may grow by kJsonPadding bytes of capacity; their content is not changed.
class RestParser {
 public:
  /// Rows in the order of the body, their texts in it. On any status but ok `rows` is unspecified.
  ParseResult parse_klines(std::string& body, const core::Interval& interval, std::vector<HistoryRow>& rows);
  ParseResult parse_trades(std::string& body, std::vector<TradeRow>& rows);
  ParseResult parse_volumes(std::string& body, const RestSource::VisitVolume& visit);
  ParseResult parse_server_time(std::string& body, std::int64_t& server_time_ms);
  /// Calls visit for every symbol, in the order of the body; its texts hold only during the call.
  ParseResult parse_exchange_info(std::string& body, std::int64_t& server_time_ms,
                                  const std::function<void(const SymbolInfo&)>& visit);

 private:
  simdjson::ondemand::parser parser_;
};

}  // namespace lockstep::feeds::binance
