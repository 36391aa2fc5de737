#include "engine/api/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "engine/api/ascii.hpp"
#include "engine/api/json_writer.hpp"
#include "engine/api/series_names.hpp"
#include "engine/api/signal_json.hpp"

namespace lockstep::engine {
namespace {

constexpr std::size_t kReasonsMax = 100;
constexpr std::array<SeriesState, 7> kStates = {
    SeriesState::warming, SeriesState::live,     SeriesState::stale,  SeriesState::gap,
    SeriesState::halted,  SeriesState::rejected, SeriesState::retired};

void append_bar_or_null(std::string& out, const ServerState& state, const Signal& signal,
                        std::int64_t now_ns) {
  if (signal.bar.ts_open_ms == 0) {
    out += "null";
  } else {
    append_signal(out, signal, state.index, state.epoch, now_ns);
  }
}

/// {"venue",...,"closed_bar":{...}|null,"open_bar":{...}|null without the closing brace.
void append_series(std::string& out, const ServerState& state, core::SeriesId series, std::int64_t now_ns) {
  const Signal& latest = state.store.latest(series);
  out += '{';
  out += state.index.name_fields(series);
  out += ",\"state\":";
  append_json_string(out, to_string(latest.state));
  out += ",\"reason\":";
  append_json_string(out, core::to_string(latest.reason));
  out += state.store.is_valid(series) ? ",\"valid\":true," : ",\"valid\":false,";
  append_age(out, latest, now_ns);
  out += ",\"closed_bar\":";
  append_bar_or_null(out, state, state.store.closed_now(series), now_ns);
  out += ",\"open_bar\":";
  append_bar_or_null(out, state, state.store.open_now(series), now_ns);
}

std::string without_token(std::string text, const std::string& token) {
  if (token.empty()) return text;
  for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token, at))
    text.replace(at, token.size(), "***");
  return text;
}

std::string config_text(const ServerState& state) {
  return without_token(state.hooks.config_text ? state.hooks.config_text() : "", state.config.token);
}

/// A row of /v1/symbols: what a list of a thousand shows, and no more.
void append_symbol(std::string& out, const ServerState& state, core::SeriesId series, std::int64_t now_ns) {
  const Signal& latest = state.store.latest(series);
  const bool has_bar = latest.bar.ts_open_ms != 0;
  JsonWriter json(out);
  json.begin_object().raw(state.index.name_fields(series));
  json.field("state", to_string(latest.state)).field("reason", core::to_string(latest.reason));
  json.field("valid", state.store.is_valid(series));
  append_age(out += ',', latest, now_ns);
  JsonWriter rest(out += ',');
  has_bar ? rest.field("ts_open_ms", latest.bar.ts_open_ms) : rest.null_field("ts_open_ms");
  has_bar ? rest.field("price_scale", latest.price_scale) : rest.null_field("price_scale");
  has_bar ? rest.decimal_field("close", latest.bar.close, latest.price_scale) : rest.null_field("close");
  has_bar ? rest.field("average", latest.outputs.average) : rest.null_field("average");
  const int direction = has_bar ? latest.outputs.direction : 0;
  direction != 0 ? rest.field("direction", direction) : rest.null_field("direction");
  rest.field("growth_warning", has_bar ? growth_warning(latest.outputs.growth) : "none");
}

/// A row of /v1/digests: what the closed bars came to.
void append_digest(std::string& out, const ServerState& state, core::SeriesId series, std::int64_t) {
  const Signal& closed = state.store.latest_closed(series);
  const bool has_bar = closed.bar.ts_open_ms != 0;
  JsonWriter json(out);
  json.begin_object().raw(state.index.name_fields(series));
  has_bar ? json.field("ts_open_ms", closed.bar.ts_open_ms) : json.null_field("ts_open_ms");
  const bool has_anchor = has_bar && closed.ts_anchor_ms != INT64_MIN;
  has_anchor ? json.field("anchor_ms", closed.ts_anchor_ms) : json.null_field("anchor_ms");
  json.field("bars", closed.bars).field("revision", closed.revision).field("digest", closed.digest.hex());
}

