#include "feeds/bybit/stream.hpp"

#include <fmt/format.h>

#include "feeds/bybit/parse.hpp"
#include "feeds/bybit/rest.hpp"
#include "feeds/topic_list.hpp"

namespace lockstep::feeds::bybit {
namespace {

// Source: bybit-exchange.github.io/docs/v5 (ws/connect, rate-limit). 600 REST requests within 5 s; spot takes
// ten args a request. No rate of messages is stated for a connection; bursts of 200 were taken.
constexpr VenueRules rules_of(std::string_view name, std::string_view ws_path,
                              std::size_t topics_per_request) {
  return {.name = name,
          .ws_url = "wss://stream.bybit.com",
          .ws_path = ws_path,
          .rest_url = "https://api.bybit.com",
          .weight_per_minute = 7200,
          .requests_per_s = 100,
          .messages_per_s = 20,
          .topics_per_request = topics_per_request,
          .ping_every = std::chrono::seconds(20),
          .trade_ids = TradeIds::free};
}

}  // namespace

std::unique_ptr<FrameParser> BybitVenue::make_parser() const {
  return std::make_unique<BybitFrameParser>();
}

std::unique_ptr<RestSource> BybitVenue::make_rest() const {
  return std::make_unique<BybitRest>(category_);
}

bool BybitVenue::has_interval(const core::Interval& interval) const {
  return !interval_text(interval.text()).empty();
}

std::vector<std::string> BybitVenue::subscribe(std::int64_t id, std::span<const Topic> topics) const {
  const auto name = [](const Topic& topic) {
    return topic.interval.empty() ? fmt::format("publicTrade.{}", topic.symbol)
                                  : fmt::format("kline.{}.{}", interval_text(topic.interval), topic.symbol);
  };
  return {fmt::format(R"({{"req_id":"{}","op":"subscribe","args":[{}]}})", id, quoted_list(topics, name))};
}

std::string BybitVenue::ping() const {
  return R"({"req_id":"0","op":"ping"})";
}

std::span<const Venue* const> venues() {
  static const BybitVenue spot(rules_of("bybit_spot", "/v5/public/spot", 10), "spot");
  static const BybitVenue linear(rules_of("bybit_linear", "/v5/public/linear", 50), "linear");
  static const BybitVenue inverse(rules_of("bybit_inverse", "/v5/public/inverse", 50), "inverse");
  static const Venue* const all[] = {&spot, &linear, &inverse};
  return all;
}

}  // namespace lockstep::feeds::bybit
