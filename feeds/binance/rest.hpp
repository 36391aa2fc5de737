// Binance's REST: exchangeInfo, klines, time.
#pragma once

#include "feeds/binance/parse_rest.hpp"
#include "feeds/rest_source.hpp"

namespace lockstep::feeds::binance {

/// What differs between spot and USD-M.
struct RestPaths {
  std::string_view time_path;
  std::string_view info_target;
  int info_weight;
  std::string_view klines_path;
  int rows_max;
  int (*klines_weight)(int rows);
  std::string_view ticker_target;  ///< of all symbols
  int ticker_weight;
};

class BinanceRest final : public RestSource {
 public:
  explicit BinanceRest(const RestPaths& paths) : paths_(paths) {}

  int rows_max() const override { return paths_.rows_max; }
  Target time_target() const override;
  std::string parse_time(std::string& body, std::int64_t& server_time_ms) override;
  Target bars_target(const core::Series& series, std::int64_t from_ms, int rows) const override;
  std::string parse_bars(std::string& body, const core::Interval& interval,
                         std::vector<HistoryRow>& rows) override;
  std::string parse_trades(std::string& body, std::vector<TradeRow>& rows) override;
  Target listing_target(const std::string& cursor) const override;
  std::string parse_listing(std::string& body, const Visit& visit, std::string& cursor) override;
  Target volumes_target(const std::string& cursor) const override;
  std::string parse_volumes(std::string& body, const VisitVolume& visit, std::string& cursor) override;

 private:
  const RestPaths& paths_;
  RestParser parser_;
};

}  // namespace lockstep::feeds::binance