void write_series_counts(JsonWriter& json, const ServerState& state) {
  std::array<std::size_t, kStates.size()> counts{};
  std::size_t total = 0;
  for (core::SeriesId id = 0; id < state.store.size(); ++id) {
    if (state.store.is_removed(id)) continue;
    ++counts[static_cast<std::size_t>(state.store.latest(id).state)];
    ++total;
  }
  json.key("series").begin_object().field("total", total);
  for (const SeriesState each : kStates)
    json.field(lower(to_string(each)), counts[static_cast<std::size_t>(each)]);
  json.end_object();
}

void write_compared(JsonWriter& json, std::string_view key, std::string_view other,
                    const feeds::ComparedCounters& bars) {
  json.key(key).begin_object().field("compared", bars.compared).field("different", bars.different);
  json.field(other, bars.other).end_object();
}

void write_feeds(JsonWriter& json, const ServerState& state) {
  json.key("feeds").begin_array();
  const auto feeds = state.hooks.feed_health ? state.hooks.feed_health() : std::vector<feeds::FeedHealth>();
  for (const feeds::FeedHealth& feed : feeds) {
    json.begin_object()
        .field("venue", feed.venue)
        .field("connected", feed.connected)
        .field("frames", feed.frames);
    json.field("reconnects", feed.reconnects).field("frames_unknown", feed.frames_unknown);
    json.field("records_refused", feed.records_refused).field("lag_ms", feed.lag_ms);
    if (feed.clock_offset_ms) {
      json.field("clock_offset_ms", *feed.clock_offset_ms);
      json.field("clock_uncertainty_ms", feed.clock_uncertainty_ms);
    }
    write_compared(json, "with_history", "absent", feed.with_history);
    write_compared(json, "with_trades", "corrected", feed.with_trades);
    json.field("last_error", feed.last_error).end_object();
  }
  json.end_array();
}

void write_audit(JsonWriter& json, const audit::Stats& audit) {
  json.key("audit").begin_object().field("enabled", audit.is_enabled).field("running", audit.is_running);
  json.field("passes", audit.passes).field("series_done", audit.series_done);
  json.field("series_total", audit.series_total).field("series_checked", audit.series);
  json.field("bars_recomputed", audit.bars).field("differences", audit.differences);
  json.field("backend_differences", audit.backend_differences).field("rebuilds", audit.rebuilds);
  json.field("postponed", audit.postponed).field("cpu_ms", audit.cpu_ms);
  json.field("pass_begin_ms", audit.ts_pass_begin_ms).field("pass_end_ms", audit.ts_pass_end_ms);
  json.field("last_report", audit.last_report).end_object();
}

void write_engine(JsonWriter& json, const ServerState& state) {
  const DaemonHealth health = state.hooks.daemon_health ? state.hooks.daemon_health() : DaemonHealth();
  const std::size_t waiting =
      std::accumulate(health.queue_depth.begin(), health.queue_depth.end(), std::size_t{0});
  json.key("engine").begin_object().field("events_waiting", waiting);
  json.field("lag_ms",
             health.lag_ms.empty() ? 0 : *std::max_element(health.lag_ms.begin(), health.lag_ms.end()));
  json.field("events_lost", health.events_lost).field("signals_lost", health.signals_lost);
  json.key("journal")
      .begin_object()
      .field("kept", health.has_journal)
      .field("stuck", health.is_journal_stuck);
  json.field("trouble", health.journal_trouble).field("records", health.journal.records);
  json.field("bytes", health.journal.bytes).field("pending_bytes", health.journal.pending_bytes);
  json.field("syncs", health.journal.syncs).field("sync_us_max", health.journal.sync_us_max);
  json.end_object();
  write_audit(json, health.audit);
  json.key("threads").begin_object().field("stuck", health.watch.stuck);
  json.field("stuck_times", health.watch.stuck_times).field("suspends", health.watch.suspends);
  json.field("clock_steps", health.watch.clock_steps).end_object();
  json.end_object();
}

void write_clients(JsonWriter& json, const ServerState& state) {
  const ApiCounters& counters = state.counters;
  json.key("clients").begin_object().field("connections", state.connections.size());
  json.field("streams", state.streams.size()).field("connections_max", state.config.clients_max);
  json.field("requests", counters.requests).field("refused_connections", counters.refused_connections);
  json.field("refused_requests", counters.refused_requests).field("messages_sent", counters.messages_sent);
  json.field("conflated", counters.conflated).field("closed_slow", counters.closed_slow).end_object();
}

