#include "feeds/binance/rest.hpp"

#include <fmt/format.h>

#include "feeds/json_body.hpp"

namespace lockstep::feeds::binance {

RestSource::Target BinanceRest::time_target() const {
  return {std::string(paths_.time_path), 1};
}

std::string BinanceRest::parse_time(std::string& body, std::int64_t& server_time_ms) {
  return json::body_error("server time", parser_.parse_server_time(body, server_time_ms), body);
}

RestSource::Target BinanceRest::bars_target(const core::Series& series, std::int64_t from_ms,
                                            int rows) const {
  return {fmt::format("{}?symbol={}&interval={}&startTime={}&limit={}", paths_.klines_path,
                      net::percent_encode(series.symbol), series.interval.text(), from_ms, rows),
          paths_.klines_weight(rows)};
}

std::string BinanceRest::parse_bars(std::string& body, const core::Interval& interval,
                                    std::vector<HistoryRow>& rows) {
  return json::body_error("klines", parser_.parse_klines(body, interval, rows), body);
}

std::string BinanceRest::parse_trades(std::string& body, std::vector<TradeRow>& rows) {
  return json::body_error("trades", parser_.parse_trades(body, rows), body);
}

RestSource::Target BinanceRest::listing_target(const std::string&) const {
  return {std::string(paths_.info_target), paths_.info_weight};
}

std::string BinanceRest::parse_listing(std::string& body, const Visit& visit, std::string& cursor) {
  cursor.clear();
  std::int64_t server_time_ms = 0;
  const ParseResult result = parser_.parse_exchange_info(body, server_time_ms, [&](const SymbolInfo& info) {
    visit({info.symbol, info.tick_size, info.status == "TRADING"});
  });
  return json::body_error("exchangeInfo", result, body);
}

RestSource::Target BinanceRest::volumes_target(const std::string&) const {
  return {std::string(paths_.ticker_target), paths_.ticker_weight};
}

std::string BinanceRest::parse_volumes(std::string& body, const VisitVolume& visit, std::string& cursor) {
  cursor.clear();
  return json::body_error("ticker/24hr", parser_.parse_volumes(body, visit), body);
}

}  // namespace lockstep::feeds::binance
