// docs/api.md says what the server answers: every field, in both directions, and every error code.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/engine/api/api_fixture.hpp"
#include "tests/engine/api/past.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

using Names = std::set<std::string>;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string document() {
  return read_file(std::filesystem::path(LOCKSTEP_SOURCE_DIR) / "docs/api.md");
}

/// The JSON blocks that follow a line `<!-- example: NAME -->`.
std::map<std::string, Json> examples() {
  std::map<std::string, Json> out;
  const std::string text = document();
  const std::string mark = "<!-- example: ";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t name = at + mark.size();
    const std::size_t begin = text.find("```json\n", at) + 8;
    const std::size_t end = text.find("```", begin);
    out[text.substr(name, text.find(" -->", name) - name)] = Json::parse(text.substr(begin, end - begin));
  }
  return out;
}

/// First cells of all tables whose first title is `title`, without backticks.
Names table_names(const std::string& title) {
  Names out;
  std::istringstream lines(document());
  bool is_inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("| " + title + " |", 0) == 0) {
      is_inside = true;
    } else if (line.rfind("|", 0) != 0) {
      is_inside = false;
    } else if (is_inside && line.rfind("| `", 0) == 0) {
      out.insert(line.substr(3, line.find('`', 3) - 3));
    }
  }
  return out;
}

/// Every path of a value; entries of a list share one.
void collect_paths(const Json& value, const std::string& path, Names& out) {
  if (!path.empty()) out.insert(path);
  if (value.is_object()) {
    for (const auto& [key, each] : value.items()) collect_paths(each, path + "/" + key, out);
  } else if (value.is_array()) {
    for (const Json& each : value) collect_paths(each, path + "/[]", out);
  }
}

void collect_keys(const Json& value, Names& out) {
  if (value.is_object()) {
    for (const auto& [key, each] : value.items()) {
      out.insert(key);
      collect_keys(each, out);
    }
  } else if (value.is_array()) {
    for (const Json& each : value) collect_keys(each, out);
  }
}

Names paths(const Json& value) {
  Names out;
  collect_paths(value, "", out);
  return out;
}

Json control_answer(const ApiHooks& hooks, const std::string& target) {
  ApiConfig config = TestServer::any_port();
  config.token = std::string(32, 'a');
  TestServer server(small_catalog(), quiet_limits(), config, hooks);
  return request(server.port(), "POST", target,
                 {{"Authorization", "Bearer " + config.token}, {"Content-Type", "application/json"}},
                 R"({"venue":"binance_spot","symbols":["SOLUSDT"]})")
      .json();
}

/// A real answer for every example of the document.
std::map<std::string, Json> real_answers() {
  std::promise<DetailRequest> asked;
  ApiHooks hooks;
  hooks.request_detail = [&](const DetailRequest& request) { asked.set_value(request); };
  hooks.history = past_hooks().history;
  hooks.snapshot_now = [] { return true; };
  hooks.audit_now = [] { return true; };
  hooks.change_series = some_change;
  hooks.series_changes = some_changes;
  hooks.feed_health = [] {
    std::vector<feeds::FeedHealth> health(1);
    health[0].clock_offset_ms = 0;  // the venue has been asked
    return health;
  };
  hooks.config_text = [] { return std::string("[engine]\nshards = 1\n"); };
  ApiLimits limits;
  limits.heartbeat = std::chrono::milliseconds(50);
  TestServer server(small_catalog(), limits, TestServer::any_port(), hooks);
  std::map<std::string, Json> out;

  StreamClient stream(server.port(), "/v1/stream?interval=1m&venue=binance_spot");
  out["hello"] = stream.receive("hello");
  out["stream_state"] = stream.receive("state");
  server.publish(make_signal(0, 7));
  out["stream_signal"] = stream.receive("signal");
  out["heartbeat"] = stream.receive("heartbeat");
  stream.send(R"({"unsubscribe":{}})");
  out["subscription"] = stream.receive("subscription");
  stream.send("x");
  out["stream_error"] = stream.receive("error");

  HttpClient client(server.port());
  client.send("GET /v1/signals/binance_spot/BTCUSDT/1m?detail=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  DetailAnswer answer;
  answer.request_id = asked.get_future().get().request_id;
  answer.is_known = true;
  answer.signal = make_signal(0, 7);
  server.run([&](ApiServer& api) { api.on_detail(answer); });
  out["detail"] = client.receive().json();

  server.publish(make_signal(0, 8, Signal::Kind::open_bar));
  out["status"] = get(server.port(), "/v1/status").json();
  out["signals"] = get(server.port(), "/v1/signals?state=live").json();
  out["symbols"] = get(server.port(), "/v1/symbols?state=live").json();
  out["digests"] = get(server.port(), "/v1/digests?state=live").json();
  out["config"] = get(server.port(), "/v1/config").json();
  out["bars"] = get(server.port(), "/v1/bars/binance_spot/BTCUSDT/1m?limit=2").json();
  out["history"] = get(server.port(), "/v1/history/binance_spot/BTCUSDT/1m?limit=1").json();
  out["snapshot"] = control_answer(hooks, "/v1/snapshot");
  out["symbols_add"] = control_answer(hooks, "/v1/symbols/add");
  out["symbols_remove"] = control_answer(hooks, "/v1/symbols/remove");
  out["audit"] = control_answer(hooks, "/v1/audit");
  out["healthz"] = get(server.port(), "/healthz").json();
  out["readyz"] = get(server.port(), "/readyz").json();
  out["error"] = get(server.port(), "/v1/signals/binance_spot/BTCUSD/1m").json();
  return out;
}

TEST_CASE("the documented examples have exactly the fields of real answers", "[engine][api][docs]") {
  const auto documented = examples();
  const auto real = real_answers();
  for (const auto& [name, answer] : real) {
    CAPTURE(name, answer.dump());
    REQUIRE(documented.count(name) == 1);
    CHECK(paths(documented.at(name)) == paths(answer));
  }
  CHECK(documented.size() == real.size());
}

TEST_CASE("the documented fields are those of real answers, no more and no fewer", "[engine][api][docs]") {
  Names real;
  for (const auto& [name, answer] : real_answers()) collect_keys(answer, real);
  CHECK(table_names("field") == real);
}

TEST_CASE("the documented error codes are those of the sources", "[engine][api][docs]") {
  Names used;
  const std::regex code("\\{ *[0-9]{3}, *\"([a-z_]+)\"|\"code\":\"([a-z_]+)\"");
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(LOCKSTEP_SOURCE_DIR) / "engine/api")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = std::regex_replace(read_file(entry.path()), std::regex("\\s+"), " ");
    for (std::sregex_iterator each(text.begin(), text.end(), code), end; each != end; ++each) {
      used.insert((*each)[1].matched ? (*each)[1] : (*each)[2]);
    }
  }
  CHECK(table_names("code") == used);
}

}  // namespace
}  // namespace lockstep::engine::test