struct Page {
  SeriesFilter filter;
  std::vector<SeriesState> states;  // empty: any
  std::size_t limit = 0;
  std::size_t offset = 0;
};

bool parse_number(const Parameter& parameter, std::size_t& out) {
  if (parameter.values.size() != 1) return false;
  const std::string& text = parameter.values.front();
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

std::optional<ApiError> take_states(const Parameter& parameter, std::vector<SeriesState>& states) {
  for (const std::string& name : parameter.values) {
    const auto found = std::find_if(kStates.begin(), kStates.end(), [&](SeriesState state) {
      return lower(name) == lower(to_string(state));
    });
    if (found == kStates.end()) {
      return ApiError{
          400, "bad_parameter",
          fmt::format(
              "state={} is not a state; states are warming, live, stale, gap, halted, rejected, retired",
              shown(name))};
    }
    states.push_back(*found);
  }
  return std::nullopt;
}

std::optional<ApiError> take_page_parameter(const Parameter& parameter, std::size_t page_max, Page& page) {
  if (page.filter.take(parameter)) return std::nullopt;
  if (parameter.name == "state") return take_states(parameter, page.states);
  if (parameter.name == "limit") {
    if (parse_number(parameter, page.limit) && page.limit >= 1 && page.limit <= page_max) return std::nullopt;
    return ApiError{400, "bad_parameter", fmt::format("limit must be a whole number from 1 to {}", page_max)};
  }
  if (parameter.name == "offset") {
    if (parse_number(parameter, page.offset)) return std::nullopt;
    return ApiError{400, "bad_parameter", "offset must be a whole number, 0 or more"};
  }
  return ApiError{
      400, "unknown_parameter",
      fmt::format("there is no parameter {}; known are venue, symbol, interval, state, limit, offset",
                  shown(parameter.name))};
}

bool is_wanted(const ServerState& state, const Page& page, const core::Series& series) {
  if (state.store.is_removed(series.id) || !page.filter.matches(series)) return false;
  const SeriesState now = state.store.latest(series.id).state;
  return page.states.empty() || std::find(page.states.begin(), page.states.end(), now) != page.states.end();
}

/// Appends a row's object without its closing brace.
using AppendRow = void (*)(std::string& out, const ServerState& state, core::SeriesId series,
                           std::int64_t now_ns);

Answer page_answer(const ServerState& state, const Page& page, std::string_view name, AppendRow append_row) {
  std::string rows;
  std::size_t total = 0;
  std::size_t count = 0;
  const std::int64_t now_ns = monotonic_ns();
  for (const core::Series& series : state.index.catalog().series()) {
    if (!is_wanted(state, page, series)) continue;
    const bool is_on_page = total >= page.offset && count < page.limit;
    ++total;
    if (!is_on_page) continue;
    if (count++ != 0) rows += ',';
    append_row(rows, state, series.id, now_ns);
    rows += '}';
  }
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object().field("epoch", state.epoch).field("now_ms", wall_ms()).field("total", total);
  json.field("offset", page.offset).field("limit", page.limit).field("count", count);
  json.key(name).raw("[" + rows + "]").end_object();
  return answer;
}

Answer list_answer(const ServerState& state, const std::vector<Parameter>& query, std::string_view name,
                   AppendRow append_row) {
  Page page;
  page.limit = state.limits.page_max;
  for (const Parameter& parameter : query) {
    if (const auto error = take_page_parameter(parameter, state.limits.page_max, page))
      return error_answer(*error);
  }
  if (const auto error = page.filter.check(state.index, state.limits.names_max)) return error_answer(*error);
  return page_answer(state, page, name, append_row);
}

void write_not_ready(JsonWriter& json, const ServerState& state, std::size_t& not_ready) {
  json.key("reasons").begin_array();
  for (core::SeriesId id = 0; id < state.store.size(); ++id) {
    const Signal& latest = state.store.latest(id);
    if (latest.state == SeriesState::live || latest.state == SeriesState::rejected) continue;
    if (state.store.is_removed(id)) continue;
    if (++not_ready > kReasonsMax) continue;
    json.begin_object().raw(state.index.name_fields(id));
    json.field("state", to_string(latest.state)).field("reason", core::to_string(latest.reason)).end_object();
  }
  json.end_array();
}

}  // namespace

