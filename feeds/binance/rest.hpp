// Binance's history, as feeds/backfill.hpp asks for it.
#pragma once

#include "feeds/backfill.hpp"
#include "feeds/binance/parse_rest.hpp"
#include "feeds/binance/venue.hpp"

namespace lockstep::feeds::binance {

class KlineHistory : public HistorySource {
 public:
  explicit KlineHistory(const Venue& venue) : venue_(venue) {}

  int rows_max() const override { return venue_.kline_rows_max; }
  Target time_target() const override;
  Target bars_target(const core::Series& series, std::int64_t from_ms, int rows) const override;
  std::string parse_time(std::string& body, std::int64_t& server_time_ms) override;
  std::string parse_bars(std::string& body, std::vector<HistoryRow>& rows) override;

 private:
  const Venue& venue_;
  RestParser parser_;
};

}  // namespace lockstep::feeds::binance
