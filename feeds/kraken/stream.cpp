#include "feeds/kraken/stream.hpp"

#include <fmt/format.h>

#include <set>

#include "feeds/kraken/parse.hpp"
#include "feeds/kraken/rest.hpp"
#include "feeds/topic_list.hpp"

namespace lockstep::feeds::kraken {
namespace {

// Source: docs.kraken.com (guides, rate limits): public REST about one call a second; the rate of messages is
// dynamic, so we stay low. Idle connections are dropped after a minute.
constexpr VenueRules kRules{
    .name = "kraken_v2",
    .ws_url = "wss://ws.kraken.com",
    .ws_path = "/v2",
    .rest_url = "https://api.kraken.com",
    .weight_per_minute = 120,
    .requests_per_s = 1,
    .messages_per_s = 5,
    .topics_per_request = 50,
    .ping_every = std::chrono::seconds(30),
    .trade_ids = TradeIds::dense,
};

}  // namespace

std::unique_ptr<FrameParser> KrakenVenue::make_parser() const {
  return std::make_unique<KrakenFrameParser>();
}

std::unique_ptr<RestSource> KrakenVenue::make_rest() const {
  return std::make_unique<KrakenRest>();
}

bool KrakenVenue::has_interval(const core::Interval& interval) const {
  return !interval_text(interval.text()).empty();
}

/// One channel and interval a message; answers carry the request's id all the same.
std::vector<std::string> KrakenVenue::subscribe(std::int64_t id, std::span<const Topic> topics) const {
  std::set<std::string> intervals;
  for (const Topic& topic : topics) intervals.insert(topic.interval);
  std::vector<std::string> requests;
  for (const std::string& interval : intervals) {
    const std::string list = quoted_list(
        topics, [&](const Topic& topic) { return topic.interval == interval ? topic.symbol : ""; });
    const std::string bars =
        interval.empty()
            ? R"("channel":"trade","snapshot":false)"
            : fmt::format(R"("channel":"ohlc","interval":{},"snapshot":true)", interval_text(interval));
    requests.push_back(
        fmt::format(R"({{"method":"subscribe","params":{{{},"symbol":[{}]}},"req_id":{}}})", bars, list, id));
  }
  return requests;
}

std::string KrakenVenue::ping() const {
  return R"({"method":"ping"})";
}

std::span<const Venue* const> venues() {
  static const KrakenVenue kraken(kRules);
  static const Venue* const all[] = {&kraken};
  return all;
}

}  // namespace lockstep::feeds::kraken
