// POST /v1/audit.
#include "tests/engine/api/api_fixture.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {

TEST_CASE("A6: a pass of the self-audit is begun by POST with the token alone", "[engine][api][fault][A6]") {
  ApiConfig config = TestServer::any_port();
  config.token = std::string(32, 'a');
  int passes = 0;
  bool has_audit = true;
  ApiHooks hooks;
  hooks.audit_now = [&] {
    passes += has_audit;
    return has_audit;
  };
  TestServer server(small_catalog(), quiet_limits(), config, hooks);
  const std::pair<std::string, std::string> json = {"Content-Type", "application/json"};
  const std::pair<std::string, std::string> token = {"Authorization", "Bearer " + config.token};
  const auto post = [&](Headers headers) {
    return request(server.port(), "POST", "/v1/audit", headers, "{}");
  };
  CHECK(post({json}).status == 401);
  CHECK(get(server.port(), "/v1/audit", {token}).status == 405);
  CHECK(passes == 0);
  CHECK(post({json, token}).status == 202);
  CHECK(passes == 1);
  has_audit = false;
  CHECK(post({json, token}).status == 409);
}

}  // namespace lockstep::engine::test
