#include "feeds/bybit/rest.hpp"

#include <functional>

#include "feeds/bybit/parse.hpp"
#include "feeds/history_rows.hpp"
#include "feeds/json_body.hpp"
#include "feeds/volume_rows.hpp"

namespace lockstep::feeds::bybit {
namespace {

using json::kOk;
using json::Value;
using json::wrong_type;

/// What every answer is wrapped in.
struct Envelope {
  std::int64_t code = -1;
  std::int64_t time_ms = 0;
  std::string_view message;
};

/// Reads {"retCode":0,"retMsg":"OK","result":{...},"time":ms}; `visit` gets the fields of the result.
template <class Visit>
std::string read_body(simdjson::ondemand::parser& parser, std::string& body, const char* what,
                      Envelope& envelope, Visit&& visit) {
  const ParseResult result =
      json::walk_body(parser, body, [&](std::string_view key, Value& value) -> ParseResult {
        if (key == "retCode") return json::read_int(value, envelope.code) ? kOk : wrong_type("retCode");
        if (key == "retMsg") return json::read_string(value, envelope.message) ? kOk : wrong_type("retMsg");
        if (key == "time") return json::read_int(value, envelope.time_ms) ? kOk : wrong_type("time");
        return key == "result" ? json::walk_object(value, "result", visit) : kOk;
      });
  if (result.is_ok() && envelope.code != 0) {
    return fmt::format("{}: the venue answers code {} '{}'", what, envelope.code,
                       net::escape(envelope.message));
  }
  return json::body_error(what, result, body);
}

constexpr json::Cell kCells[] = {json::Cell::open_ms, json::Cell::open,  json::Cell::high,
                                 json::Cell::low,     json::Cell::close, json::Cell::volume};

ParseResult read_instrument(Value& value, ListedSymbol& symbol) {
  const ParseResult result =
      json::walk_object(value, "list", [&](std::string_view key, Value& field) -> ParseResult {
        if (key == "symbol") return json::read_string(field, symbol.symbol) ? kOk : wrong_type("symbol");
        if (key == "status") {
          std::string_view status;
          if (!json::read_string(field, status)) return wrong_type("status");
          symbol.is_trading = status == "Trading";
          return kOk;
        }
        if (key != "priceFilter") return kOk;
        return json::walk_object(field, "priceFilter", [&](std::string_view name, Value& tick) {
          return name == "tickSize" && !json::read_text(tick, symbol.tick_size) ? wrong_type("tickSize")
                                                                                : kOk;
        });
      });
  return result.is_ok() && symbol.symbol.empty() ? json::missing("symbol") : result;
}

}  // namespace

RestSource::Target BybitRest::time_target() const {
  return {"/v5/market/time"};
}

std::string BybitRest::parse_time(std::string& body, std::int64_t& server_time_ms) {
  Envelope envelope;
  const std::string error =
      read_body(parser_, body, "server time", envelope, [](std::string_view, Value&) { return kOk; });
  if (!error.empty()) return error;
  return json::take_server_time(envelope.time_ms, server_time_ms);
}

RestSource::Target BybitRest::bars_target(const core::Series& series, std::int64_t from_ms, int rows) const {
  // Without an end the venue gives the newest rows after the start, not the oldest.
  const core::Interval& interval = series.interval;
  std::int64_t last_ms = interval.open_of(from_ms);
  if (last_ms < from_ms) last_ms = interval.next_open_ms(last_ms);
  for (int i = 1; interval.is_month() && i < rows; ++i) last_ms = interval.next_open_ms(last_ms);
  if (!interval.is_month()) last_ms += (rows - 1) * interval.ms();
  Target target;
  target.path =
      fmt::format("/v5/market/kline?category={}&symbol={}&interval={}&start={}&end={}&limit={}", category_,
                  net::percent_encode(series.symbol), interval_text(interval.text()), from_ms, last_ms, rows);
  target.covers_to_ms = last_ms;
  return target;
}

std::string BybitRest::parse_bars(std::string& body, const core::Interval& interval,
                                  std::vector<HistoryRow>& rows) {
  rows.clear();
  Envelope envelope;
  bool has_list = false;
  const std::string error =
      read_body(parser_, body, "kline", envelope, [&](std::string_view key, Value& value) -> ParseResult {
        if (key != "list") return kOk;
        if (std::exchange(has_list, true)) return json::duplicate("list");
        return json::walk_array(value, "list", [&](Value& row) {
          return json::read_history_row(row, "list", kCells, interval, rows.emplace_back());
        });
      });
  if (!error.empty()) return error;
  return has_list ? "" : "kline: missing field list";
}

RestSource::Target BybitRest::listing_target(const std::string& cursor) const {
  Target target;
  target.path = fmt::format("/v5/market/instruments-info?category={}&limit=1000", category_);
  if (!cursor.empty()) target.path += "&cursor=" + net::percent_encode(cursor);
  return target;
}

std::string BybitRest::parse_listing(std::string& body, const Visit& visit, std::string& cursor) {
  cursor.clear();
  Envelope envelope;
  return read_body(parser_, body, "instruments-info", envelope,
                   [&](std::string_view key, Value& value) -> ParseResult {
                     if (key == "nextPageCursor") {
                       std::string_view next;
                       if (!json::read_string(value, next)) return wrong_type("nextPageCursor");
                       cursor = next;
                       return kOk;
                     }
                     if (key != "list") return kOk;
                     return json::walk_array(value, "list", [&](Value& element) {
                       ListedSymbol symbol;
                       const ParseResult read = read_instrument(element, symbol);
                       if (read.is_ok()) visit(symbol);
                       return read;
                     });
                   });
}

RestSource::Target BybitRest::volumes_target(const std::string&) const {
  return {fmt::format("/v5/market/tickers?category={}", category_)};
}

/// On inverse contracts turnover24h is in the base coin, which ranks each coin's own contracts only.
std::string BybitRest::parse_volumes(std::string& body, const VisitVolume& visit, std::string& cursor) {
  cursor.clear();
  Envelope envelope;
  return read_body(parser_, body, "tickers", envelope,
                   [&](std::string_view key, Value& value) -> ParseResult {
                     if (key != "list") return kOk;
                     return json::walk_array(value, "list", [&](Value& row) {
                       return json::read_volume_row(row, {"symbol", "turnover24h", ""}, visit);
                     });
                   });
}

}  // namespace lockstep::feeds::bybit
