#include "feeds/binance/venue.hpp"

#include <string>

namespace lockstep::feeds::binance {
namespace {

// Sources: binance-spot-api-docs rest-api.md and web-socket-streams.md; developers.binance.com, USD-M
// "General Info". Permission sets make most of spot's exchangeInfo (tens of MB) and say nothing that we need.
constexpr Venue kSpot{
    .name = "binance_spot",
    .ws_url = "wss://stream.binance.com:9443",
    .rest_url = "https://api.binance.com",
    .intervals = " 1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M ",
    .time_path = "/api/v3/time",
    .info_target = "/api/v3/exchangeInfo?showPermissionSets=false",
    .info_weight = 20,
    .klines_path = "/api/v3/klines",
    .kline_rows_max = 1000,
    .weight_per_minute = 6000,
    .messages_per_s = 5,
};

constexpr Venue kUsdm{
    .name = "binance_usdm",
    .ws_url = "wss://fstream.binance.com/market",
    .rest_url = "https://fapi.binance.com",
    .intervals = " 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M ",
    .time_path = "/fapi/v1/time",
    .info_target = "/fapi/v1/exchangeInfo",
    .info_weight = 1,
    .klines_path = "/fapi/v1/klines",
    .kline_rows_max = 1500,
    .weight_per_minute = 2400,
    .messages_per_s = 10,
};

}  // namespace

bool Venue::has_interval(std::string_view text) const {
  return intervals.find(' ' + std::string(text) + ' ') != std::string_view::npos;
}

int Venue::klines_weight(int rows) const {
  if (name == kSpot.name) return 2;
  return rows < 100 ? 1 : rows < 500 ? 2 : rows <= 1000 ? 5 : 10;
}

const Venue* find_venue(std::string_view name) {
  for (const Venue* venue : {&kSpot, &kUsdm}) {
    if (venue->name == name) return venue;
  }
  return nullptr;
}

}  // namespace lockstep::feeds::binance
