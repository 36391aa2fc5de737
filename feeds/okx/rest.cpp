#include "feeds/okx/rest.hpp"

#include "feeds/history_rows.hpp"
#include "feeds/json_body.hpp"
#include "feeds/okx/parse.hpp"
#include "feeds/volume_rows.hpp"

namespace lockstep::feeds::okx {
namespace {

using json::kOk;
using json::Value;
using json::wrong_type;

/// /candles reaches back over the newest 1440 rows; a little less, since time goes on while we ask.
constexpr std::int64_t kRecentRows = 1400;
constexpr int kHistoryRowsMax = 100;

/// Reads {"code":"0","msg":"","data":[...]}; `visit` gets the elements of data.
template <class Visit>
std::string read_body(simdjson::ondemand::parser& parser, std::string& body, const char* what,
                      Visit&& visit) {
  std::string_view code, message;
  bool has_data = false;
  const ParseResult result =
      json::walk_body(parser, body, [&](std::string_view key, Value& value) -> ParseResult {
        if (key == "code") return json::read_text(value, code) ? kOk : wrong_type("code");
        if (key == "msg") return json::read_string(value, message) ? kOk : wrong_type("msg");
        if (key != "data") return kOk;
        if (std::exchange(has_data, true)) return json::duplicate("data");
        return json::walk_array(value, "data", visit);
      });
  if (!result.is_ok()) return json::body_error(what, result, body);
  if (code != "0") {
    return fmt::format("{}: the venue answers code {} '{}'", what, net::escape(code), net::escape(message));
  }
  return has_data ? "" : fmt::format("{}: missing field data", what);
}

constexpr json::Cell kCells[] = {json::Cell::open_ms, json::Cell::open,  json::Cell::high,
                                 json::Cell::low,     json::Cell::close, json::Cell::volume};

}  // namespace

RestSource::Target OkxRest::time_target() const {
  return {"/api/v5/public/time"};
}

std::string OkxRest::parse_time(std::string& body, std::int64_t& server_time_ms) {
  std::int64_t time_ms = 0;
  const std::string error = read_body(parser_, body, "server time", [&](Value& row) {
    return json::walk_object(row, "data", [&](std::string_view key, Value& value) {
      return key == "ts" && !json::read_int_text(value, time_ms) ? wrong_type("ts") : kOk;
    });
  });
  if (!error.empty()) return error;
  const std::string refusal = json::take_server_time(time_ms, server_time_ms);
  if (refusal.empty()) server_time_ms_ = server_time_ms;
  return refusal;
}

RestSource::Target OkxRest::bars_target(const core::Series& series, std::int64_t from_ms, int rows) const {
  const core::Interval& interval = series.interval;
  constexpr std::int64_t kMonthMs = 31LL * 86'400'000;
  const std::int64_t bar_ms = interval.is_month() ? kMonthMs : interval.ms();
  const bool is_recent = from_ms >= server_time_ms_ - kRecentRows * bar_ms;
  rows = is_recent ? rows : std::min(rows, kHistoryRowsMax);
  // `after` and `before` are exclusive and read backwards: rows older than the one, newer than the other.
  const std::int64_t end_ms = from_ms + rows * bar_ms;
  Target target;
  target.path = fmt::format("/api/v5/market/{}?instId={}&bar={}&after={}&before={}&limit={}",
                            is_recent ? "candles" : "history-candles", net::percent_encode(series.symbol),
                            interval_text(interval.text()), end_ms, from_ms - 1, rows);
  target.weight = is_recent ? 1 : 2;  // 40 and 20 requests in 2 s
  target.covers_to_ms = end_ms - 1;
  return target;
}

std::string OkxRest::parse_bars(std::string& body, const core::Interval& interval,
                                std::vector<HistoryRow>& rows) {
  rows.clear();
  return read_body(parser_, body, "candles", [&](Value& row) {
    return json::read_history_row(row, "data", kCells, interval, rows.emplace_back());
  });
}

/// Two lists: spot, then swaps.
RestSource::Target OkxRest::listing_target(const std::string& cursor) const {
  return {"/api/v5/public/instruments?instType=" + (cursor.empty() ? std::string("SPOT") : cursor)};
}

std::string OkxRest::parse_listing(std::string& body, const Visit& visit, std::string& cursor) {
  cursor = cursor.empty() ? "SWAP" : "";
  return read_body(parser_, body, "instruments", [&](Value& row) {
    ListedSymbol symbol;
    const ParseResult read =
        json::walk_object(row, "data", [&](std::string_view key, Value& value) -> ParseResult {
          if (key == "instId") return json::read_string(value, symbol.symbol) ? kOk : wrong_type("instId");
          if (key == "tickSz") return json::read_text(value, symbol.tick_size) ? kOk : wrong_type("tickSz");
          if (key != "state") return kOk;
          std::string_view state;
          if (!json::read_string(value, state)) return wrong_type("state");
          symbol.is_trading = state == "live";
          return kOk;
        });
    if (!read.is_ok()) return read;
    if (symbol.symbol.empty()) return json::missing("instId");
    visit(symbol);
    return kOk;
  });
}

RestSource::Target OkxRest::volumes_target(const std::string& cursor) const {
  return {"/api/v5/market/tickers?instType=" + (cursor.empty() ? std::string("SPOT") : cursor), 2};
}

/// volCcy24h is in the quote currency on spot, and in the base currency on swaps.
std::string OkxRest::parse_volumes(std::string& body, const VisitVolume& visit, std::string& cursor) {
  const bool is_spot = cursor.empty();
  cursor = is_spot ? "SWAP" : "";
  const json::VolumeKeys keys{"instId", "volCcy24h", is_spot ? "" : "last"};
  return read_body(parser_, body, "tickers",
                   [&](Value& row) { return json::read_volume_row(row, keys, visit); });
}

}  // namespace lockstep::feeds::okx
