#include "feeds/coinbase/exchange.hpp"

#include <algorithm>

#include "feeds/coinbase/parse.hpp"
#include "feeds/history_rows.hpp"
#include "feeds/json_body.hpp"
#include "feeds/time_text.hpp"
#include "feeds/topic_list.hpp"

namespace lockstep::feeds::coinbase {
namespace {

using json::kOk;
using json::Value;
using json::wrong_type;

constexpr std::int64_t kGranularitiesS[] = {60, 300, 900, 3'600, 21'600, 86'400};

// Source: docs.cdp.coinbase.com (exchange, rate limits): 100 messages a second, a subscription within 5 s,
// public REST 10 requests a second.
constexpr VenueRules kRules{
    .name = "coinbase_exchange",
    .ws_url = "wss://ws-feed.exchange.coinbase.com",
    .ws_path = "/",
    .rest_url = "https://api.exchange.coinbase.com",
    .weight_per_minute = 600,
    .requests_per_s = 5,
    .messages_per_s = 20,
    .topics_per_request = 50,
    .is_one_request_at_a_time = true,
    .trade_ids = TradeIds::dense,
};

constexpr json::Cell kCells[] = {json::Cell::open_s, json::Cell::low,   json::Cell::high,
                                 json::Cell::open,   json::Cell::close, json::Cell::volume};

ParseResult read_product(Value& value, ListedSymbol& symbol) {
  std::string_view status;
  bool is_off = false;
  const ParseResult result =
      json::walk_object(value, "products", [&](std::string_view key, Value& field) -> ParseResult {
        if (key == "id") return json::read_string(field, symbol.symbol) ? kOk : wrong_type("id");
        if (key == "quote_increment")
          return json::read_text(field, symbol.tick_size) ? kOk : wrong_type("quote_increment");
        if (key == "status") return json::read_string(field, status) ? kOk : wrong_type("status");
        if (key == "trading_disabled")
          return json::read_bool(field, is_off) ? kOk : wrong_type("trading_disabled");
        return kOk;
      });
  if (!result.is_ok()) return result;
  symbol.is_trading = status == "online" && !is_off;
  return symbol.symbol.empty() ? json::missing("id") : kOk;
}

}  // namespace

std::string ExchangeRest::parse_time(std::string& body, std::int64_t& server_time_ms) {
  std::int64_t time_ms = 0;
  const ParseResult result = json::walk_body(parser_, body, [&](std::string_view key, Value& value) {
    return key == "iso" && !read_time(value, time_ms) ? wrong_type("iso") : kOk;
  });
  if (!result.is_ok()) return json::body_error("server time", result, body);
  return json::take_server_time(time_ms, server_time_ms);
}

RestSource::Target ExchangeRest::bars_target(const core::Series& series, std::int64_t from_ms,
                                             int rows) const {
  const std::int64_t first_ms = from_ms + 999;
  const std::int64_t last_ms = first_ms + (rows - 1) * series.interval.ms();
  Target target;
  target.path =
      fmt::format("/products/{}/candles?start={}&end={}&granularity={}", net::percent_encode(series.symbol),
                  rfc3339_text(first_ms), rfc3339_text(last_ms), series.interval.ms() / 1000);
  target.covers_to_ms = last_ms / 1000 * 1000;
  return target;
}

std::string ExchangeRest::parse_bars(std::string& body, const core::Interval& interval,
                                     std::vector<HistoryRow>& rows) {
  rows.clear();
  return json::body_error("candles",
                          json::walk_list(parser_, body,
                                          [&](Value& row) {
                                            return json::read_history_row(row, "candles", kCells, interval,
                                                                          rows.emplace_back());
                                          }),
                          body);
}

std::string ExchangeRest::parse_listing(std::string& body, const Visit& visit, std::string& cursor) {
  cursor.clear();
  return json::body_error("products",
                          json::walk_list(parser_, body,
                                          [&](Value& element) {
                                            ListedSymbol symbol;
                                            const ParseResult read = read_product(element, symbol);
                                            if (read.is_ok()) visit(symbol);
                                            return read;
                                          }),
                          body);
}

std::unique_ptr<FrameParser> ExchangeVenue::make_parser() const {
  return std::make_unique<CoinbaseFrameParser>();
}

bool ExchangeVenue::has_interval(const core::Interval& interval) const {
  return std::find(std::begin(kGranularitiesS), std::end(kGranularitiesS), interval.ms() / 1000) !=
             std::end(kGranularitiesS) &&
         interval.ms() % 1000 == 0;
}

std::vector<std::string> ExchangeVenue::subscribe(std::int64_t, std::span<const Topic> topics) const {
  const auto name = [](const Topic& topic) { return topic.symbol; };
  return {fmt::format(R"({{"type":"subscribe","product_ids":[{}],"channels":["matches","heartbeat"]}})",
                      quoted_list(topics, name))};
}

const Venue& exchange() {
  static const ExchangeVenue venue(kRules);
  return venue;
}

}  // namespace lockstep::feeds::coinbase
