// Kraken v2 (spot) as a venue.
#pragma once

#include "feeds/venue.hpp"

namespace lockstep::feeds::kraken {

class KrakenVenue final : public Venue {
 public:
  explicit KrakenVenue(const VenueRules& rules) : Venue(rules) {}

  std::unique_ptr<FrameParser> make_parser() const override;
  std::unique_ptr<RestSource> make_rest() const override;
  bool has_interval(const core::Interval& interval) const override;
  std::vector<std::string> subscribe(std::int64_t id, std::span<const Topic> topics) const override;
  std::string ping() const override;
};

std::span<const Venue* const> venues();

}  // namespace lockstep::feeds::kraken
