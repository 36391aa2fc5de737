#include "feeds/binance/rest.hpp"

#include <fmt/format.h>

#include "feeds/net/escape.hpp"

namespace lockstep::feeds::binance {

HistorySource::Target KlineHistory::time_target() const {
  return {std::string(venue_.time_path), 1};
}

HistorySource::Target KlineHistory::bars_target(const core::Series& series, std::int64_t from_ms,
                                                int rows) const {
  return {fmt::format("{}?symbol={}&interval={}&startTime={}&limit={}", venue_.klines_path,
                      net::percent_encode(series.symbol), series.interval.text(), from_ms, rows),
          venue_.klines_weight(rows)};
}

std::string KlineHistory::parse_time(std::string& body, std::int64_t& server_time_ms) {
  const ParseResult result = parser_.parse_server_time(body, server_time_ms);
  return result.is_ok() ? "" : fmt::format("server time: {}: '{}'", result.text(), net::escape(body));
}

std::string KlineHistory::parse_bars(std::string& body, std::vector<HistoryRow>& rows) {
  const ParseResult result = parser_.parse_klines(body, rows);
  return result.is_ok() ? "" : fmt::format("klines: {}: '{}'", result.text(), net::escape(body));
}

}  // namespace lockstep::feeds::binance
