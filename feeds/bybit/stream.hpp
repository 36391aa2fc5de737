// Bybit v5 as venues: spot, linear and inverse, which differ by path and category.
#pragma once

#include "feeds/venue.hpp"

namespace lockstep::feeds::bybit {

class BybitVenue final : public Venue {
 public:
  BybitVenue(const VenueRules& rules, std::string_view category) : Venue(rules), category_(category) {}

  std::unique_ptr<FrameParser> make_parser() const override;
  std::unique_ptr<RestSource> make_rest() const override;
  bool has_interval(const core::Interval& interval) const override;
  std::vector<std::string> subscribe(std::int64_t id, std::span<const Topic> topics) const override;
  std::string ping() const override;

 private:
  std::string_view category_;
};

std::span<const Venue* const> venues();

}  // namespace lockstep::feeds::bybit
