// The REST client of a venue as a feed's settings ask for it.
#pragma once

#include "feeds/feed.hpp"
#include "feeds/net/http_client.hpp"
#include "feeds/venue.hpp"

namespace lockstep::feeds {

/// Url, TLS and the budget of the host, which all feeds of the process share. Throws std::invalid_argument
/// for a bad url or ca_file.
net::HttpSettings venue_http_settings(const Venue& venue, const FeedConfig& config);

}  // namespace lockstep::feeds