Answer error_answer(const ApiError& error) {
  Answer answer{error.status, {}};
  JsonWriter json(answer.body);
  json.begin_object().key("error").begin_object();
  json.field("code", error.code).field("message", error.message).end_object().end_object();
  return answer;
}

Answer healthz_answer() {
  return {200, R"({"alive":true})"};
}

Answer readyz_answer(const ServerState& state) {
  std::size_t live = 0;
  for (core::SeriesId id = 0; id < state.store.size(); ++id) live += state.store.is_live(id) ? 1 : 0;
  std::size_t not_ready = 0;
  std::string reasons;
  JsonWriter reasons_json(reasons);
  write_not_ready(reasons_json, state, not_ready);
  // With every series rejected nothing is served: that is not ready either.
  const bool is_ready = not_ready == 0 && live > 0;
  Answer answer{is_ready ? 200u : 503u, {}};
  JsonWriter json(answer.body);
  json.begin_object().field("ready", is_ready).field("epoch", state.epoch).field("live", live);
  json.field("not_ready", not_ready).raw(reasons).end_object();
  return answer;
}

Answer status_answer(const ServerState& state) {
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object().field("version", LOCKSTEP_VERSION).field("epoch", state.epoch);
  json.field("uptime_ms", (monotonic_ns() - state.ts_started_ns) / 1'000'000).field("now_ms", wall_ms());
  write_series_counts(json, state);
  write_feeds(json, state);
  write_engine(json, state);
  write_clients(json, state);
  json.field("config", config_text(state));
  json.end_object();
  return answer;
}

Answer signals_answer(const ServerState& state, const std::vector<Parameter>& query) {
  return list_answer(state, query, "signals", append_series);
}

Answer symbols_answer(const ServerState& state, const std::vector<Parameter>& query) {
  return list_answer(state, query, "symbols", append_symbol);
}

Answer digests_answer(const ServerState& state, const std::vector<Parameter>& query) {
  return list_answer(state, query, "digests", append_digest);
}

Answer config_answer(const ServerState& state) {
  Answer answer;
  JsonWriter json(answer.body);
  json.begin_object().field("epoch", state.epoch).field("version", LOCKSTEP_VERSION);
  const AtcConfig& atc = state.hooks.atc;
  json.key("families").begin_object();
  for (std::size_t family = 0; family < kFamilies; ++family) {
    json.key(kFamilyNames[family]).begin_object().field("enabled", bool{atc.enabled[family]});
    json.field("length", atc.lengths[family]).field("weight", atc.weights[family]).end_object();
  }
  json.end_object();
  json.field("lambda", atc.lambda).field("decay", atc.decay).field("cutout", atc.cutout);
  json.field("long_threshold", atc.long_threshold).field("short_threshold", atc.short_threshold);
  json.field("config", config_text(state));
  const SeriesChanges changes = state.hooks.series_changes ? state.hooks.series_changes() : SeriesChanges();
  write_names(json, "symbols_added", changes.added);
  write_names(json, "symbols_removed", changes.removed);
  json.end_object();
  return answer;
}

Answer signal_answer(const ServerState& state, core::SeriesId series) {
  Answer answer;
  append_series(answer.body, state, series, monotonic_ns());
  JsonWriter(answer.body.append(",")).field("epoch", state.epoch).field("now_ms", wall_ms()).end_object();
  return answer;
}

Answer detail_answer(const ServerState& state, core::SeriesId series, const DetailAnswer* detail) {
  if (detail == nullptr) {
    return error_answer(
        {503, "detail_timeout", "the shard of this series did not answer in time; try again"});
  }
  Answer answer = signal_answer(state, series);
  answer.body.back() = ',';
  if (!detail->is_known) {
    answer.body += "\"detail\":null}";
    return answer;
  }
  answer.body += "\"detail\":{\"publication\":";
  append_signal(answer.body, state.store.as_of_now(detail->signal), state.index, state.epoch, monotonic_ns());
  answer.body += ",\"members\":";
  append_members(answer.body, detail->detail);
  answer.body += "}}";
  return answer;
}

}  // namespace lockstep::engine
