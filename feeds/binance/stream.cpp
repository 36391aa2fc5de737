#include "feeds/binance/stream.hpp"

#include <fmt/format.h>

#include "feeds/binance/parse.hpp"
#include "feeds/topic_list.hpp"

namespace lockstep::feeds::binance {
namespace {

// Sources: binance-spot-api-docs rest-api.md and web-socket-streams.md; developers.binance.com, USD-M
// "General Info". Permission sets make most of spot's exchangeInfo (tens of MB) and say nothing that we need.
constexpr RestPaths kSpotPaths{
    .time_path = "/api/v3/time",
    .info_target = "/api/v3/exchangeInfo?showPermissionSets=false",
    .info_weight = 20,
    .klines_path = "/api/v3/klines",
    .rows_max = 1000,
    .klines_weight = [](int) { return 2; },
    .ticker_target = "/api/v3/ticker/24hr?type=MINI",
    .ticker_weight = 80,
};
constexpr RestPaths kUsdmPaths{
    .time_path = "/fapi/v1/time",
    .info_target = "/fapi/v1/exchangeInfo",
    .info_weight = 1,
    .klines_path = "/fapi/v1/klines",
    .rows_max = 1500,
    .klines_weight = [](int rows) { return rows < 100     ? 1
                                           : rows < 500   ? 2
                                           : rows <= 1000 ? 5
                                                          : 10; },
    .ticker_target = "/fapi/v1/ticker/24hr",
    .ticker_weight = 40,
};

constexpr VenueRules kSpotRules{
    .name = "binance_spot",
    .ws_url = "wss://stream.binance.com:9443",
    .ws_path = "/stream",
    .rest_url = "https://api.binance.com",
    .weight_per_minute = 6000,
    .messages_per_s = 5,
};
constexpr VenueRules kUsdmRules{
    .name = "binance_usdm",
    .ws_url = "wss://fstream.binance.com/market",
    .ws_path = "/stream",
    .rest_url = "https://fapi.binance.com",
    .weight_per_minute = 2400,
    .messages_per_s = 10,
};

/// Stream names are lower case, symbols in frames upper case; bytes beyond ASCII stay as they are.
std::string stream_name(const Topic& topic, std::string_view trades) {
  std::string name = topic.symbol;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name + (topic.interval.empty() ? std::string(trades) : "@kline_" + topic.interval);
}

}  // namespace

std::unique_ptr<FrameParser> BinanceVenue::make_parser() const {
  return std::make_unique<BinanceFrameParser>();
}

std::unique_ptr<RestSource> BinanceVenue::make_rest() const {
  return std::make_unique<BinanceRest>(paths_);
}

bool BinanceVenue::has_interval(const core::Interval& interval) const {
  return intervals_.find(' ' + interval.text() + ' ') != std::string_view::npos;
}

std::string BinanceVenue::refuse_endpoint(std::string_view host, std::string_view path) const {
  // That address still connects and accepts subscriptions, and then never sends a bar.
  if (host != "fstream.binance.com" || !path.empty()) return "";
  return fmt::format("retired by the venue, it stays silent; write '{}'", rules().ws_url);
}

bool BinanceVenue::is_topic_error(const Reply& reply) const {
  constexpr std::int64_t kInvalidRequest = 2;  // also a stream name that the venue does not have
  return reply.code == kInvalidRequest;
}

std::vector<std::string> BinanceVenue::subscribe(std::int64_t id, std::span<const Topic> topics) const {
  // Single trades of USD-M are not documented.
  const std::string_view trades = rules().name == kUsdmRules.name ? "@aggTrade" : "@trade";
  const auto name = [trades](const Topic& topic) { return stream_name(topic, trades); };
  return {fmt::format(R"({{"method":"SUBSCRIBE","params":[{}],"id":{}}})", quoted_list(topics, name), id)};
}

std::span<const Venue* const> venues() {
  static const BinanceVenue spot(kSpotRules, " 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M ",
                                 kSpotPaths);
  static const BinanceVenue usdm(kUsdmRules, " 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M ", kUsdmPaths);
  static const Venue* const all[] = {&spot, &usdm};
  return all;
}

}  // namespace lockstep::feeds::binance
