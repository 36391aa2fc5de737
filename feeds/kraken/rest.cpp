#include "feeds/kraken/rest.hpp"

#include <algorithm>

#include "engine/core/decimal.hpp"
#include "feeds/history_rows.hpp"
#include "feeds/json_body.hpp"
#include "feeds/kraken/parse.hpp"
#include "feeds/volume_rows.hpp"

namespace lockstep::feeds::kraken {
namespace {

using json::kOk;
using json::Value;
using json::wrong_type;

/// Reads {"error":[],"result":{...}}; `visit` gets the fields of the result. Errors come with HTTP 200.
template <class Visit>
std::string read_body(simdjson::ondemand::parser& parser, std::string& body, const char* what,
                      Visit&& visit) {
  std::string refusal;
  bool has_result = false;
  const ParseResult result =
      json::walk_body(parser, body, [&](std::string_view key, Value& value) -> ParseResult {
        if (key == "error") {
          return json::walk_array(value, "error", [&](Value& element) {
            std::string_view text;
            if (!json::read_text(element, text)) return wrong_type("error");
            refusal = net::escape(text);
            return kOk;
          });
        }
        if (key != "result") return kOk;
        if (std::exchange(has_result, true)) return json::duplicate("result");
        return json::walk_object(value, "result", visit);
      });
  if (!refusal.empty()) return fmt::format("{}: the venue answers '{}'", what, refusal);
  if (!result.is_ok()) return json::body_error(what, result, body);
  return has_result ? "" : fmt::format("{}: missing field result", what);
}

constexpr json::Cell kCells[] = {json::Cell::open_s, json::Cell::open,    json::Cell::high,  json::Cell::low,
                                 json::Cell::close,  json::Cell::skipped, json::Cell::volume};

struct Pair {
  std::string_view altname, wsname, status, tick_size;
  std::int64_t decimals = -1;
};

ParseResult read_pair(Value& value, Pair& pair) {
  return json::walk_object(value, "pair", [&](std::string_view key, Value& field) -> ParseResult {
    if (key == "altname") return json::read_string(field, pair.altname) ? kOk : wrong_type("altname");
    if (key == "wsname") return json::read_string(field, pair.wsname) ? kOk : wrong_type("wsname");
    if (key == "status") return json::read_string(field, pair.status) ? kOk : wrong_type("status");
    if (key == "tick_size") return json::read_text(field, pair.tick_size) ? kOk : wrong_type("tick_size");
    if (key == "pair_decimals")
      return json::read_int(field, pair.decimals) ? kOk : wrong_type("pair_decimals");
    return kOk;
  });
}

/// The last number of a list.
ParseResult read_last(Value& value, double& number) {
  return json::walk_array(value, "v, p", [&](Value& cell) {
    std::string_view text;
    if (!json::read_text(cell, text)) return wrong_type("v, p");
    number = json::volume_of(text);
    return kOk;
  });
}

std::string asset_of(std::string_view asset) {
  if (asset == "XBT") return "BTC";
  return asset == "XDG" ? "DOGE" : std::string(asset);
}

}  // namespace

std::string symbol_of(std::string_view wsname) {
  const std::size_t slash = wsname.find('/');
  if (slash == std::string_view::npos) return asset_of(wsname);
  return asset_of(wsname.substr(0, slash)) + '/' + asset_of(wsname.substr(slash + 1));
}

RestSource::Target KrakenRest::time_target() const {
  return {"/0/public/Time"};
}

std::string KrakenRest::parse_time(std::string& body, std::int64_t& server_time_ms) {
  std::int64_t time_s = 0;
  const std::string error = read_body(parser_, body, "server time", [&](std::string_view key, Value& value) {
    return key == "unixtime" && !json::read_int(value, time_s) ? wrong_type("unixtime") : kOk;
  });
  if (!error.empty()) return error;
  constexpr std::int64_t kSecondsMax = kTimeMsMax / 1000;  // beyond it the product could overflow
  return json::take_server_time(std::clamp<std::int64_t>(time_s, 0, kSecondsMax) * 1000, server_time_ms);
}

RestSource::Target KrakenRest::bars_target(const core::Series& series, std::int64_t from_ms, int) const {
  const auto pair = pair_of_.find(series.symbol);
  const std::string& name = pair == pair_of_.end() ? series.symbol : pair->second;
  // `since` is exclusive; older values than the venue keeps are as if there were none.
  return {fmt::format("/0/public/OHLC?pair={}&interval={}&since={}", net::percent_encode(name),
                      interval_text(series.interval.text()), (from_ms + 999) / 1000 - 1)};
}

std::string KrakenRest::parse_bars(std::string& body, const core::Interval& interval,
                                   std::vector<HistoryRow>& rows) {
  rows.clear();
  // The key of the rows is the pair's internal name, whatever was asked.
  return read_body(parser_, body, "OHLC", [&](std::string_view key, Value& value) -> ParseResult {
    if (key == "last") return kOk;
    return json::walk_array(value, "OHLC", [&](Value& row) {
      return json::read_history_row(row, "OHLC row", kCells, interval, rows.emplace_back());
    });
  });
}

RestSource::Target KrakenRest::listing_target(const std::string&) const {
  return {"/0/public/AssetPairs"};
}

std::string KrakenRest::parse_listing(std::string& body, const Visit& visit, std::string& cursor) {
  cursor.clear();
  return read_body(parser_, body, "AssetPairs", [&](std::string_view name, Value& value) {
    Pair pair;
    const ParseResult read = read_pair(value, pair);
    // Dark pools have no wsname and no stream.
    if (!read.is_ok() || pair.wsname.empty()) return read;
    const std::string symbol = symbol_of(pair.wsname);
    std::string tick(pair.tick_size);
    if (tick.empty() && pair.decimals >= 0 && pair.decimals <= 18) {
      tick = core::decimal_text(1, static_cast<int>(pair.decimals));  // older lists have no tick_size
    }
    pair_of_.insert_or_assign(symbol, std::string(pair.altname));
    symbol_of_.insert_or_assign(std::string(name), symbol);
    visit({symbol, tick, pair.status.empty() || pair.status == "online"});
    return read;
  });
}

RestSource::Target KrakenRest::volumes_target(const std::string&) const {
  return {"/0/public/Ticker"};
}

/// {"XXBTZUSD":{"v":[today,24h],"p":[today,24h],...}}: base volume and its average price.
std::string KrakenRest::parse_volumes(std::string& body, const VisitVolume& visit, std::string& cursor) {
  cursor.clear();
  return read_body(parser_, body, "Ticker", [&](std::string_view name, Value& value) {
    double volume = 0, price = 0;
    const ParseResult read =
        json::walk_object(value, "pair", [&](std::string_view key, Value& field) -> ParseResult {
          if (key == "v") return read_last(field, volume);
          return key == "p" ? read_last(field, price) : kOk;
        });
    const auto symbol = symbol_of_.find(name);
    if (read.is_ok() && symbol != symbol_of_.end()) visit(symbol->second, volume * price);
    return read;
  });
}

}  // namespace lockstep::feeds::kraken
