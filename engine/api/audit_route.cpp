// POST /v1/audit: a pass of the self-audit now.
#include "engine/api/http_session.hpp"
#include "engine/api/json_writer.hpp"

namespace lockstep::engine {

/// check_request() has seen to it that this is a POST with the token.
void HttpSession::handle_audit() {
  if (!state_->hooks.audit_now || !state_->hooks.audit_now())
    return refuse({409, "no_audit", "there is no self-audit: see [audit] enabled and [journal] enabled"});
  Answer answer{202, {}};
  JsonWriter(answer.body).begin_object().field("begun", true).end_object();
  reply(std::move(answer));
}

}  // namespace lockstep::engine
