// Binance spot and USD-M futures as venues: combined streams.
#pragma once

#include "feeds/binance/rest.hpp"
#include "feeds/venue.hpp"

namespace lockstep::feeds::binance {

class BinanceVenue final : public Venue {
 public:
  /// `intervals`: those with klines, between blanks.
  BinanceVenue(const VenueRules& rules, std::string_view intervals, const RestPaths& paths)
      : Venue(rules), intervals_(intervals), paths_(paths) {}

  std::unique_ptr<FrameParser> make_parser() const override;
  std::unique_ptr<RestSource> make_rest() const override;
  bool has_interval(const core::Interval& interval) const override;
  std::string refuse_endpoint(std::string_view host, std::string_view path) const override;
  bool is_topic_error(const Reply& reply) const override;
  std::vector<std::string> subscribe(std::int64_t id, std::span<const Topic> topics) const override;

 private:
  std::string_view intervals_;
  RestPaths paths_;
};

std::span<const Venue* const> venues();

}  // namespace lockstep::feeds::binance
