// OKX's REST: instruments, candles, time. Source: okx.com/docs-v5 (public data, market data).
#pragma once

#include "feeds/json_fields.hpp"
#include "feeds/rest_source.hpp"

namespace lockstep::feeds::okx {

class OkxRest final : public RestSource {
 public:
  int rows_max() const override { return 300; }
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
  simdjson::ondemand::parser parser_;
  std::int64_t server_time_ms_ = 0;  ///< as last told: where the newest bars are
};

}  // namespace lockstep::feeds::okx
