// Coinbase Advanced Trade as a venue: five-minute candles, everything else from market_trades.
#pragma once

#include "feeds/venue.hpp"

namespace lockstep::feeds::coinbase {

class CoinbaseVenue final : public Venue {
 public:
  explicit CoinbaseVenue(const VenueRules& rules) : Venue(rules) {}

  std::unique_ptr<FrameParser> make_parser() const override;
  std::unique_ptr<RestSource> make_rest() const override;
  bool has_interval(const core::Interval& interval) const override;
  bool has_bar_stream(const core::Interval& interval) const override;
  std::vector<std::string> subscribe(std::int64_t id, std::span<const Topic> topics) const override;
  std::vector<std::string> greeting() const override;
};

std::span<const Venue* const> venues();

}  // namespace lockstep::feeds::coinbase
