// OKX v5 as a venue: spot and swaps, candles from the business endpoint.
#pragma once

#include "feeds/venue.hpp"

namespace lockstep::feeds::okx {

class OkxVenue final : public Venue {
 public:
  explicit OkxVenue(const VenueRules& rules) : Venue(rules) {}

  std::unique_ptr<FrameParser> make_parser() const override;
  std::unique_ptr<RestSource> make_rest() const override;
  bool has_interval(const core::Interval& interval) const override;
  bool is_topic_error(const Reply& reply) const override;
  std::vector<std::string> subscribe(std::int64_t id, std::span<const Topic> topics) const override;
  std::string ping() const override { return "ping"; }
};

std::span<const Venue* const> venues();

}  // namespace lockstep::feeds::okx
