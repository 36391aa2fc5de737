// Coinbase Exchange, the older of the two feeds: trades only, every bar is made from them.
// Source: docs.cdp.coinbase.com (exchange websocket feed, rest api).
#pragma once

#include "feeds/json_fields.hpp"
#include "feeds/venue.hpp"

namespace lockstep::feeds::coinbase {

class ExchangeRest final : public RestSource {
 public:
  int rows_max() const override { return 300; }
  Target time_target() const override { return {"/time"}; }
  std::string parse_time(std::string& body, std::int64_t& server_time_ms) override;
  Target bars_target(const core::Series& series, std::int64_t from_ms, int rows) const override;
  std::string parse_bars(std::string& body, const core::Interval& interval,
                         std::vector<HistoryRow>& rows) override;
  Target listing_target(const std::string&) const override { return {"/products"}; }
  std::string parse_listing(std::string& body, const Visit& visit, std::string& cursor) override;

 private:
  simdjson::ondemand::parser parser_;
};

class ExchangeVenue final : public Venue {
 public:
  explicit ExchangeVenue(const VenueRules& rules) : Venue(rules) {}

  std::unique_ptr<FrameParser> make_parser() const override;
  std::unique_ptr<RestSource> make_rest() const override { return std::make_unique<ExchangeRest>(); }
  bool has_interval(const core::Interval& interval) const override;
  bool has_bar_stream(const core::Interval&) const override { return false; }
  std::vector<std::string> subscribe(std::int64_t id, std::span<const Topic> topics) const override;
};

const Venue& exchange();

}  // namespace lockstep::feeds::coinbase
