// docs/openapi.json and docs/asyncapi.json, held against the running server.
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "tests/engine/api/api_fixture.hpp"
#include "tests/engine/api/json_schema.hpp"
#include "tests/engine/api/past.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";

Json read_document(const char* name) {
  std::ifstream file(std::string(LOCKSTEP_SOURCE_DIR) + "/docs/" + name);
  REQUIRE(file);
  return Json::parse(file);
}

/// A server with a token and everything behind it that answers can show.
TestServer make_server() {
  ApiConfig config = TestServer::any_port();
  config.token = kToken;
  ApiHooks hooks = past_hooks();
  hooks.feed_health = [] {
    std::vector<feeds::FeedHealth> health(1);
    health[0].clock_offset_ms = 0;  // the venue has been asked
    return health;
  };
  hooks.config_text = [] { return std::string("[engine]\nshards = 1\n"); };
  hooks.snapshot_now = [] { return true; };
  hooks.audit_now = [] { return true; };
  hooks.change_series = some_change;
  hooks.series_changes = some_changes;
  return TestServer(small_catalog(), quiet_limits(), config, hooks);
}

Reply ask(int port, const std::string& method, const std::string& target) {
  Headers headers = {{"Authorization", std::string("Bearer ") + kToken}};
  if (method == "POST") headers.push_back({"Content-Type", "application/json"});
  const bool is_change = target.starts_with("/v1/symbols/");
  const char* const body = is_change ? R"({"venue":"binance_spot","symbols":["SOLUSDT"]})" : "{}";
  return request(port, method, target, headers, method == "POST" ? body : "");
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

/// A path with a series in the place of its variables; `symbol` may be one that there is not.
std::string filled(std::string path, const std::string& symbol) {
  path = std::regex_replace(path, std::regex("\\{venue\\}"), "binance_spot");
  path = std::regex_replace(path, std::regex("\\{symbol\\}"), symbol);
  return std::regex_replace(path, std::regex("\\{interval\\}"), "1m");
}

void check_shape(const Json& document, const Json& responses, const Reply& reply, const std::string& what) {
  INFO(what << " gave " << reply.status << ' ' << reply.body);
  const std::string status = std::to_string(reply.status);
  REQUIRE((responses.contains(status) || responses.contains("default")));
  const Json& response = responses.contains(status) ? responses[status] : responses["default"];
  if (!response["content"].contains("application/json")) {  // /metrics is text
    CHECK(response["content"].contains(std::string(reply.headers["Content-Type"])));
    return;
  }
  const Json& schema = response["content"]["application/json"]["schema"];
  CHECK(schema_problem(document, schema, reply.json()) == "");
}

TEST_CASE("every documented path answers as documented", "[engine][api][docs]") {
  const Json document = read_document("openapi.json");
  TestServer server = make_server();
  for (int round = 0; round < 2; ++round) {  // without and with bars
    if (round == 1) {
      server.publish(make_signal(0, 7));
      server.publish(make_signal(0, 8, Signal::Kind::open_bar));
      server.publish(make_state(2, SeriesState::gap, core::Reason::bar_missing));
    }
    for (const auto& [path, operations] : document["paths"].items()) {
      for (const auto& [method, operation] : operations.items()) {
        const std::string target = filled(path, "BTCUSDT");
        const Reply reply = ask(server.port(), upper(method), target);
        CAPTURE(path, method, reply.body);
        CHECK((reply.status < 300 || path == "/readyz"));
        check_shape(document, operation["responses"], reply, target);
        if (path == target) continue;
        const Reply unknown = ask(server.port(), upper(method), filled(path, "NOSUCH"));
        CHECK(unknown.status == 404);
        check_shape(document, operation["responses"], unknown, target);
      }
    }
  }
}

TEST_CASE("every documented parameter is understood, and no other", "[engine][api][docs]") {
  const Json document = read_document("openapi.json");
  const std::map<std::string, std::string> values = {
      {"venue", "binance_spot"}, {"symbol", "BTCUSDT"}, {"interval", "1m"},
      {"state", "live"},         {"limit", "2"},        {"offset", "1"},
      {"detail", "0"},           {"before_ms", "9"},    {"averages", "1"},
      {"members", "kama"}};
  TestServer server = make_server();
  server.publish(make_signal(0, 7));
  for (const auto& [path, operations] : document["paths"].items()) {
    if (!operations.contains("get")) continue;
    const std::string target = filled(path, "BTCUSDT");
    for (const Json& parameter : operations["get"]["parameters"]) {
      if (parameter["in"] != "query") continue;
      const std::string name = parameter["name"];
      CAPTURE(path, name);
      REQUIRE(values.count(name) == 1);
      const Reply reply = ask(server.port(), "GET", target + "?" + name + "=" + values.at(name));
      CHECK(reply.status == 200);
      check_shape(document, operations["get"]["responses"], reply, target);
    }
    if (path != "/metrics") CHECK(ask(server.port(), "GET", target + "?nonsense=1").status >= 400);
  }
}

TEST_CASE("every address that the server knows is documented", "[engine][api][docs]") {
  const Json document = read_document("openapi.json");
  TestServer server = make_server();
  // The server's own list, as it tells it to who asks for something else.
  const std::string known = ask(server.port(), "GET", "/v1/nothing").json()["error"]["message"];
  const std::regex path("/[a-z0-9]+(/[a-z{|}]+)*");
  std::size_t found = 0;
  for (std::sregex_iterator each(known.begin(), known.end(), path), end; each != end; ++each) {
    const std::string name = each->str();
    if (name == "/v1/stream") continue;  // docs/asyncapi.json
    const std::string lists = "/v1/{signals|bars|history}";
    for (const std::string list : {"signals", "bars", "history"}) {
      const std::string real = name.starts_with(lists) ? "/v1/" + list + name.substr(lists.size()) : name;
      CAPTURE(real);
      CHECK(document["paths"].contains(real));
    }
    ++found;
  }
  CHECK(found == 13);
}

TEST_CASE("every message of the stream is as documented", "[engine][api][docs]") {
  const Json document = read_document("asyncapi.json");
  ApiLimits limits;
  limits.heartbeat = std::chrono::milliseconds(50);
  TestServer server(small_catalog(), limits);
  const auto check = [&](const Json& message) {
    CAPTURE(message.dump());
    const std::string type = message["type"];
    REQUIRE(document["components"]["messages"].contains(type));
    CHECK(schema_problem(document, document["components"]["messages"][type]["payload"], message) == "");
    return type;
  };
  std::set<std::string> seen;
  StreamClient stream(server.port(), "/v1/stream?subscribe=none");
  seen.insert(check(stream.receive("hello")));
  const Json command = Json::parse(
      R"({"subscribe":{"venue":"binance_spot","symbols":["BTCUSDT"],"intervals":["1m"],"kinds":["closed_bar","state"]}})");
  CHECK(schema_problem(document, document["components"]["messages"]["subscribe"]["payload"], command) == "");
  stream.send(command.dump());
  seen.insert(check(stream.receive("subscription")));
  seen.insert(check(stream.receive("state")));
  server.publish(make_signal(0, 7));
  seen.insert(check(stream.receive("signal")));
  seen.insert(check(stream.receive("heartbeat")));
  stream.send(R"({"nonsense":{}})");
  seen.insert(check(stream.receive("error")));
  seen.insert("subscribe");
  seen.insert("unsubscribe");
  std::set<std::string> documented;
  for (const auto& [name, message] : document["components"]["messages"].items()) documented.insert(name);
  CHECK(documented == seen);
  for (const auto& [name, parameter] :
       document["channels"]["stream"]["bindings"]["ws"]["query"]["properties"].items()) {
    const std::map<std::string, std::string> values = {{"venue", "binance_spot"}, {"symbol", "BTCUSDT"},
                                                       {"interval", "1m"},        {"closed_only", "1"},
                                                       {"subscribe", "none"},     {"resume", "0:0"}};
    CAPTURE(name);
    CHECK(StreamClient(server.port(), "/v1/stream?" + name + "=" + values.at(name)).status() == 101);
  }
}

}  // namespace
}  // namespace lockstep::engine::test
