// Coinbase's REST (Advanced Trade, public half): products, candles, time.
// Source: docs.cdp.coinbase.com (advanced-trade rest api, public endpoints).
#pragma once

#include "feeds/json_fields.hpp"
#include "feeds/rest_source.hpp"

namespace lockstep::feeds::coinbase {

/// Buckets without trades are absent from its history: they do not exist on this venue.
class CoinbaseRest final : public RestSource {
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
};

/// The venue's name of an interval ("ONE_MINUTE"); empty where it has none.
std::string_view granularity_text(std::string_view interval);

}  // namespace lockstep::feeds::coinbase
