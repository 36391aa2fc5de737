#include "feeds/venue_http.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "feeds/net/pause_file.hpp"
#include "feeds/net/tls.hpp"

namespace lockstep::feeds {
namespace {

/// Half of what the venue allows: others at this address want to live, too (fault R7).
constexpr int kWeightShare = 2;

}  // namespace

net::HttpSettings venue_http_settings(const Venue& venue, const FeedConfig& config) {
  const VenueRules& rules = venue.rules();
  net::HttpSettings http;
  http.url = net::parse_url(config.rest_url.empty() ? rules.rest_url : std::string_view(config.rest_url),
                            net::UrlKind::http);
  // Reading the system's certificates takes longer than a simulated hour; without TLS nobody needs them.
  const bool is_plain = !http.url.is_tls && config.ws_url.starts_with("ws://") && config.ca_file.empty();
  if (!is_plain) http.tls = net::make_tls_context(config.ca_file);
  // Where a venue counts requests, not weights, the configured rate takes the place of its own.
  const bool is_rate_given = config.rest_requests_per_s > 0;
  const int per_second = is_rate_given ? config.rest_requests_per_s : rules.requests_per_s;
  const bool counts_requests = rules.requests_per_s > 0;
  const int weight_max =
      is_rate_given && counts_requests ? 60 * per_second : rules.weight_per_minute / kWeightShare;
  const std::string host = fmt::format("{}:{}", http.url.host, http.url.port);
  http.limiter = net::limiter_of_host(host, weight_max, per_second);
  if (!config.state_dir.empty()) {
    http.limiter->keep_pauses(
        std::make_shared<net::PauseFile>(std::filesystem::path(config.state_dir) / "rest_pauses"), host,
        net::HostLimiter::Clock::now());
  }
  return http;
}

}  // namespace lockstep::feeds
