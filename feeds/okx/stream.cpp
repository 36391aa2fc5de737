#include "feeds/okx/stream.hpp"

#include <fmt/format.h>

#include "feeds/okx/parse.hpp"
#include "feeds/okx/rest.hpp"

namespace lockstep::feeds::okx {
namespace {

// Source: okx.com/docs-v5 (overview, "Rate limits"). A connection takes 480 subscribe requests an hour, so
// they are large; it is closed when neither side says anything for 30 s.
constexpr VenueRules kRules{
    .name = "okx",
    .ws_url = "wss://ws.okx.com:8443",
    .ws_path = "/ws/v5/business",
    .rest_url = "https://www.okx.com",
    .weight_per_minute = 1200,
    .requests_per_s = 10,
    .messages_per_s = 3,
    .topics_per_request = 100,
    .ping_every = std::chrono::seconds(20),
    .has_bar_times = false,
    .trade_ids = TradeIds::free,
};

}  // namespace

std::unique_ptr<FrameParser> OkxVenue::make_parser() const {
  return std::make_unique<OkxFrameParser>();
}

std::unique_ptr<RestSource> OkxVenue::make_rest() const {
  return std::make_unique<OkxRest>();
}

bool OkxVenue::has_interval(const core::Interval& interval) const {
  return !interval_text(interval.text()).empty();
}

bool OkxVenue::is_topic_error(const Reply& reply) const {
  constexpr std::int64_t kNoSuchChannel = 60018;
  return reply.code == kNoSuchChannel;
}

std::vector<std::string> OkxVenue::subscribe(std::int64_t id, std::span<const Topic> topics) const {
  std::string args;
  for (const Topic& topic : topics) {
    // On the business endpoint trades-all has every fill; the merged trades channel is on another one.
    const std::string channel =
        topic.interval.empty() ? "trades-all" : fmt::format("candle{}", interval_text(topic.interval));
    args +=
        fmt::format(R"({}{{"channel":"{}","instId":"{}"}})", args.empty() ? "" : ",", channel, topic.symbol);
  }
  return {fmt::format(R"({{"id":"{}","op":"subscribe","args":[{}]}})", id, args)};
}

std::span<const Venue* const> venues() {
  static const OkxVenue okx(kRules);
  static const Venue* const all[] = {&okx};
  return all;
}

}  // namespace lockstep::feeds::okx
