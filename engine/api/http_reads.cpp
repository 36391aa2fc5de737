// HttpSession: the addresses that read lists, history and configuration, and those that control.
#include <fmt/format.h>

#include "engine/api/history_json.hpp"
#include "engine/api/history_request.hpp"
#include "engine/api/http_session.hpp"
#include "engine/api/json_writer.hpp"
#include "engine/api/signal_json.hpp"

namespace lockstep::engine {

namespace http = boost::beast::http;

bool HttpSession::handle_read(const Target& target) {
  if (target.parts.size() < 2 || target.parts[0] != "v1") return false;
  const std::string& what = target.parts[1];
  if (target.parts.size() == 2) {
    if (what == "symbols") return reply(symbols_answer(*state_, target.query)), true;
    if (what == "digests") return reply(digests_answer(*state_, target.query)), true;
    if (what == "config" && target.query.empty()) return reply(config_answer(*state_)), true;
    // Only as check_request() lets a POST through: never by GET in another spelling of the path.
    if (what == "snapshot" && request().method() == http::verb::post) return handle_snapshot(), true;
    if (what == "audit" && request().method() == http::verb::post) return handle_audit(), true;
    return false;
  }
  if (target.parts.size() == 3 && what == "symbols" && request().method() == http::verb::post)
    return handle_series_change(target.parts[2]);
  if (target.parts.size() == 5 && (what == "bars" || what == "history"))
    return handle_history(target, what == "history"), true;
  return false;
}

void HttpSession::handle_history(const Target& target, bool wants_outputs) {
  const auto series = find_series(target);
  if (!series) return;
  auto query = parse_history_query(target.query, wants_outputs, state_->limits);
  if (const auto* error = std::get_if<ApiError>(&query)) return refuse(*error);
  auto& wanted = std::get<HistoryQuery>(query);
  wanted.series = *series;
  std::string head = state_->index.name_fields(*series);
  JsonWriter(head += ',').field("epoch", state_->epoch).field("now_ms", wall_ms());
  const auto format = [wanted, head](const HistoryPage& page) {
    return page.problem.empty() ? history_text(wanted, page, head) : std::string();
  };
  stream_.expires_never();
  if (!state_->hooks.history) return refuse({503, "history_timeout", "there is no past to be read here"});
  const auto ask = [&](HistoryDone done) { state_->hooks.history(wanted, format, std::move(done)); };
  state_->histories.ask(ask, [self = shared_from_this()](const std::string* text) {
    if (text == nullptr)
      return self->refuse({503, "history_timeout", "the past could not be read in time; try again"});
    if (text->empty())
      return self->refuse({500, "history_unavailable", "the past cannot be read; the daemon's log says why"});
    self->reply({200, *text});
  });
}

void HttpSession::handle_snapshot() {
  if (!state_->hooks.snapshot_now)
    return refuse(
        {409, "no_journal", "there is no journal, so there are no snapshots: see [journal] enabled"});
  if (!state_->hooks.snapshot_now())
    return refuse({409, "snapshot_busy", "a snapshot is being made; try again later"});
  Answer answer{202, {}};
  JsonWriter(answer.body).begin_object().field("begun", true).end_object();
  reply(std::move(answer));
}

}  // namespace lockstep::engine
