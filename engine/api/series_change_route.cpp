// POST /v1/symbols/add and /v1/symbols/remove.
#include <fmt/format.h>
#include <simdjson.h>

#include "engine/api/http_session.hpp"
#include "engine/api/series_names.hpp"
#include "engine/api/signal_json.hpp"
#include "engine/core/interval.hpp"

namespace lockstep::engine {
namespace {

using simdjson::dom::element;

constexpr const char* kExample =
    R"(send {"venue":"binance_spot","symbols":["BTCUSDT","ETH*"],"intervals":["1m"]}; intervals may be left out)";

ApiError bad_body(const std::string& what) {
  return {400, "bad_body", fmt::format("{}; {}", what, kExample)};
}

bool read_texts(element value, std::vector<std::string>& texts) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return false;
  for (const element each : list) {
    std::string_view text;
    if (each.get(text) != simdjson::SUCCESS || text.empty()) return false;
    texts.emplace_back(text);
  }
  return !texts.empty();
}

std::optional<ApiError> read_member(std::string_view key, element value, SeriesRequest& request) {
  if (key == "venue") {
    std::string_view venue;
    if (value.get(venue) != simdjson::SUCCESS) return bad_body("venue must be a text");
    request.venue = venue;
  } else if (key == "symbols") {
    if (!read_texts(value, request.symbols)) return bad_body("symbols must be a list of one or more texts");
  } else if (key == "intervals") {
    if (!read_texts(value, request.intervals))
      return bad_body("intervals must be a list of one or more texts");
  } else {
    return bad_body(fmt::format("unknown key {}", shown(key)));
  }
  return std::nullopt;
}

std::optional<ApiError> check(const SeriesRequest& request, std::size_t names_max) {
  if (request.venue.empty() || request.symbols.empty()) return bad_body("venue and symbols are needed");
  if (request.symbols.size() > names_max || request.intervals.size() > names_max)
    return ApiError{400, "too_many_names", fmt::format("at most {} names are taken in one list", names_max)};
  for (const std::string& symbol : request.symbols) {
    if (symbol.starts_with("top:"))
      return ApiError{
          400, "bad_body",
          fmt::format("{}: the most traded are looked up at the start alone; name them, or use a pattern",
                      shown(symbol))};
  }
  for (const std::string& interval : request.intervals) {
    if (!core::Interval::parse(interval))
      return bad_body(fmt::format("{} is not an interval", shown(interval)));
  }
  return std::nullopt;
}

std::variant<SeriesRequest, ApiError> parse(const std::string& body, bool is_add, std::size_t names_max) {
  simdjson::dom::parser parser;
  element document;
  const simdjson::padded_string padded(body);
  if (const auto error = parser.parse(padded).get(document))
    return bad_body(fmt::format("not JSON: {}", simdjson::error_message(error)));
  simdjson::dom::object members;
  if (document.get(members) != simdjson::SUCCESS) return bad_body("the body is not an object");
  SeriesRequest request;
  request.is_add = is_add;
  for (const auto& [key, value] : members) {
    if (auto error = read_member(key, value, request)) return std::move(*error);
  }
  if (auto error = check(request, names_max)) return std::move(*error);
  return request;
}

Answer change_answer(const SeriesReport& report, bool is_add, const std::string& epoch) {
  using Trouble = SeriesReport::Trouble;
  if (report.trouble == Trouble::venue_unknown) return error_answer({404, "not_found", report.message});
  if (report.trouble == Trouble::venue_unavailable)
    return error_answer({503, "venue_unavailable", report.message});
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object().field("epoch", epoch).field("now_ms", wall_ms());
  write_names(json, is_add ? "added" : "removed", report.changed);
  if (is_add) write_names(json, "present", report.unchanged);
  json.key("refused").begin_array();
  for (const SeriesReport::Refused& each : report.refused) {
    json.begin_object().field("symbol", each.symbol);
    each.interval.empty() ? json.null_field("interval") : json.field("interval", each.interval);
    json.field("reason", each.reason);
    each.nearest.empty() ? json.null_field("nearest") : json.field("nearest", each.nearest);
    json.end_object();
  }
  json.end_array().field("kept", report.is_kept).end_object();
  return answer;
}

}  // namespace

/// check_request() has seen to it that this is a POST with the token. False: there is no such address.
bool HttpSession::handle_series_change(const std::string& verb) {
  if (verb != "add" && verb != "remove") return false;
  const bool is_add = verb == "add";
  const auto parsed = parse(request().body(), is_add, state_->limits.names_max);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return refuse(*error), true;
  if (!state_->hooks.change_series)
    return refuse({409, "series_fixed", "the series of this server cannot be changed"}), true;
  stream_.expires_never();
  const auto ask = [&](std::function<void(const SeriesReport&)> done) {
    state_->hooks.change_series(std::get<SeriesRequest>(parsed), std::move(done));
  };
  state_->changes.ask(ask, [self = shared_from_this(), is_add](const SeriesReport* report) {
    if (report == nullptr)
      return self->refuse(
          {503, "venue_timeout",
           "the venue's symbol list did not come in time; what was asked may still be done: look at "
           "/v1/symbols"});
    self->reply(change_answer(*report, is_add, self->state_->epoch));
  });
  return true;
}

}  // namespace lockstep::engine
