#include "feeds/coinbase/stream.hpp"

#include <fmt/format.h>

#include "feeds/coinbase/exchange.hpp"
#include "feeds/coinbase/parse.hpp"
#include "feeds/coinbase/rest.hpp"
#include "feeds/topic_list.hpp"

namespace lockstep::feeds::coinbase {
namespace {

// Source: docs.cdp.coinbase.com (advanced-trade websocket overview, rate limits): 8 messages a second without
// a key, a subscription within 5 s of connecting; public REST 10 requests a second.
constexpr VenueRules kRules{
    .name = "coinbase_advanced",
    .ws_url = "wss://advanced-trade-ws.coinbase.com",
    .ws_path = "/",
    .rest_url = "https://api.coinbase.com",
    .weight_per_minute = 600,
    .requests_per_s = 5,
    .messages_per_s = 7,
    .topics_per_request = 50,
    .is_one_request_at_a_time = true,
    .trade_ids = TradeIds::dense,
};

std::string request(std::string_view channel, std::span<const Topic> topics, bool is_bars) {
  const std::string products = quoted_list(topics, [is_bars](const Topic& topic) {
    return topic.interval.empty() != is_bars ? topic.symbol : "";
  });
  if (products.empty()) return "";
  return fmt::format(R"({{"type":"subscribe","product_ids":[{}],"channel":"{}"}})", products, channel);
}

}  // namespace

std::unique_ptr<FrameParser> CoinbaseVenue::make_parser() const {
  return std::make_unique<CoinbaseFrameParser>();
}

std::unique_ptr<RestSource> CoinbaseVenue::make_rest() const {
  return std::make_unique<CoinbaseRest>();
}

bool CoinbaseVenue::has_interval(const core::Interval& interval) const {
  return !granularity_text(interval.text()).empty();
}

bool CoinbaseVenue::has_bar_stream(const core::Interval& interval) const {
  return interval.text() == kCandleInterval;
}

/// One channel a message.
std::vector<std::string> CoinbaseVenue::subscribe(std::int64_t, std::span<const Topic> topics) const {
  std::vector<std::string> requests;
  for (const bool is_bars : {true, false}) {
    std::string text = request(is_bars ? "candles" : "market_trades", topics, is_bars);
    if (!text.empty()) requests.push_back(std::move(text));
  }
  return requests;
}

std::vector<std::string> CoinbaseVenue::greeting() const {
  // Without it a quiet connection is closed after a minute or so; it also comes within the 5 s that the venue
  // grants.
  return {R"({"type":"subscribe","channel":"heartbeats"})"};
}

std::span<const Venue* const> venues() {
  static const CoinbaseVenue advanced(kRules);
  static const Venue* const all[] = {&advanced, &exchange()};
  return all;
}

}  // namespace lockstep::feeds::coinbase
