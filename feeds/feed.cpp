#include "feeds/feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "feeds/net/escape.hpp"
#include "feeds/venue_feed.hpp"

namespace lockstep::feeds {

const std::vector<std::string>& venue_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Venue* venue : venues()) all.emplace_back(venue->rules().name);
    return all;
  }();
  return names;
}

std::unique_ptr<Feed> make_feed(boost::asio::io_context& io, const FeedConfig& config,
                                const core::Catalog& catalog, std::vector<core::SeriesId> series,
                                EventSink& sink) {
  if (const Venue* venue = find_venue(config.venue)) {
    FeedTiming timing;
    timing.listing_every = std::chrono::seconds(config.listing_s);
    timing.listing_confirm = std::min(timing.listing_confirm, timing.listing_every);
    return std::make_unique<VenueFeed>(io, *venue, config, catalog, std::move(series), sink, timing);
  }
  std::string known;
  for (const std::string& name : venue_names()) known += (known.empty() ? "" : ", ") + name;
  throw std::invalid_argument(
      fmt::format("feed venue '{}' is not known; known are {}", net::escape(config.venue), known));
}

}  // namespace lockstep::feeds
