#include "feeds/coinbase/rest.hpp"

#include "feeds/history_rows.hpp"
#include "feeds/interval_names.hpp"
#include "feeds/json_body.hpp"
#include "feeds/volume_rows.hpp"

namespace lockstep::feeds::coinbase {
namespace {

using json::kOk;
using json::Value;
using json::wrong_type;

constexpr IntervalName kGranularities[] = {
    {"ONE_MINUTE", "1m"},     {"FIVE_MINUTE", "5m"}, {"FIFTEEN_MINUTE", "15m"},
    {"THIRTY_MINUTE", "30m"}, {"ONE_HOUR", "1h"},    {"TWO_HOUR", "2h"},
    {"FOUR_HOUR", "4h"},      {"SIX_HOUR", "6h"},    {"ONE_DAY", "1d"}};

constexpr const char* kCandleFields[] = {"start", "low", "high", "open", "close", "volume"};

ParseResult read_row(Value& value, const core::Interval& interval, HistoryRow& row) {
  BarTexts& bar = row.bar;
  std::string_view* const texts[] = {&bar.low, &bar.high, &bar.open, &bar.close, &bar.volume};
  std::int64_t start_s = 0;
  const auto visit = [&](std::string_view, auto&& field) -> ParseResult {
    ParseResult result = field(0, start_s, json::read_int_text);
    for (unsigned i = 1; i < std::size(kCandleFields) && result.is_ok(); ++i) {
      result = field(i, *texts[i - 1], json::read_text);
    }
    return result;
  };
  const ParseResult result = json::walk_row(value, "a candle is an object", kCandleFields, visit);
  if (!result.is_ok()) return result;
  return json::set_open_s(start_s, interval, row) ? kOk : wrong_type("start (seconds, 2009 to 2100)");
}

ParseResult read_product(Value& value, ListedSymbol& symbol) {
  bool is_off = false;
  std::string_view status, quote_increment;
  const ParseResult result =
      json::walk_object(value, "products", [&](std::string_view key, Value& field) -> ParseResult {
        if (key == "product_id")
          return json::read_string(field, symbol.symbol) ? kOk : wrong_type("product_id");
        if (key == "price_increment")
          return json::read_text(field, symbol.tick_size) ? kOk : wrong_type("price_increment");
        if (key == "quote_increment")
          return json::read_text(field, quote_increment) ? kOk : wrong_type("quote_increment");
        if (key == "status") return json::read_string(field, status) ? kOk : wrong_type("status");
        if (key != "trading_disabled" && key != "is_disabled") return kOk;
        bool flag = false;
        if (!json::read_bool(field, flag)) return wrong_type("trading_disabled, is_disabled");
        is_off |= flag;
        return kOk;
      });
  if (!result.is_ok()) return result;
  if (symbol.symbol.empty()) return json::missing("product_id");
  if (symbol.tick_size.empty()) symbol.tick_size = quote_increment;
  symbol.is_trading = !is_off && (status.empty() || status == "online");
  return kOk;
}

}  // namespace

std::string_view granularity_text(std::string_view interval) {
  return venue_interval(kGranularities, interval);
}

RestSource::Target CoinbaseRest::time_target() const {
  return {"/api/v3/brokerage/time"};
}

std::string CoinbaseRest::parse_time(std::string& body, std::int64_t& server_time_ms) {
  std::int64_t time_ms = 0;
  const ParseResult result = json::walk_body(parser_, body, [&](std::string_view key, Value& value) {
    return key == "epochMillis" && !json::read_int_text(value, time_ms) ? wrong_type("epochMillis") : kOk;
  });
  if (!result.is_ok()) return json::body_error("server time", result, body);
  return json::take_server_time(time_ms, server_time_ms);
}

RestSource::Target CoinbaseRest::bars_target(const core::Series& series, std::int64_t from_ms,
                                             int rows) const {
  const std::int64_t from_s = (from_ms + 999) / 1000;
  const std::int64_t last_s = from_s + (rows - 1) * series.interval.ms() / 1000;
  Target target;
  target.path = fmt::format(
      "/api/v3/brokerage/market/products/{}/candles?start={}&end={}&granularity={}&limit={}",
      net::percent_encode(series.symbol), from_s, last_s, granularity_text(series.interval.text()), rows);
  target.covers_to_ms = last_s * 1000;
  return target;
}

std::string CoinbaseRest::parse_bars(std::string& body, const core::Interval& interval,
                                     std::vector<HistoryRow>& rows) {
  rows.clear();
  bool has_candles = false;
  const ParseResult result =
      json::walk_body(parser_, body, [&](std::string_view key, Value& value) -> ParseResult {
        if (key != "candles") return kOk;
        if (std::exchange(has_candles, true)) return json::duplicate("candles");
        return json::walk_array(value, "candles",
                                [&](Value& row) { return read_row(row, interval, rows.emplace_back()); });
      });
  if (!result.is_ok()) return json::body_error("candles", result, body);
  return has_candles ? "" : json::body_error("candles", json::missing("candles"), body);
}

RestSource::Target CoinbaseRest::listing_target(const std::string&) const {
  return {"/api/v3/brokerage/market/products"};
}

std::string CoinbaseRest::parse_listing(std::string& body, const Visit& visit, std::string& cursor) {
  cursor.clear();
  const ParseResult result =
      json::walk_body(parser_, body, [&](std::string_view key, Value& value) -> ParseResult {
        if (key != "products") return kOk;
        return json::walk_array(value, "products", [&](Value& element) {
          ListedSymbol symbol;
          const ParseResult read = read_product(element, symbol);
          if (read.is_ok()) visit(symbol);
          return read;
        });
      });
  return json::body_error("products", result, body);
}

RestSource::Target CoinbaseRest::volumes_target(const std::string& cursor) const {
  return listing_target(cursor);
}

std::string CoinbaseRest::parse_volumes(std::string& body, const VisitVolume& visit, std::string& cursor) {
  cursor.clear();
  const ParseResult result =
      json::walk_body(parser_, body, [&](std::string_view key, Value& value) -> ParseResult {
        if (key != "products") return kOk;
        return json::walk_array(value, "products", [&](Value& row) {
          return json::read_volume_row(row, {"product_id", "approximate_quote_24h_volume", ""}, visit);
        });
      });
  return json::body_error("products", result, body);
}

}  // namespace lockstep::feeds::coinbase
