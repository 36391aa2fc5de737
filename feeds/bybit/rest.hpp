// Bybit's REST: instruments-info, kline, time. Source: bybit-exchange.github.io/docs/v5/market.
#pragma once

#include "feeds/json_fields.hpp"
#include "feeds/rest_source.hpp"

namespace lockstep::feeds::bybit {

class BybitRest final : public RestSource {
 public:
  /// category: spot, linear or inverse.
  explicit BybitRest(std::string_view category) : category_(category) {}

  int rows_max() const override { return 1000; }
  Target time_target() const override;
  std::string parse_time(std::string& body, std::int64_t& server_time_ms) override;
  Target bars_target(const core::Series& series, std::int64_t from_ms, int rows) const override;
  std::string parse_bars(std::string& body, const core::Interval& interval,
                         std::vector<HistoryRow>& rows) override;
  Target listing_target(const std::string& cursor) const override;
  std::string parse_listing(std::string& body, const Visit& visit, std::string& cursor) override;
  Target volumes_target(const std::string& cursor) const override;
  std::string parse_volumes(std::string& body, const VisitVolume& visit, std::string& cursor) override;

 private:
  std::string_view category_;
  simdjson::ondemand::parser parser_;
};

}  // namespace lockstep::feeds::bybit
