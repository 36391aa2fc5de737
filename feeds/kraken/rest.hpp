// Kraken's REST: AssetPairs, OHLC, Time. Source: docs.kraken.com (api, market data).
#pragma once

#include <map>

#include "feeds/json_fields.hpp"
#include "feeds/rest_source.hpp"

namespace lockstep::feeds::kraken {

/// REST names pairs its own way (XBTUSD); the list tells which is which, so it must be read first.
class KrakenRest final : public RestSource {
 public:
  int rows_max() const override { return 720; }
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
  std::map<std::string, std::string, std::less<>> pair_of_;    ///< "BTC/USD" to "XBTUSD"
  std::map<std::string, std::string, std::less<>> symbol_of_;  ///< by the internal name (XXBTZUSD)
};

/// The websocket's name of a pair ("BTC/USD") by the list's wsname ("XBT/USD").
std::string symbol_of(std::string_view wsname);

}  // namespace lockstep::feeds::kraken
