// Lists, history, configuration, control, the page: what is read beside signals.
#include <bit>

#include "tests/engine/api/api_fixture.hpp"
#include "tests/engine/api/past.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";
constexpr const char* kSeries = "/binance_spot/BTCUSDT/1m";

std::string error_code(const Reply& reply) {
  return reply.json()["error"]["code"];
}

Json row_of(const Json& page, std::size_t index) {
  Json out;
  for (std::size_t i = 0; i < page["columns"].size(); ++i)
    out[page["columns"][i].get<std::string>()] = page["rows"][index][i];
  return out;
}

void require_same(const Json& json, double value) {
  if (is_undefined(value)) {
    REQUIRE(json.is_null());
  } else {
    REQUIRE(std::bit_cast<std::uint64_t>(json.get<double>()) == std::bit_cast<std::uint64_t>(value));
  }
}

TEST_CASE("the list of symbols says state, age and direction of each", "[engine][api]") {
  TestServer server;
  server.publish(make_signal(0, 7));
  server.publish(make_state(2, SeriesState::stale, core::Reason::silent));
  const Json list = get(server.port(), "/v1/symbols").json();
  CHECK(list["total"] == 5);
  const Json& first = list["symbols"][0];
  CHECK(first["symbol"] == "BTCUSDT");
  CHECK(first["close"] == "43251.17");
  CHECK(first["average"].get<double>() == 1.0 / 3);
  CHECK(first["direction"] == 1);
  CHECK(first["valid"] == true);
  CHECK(first["age_ms"].get<std::int64_t>() >= 0);
  CHECK(list["symbols"][1]["age_ms"].is_null());
  CHECK(list["symbols"][1]["close"].is_null());
  CHECK(list["symbols"][2]["state"] == "STALE");
  CHECK(list["symbols"][2]["valid"] == false);
  CHECK(get(server.port(), "/v1/symbols?state=stale").json()["count"] == 1);
  CHECK(error_code(get(server.port(), "/v1/symbols?symbol=NOSUCH")) == "not_found");
}

TEST_CASE("digests are those of the last closed bars", "[engine][api]") {
  TestServer server;
  server.publish(make_signal(0, 7));
  server.publish(make_signal(0, 8, Signal::Kind::open_bar));
  const Json list = get(server.port(), "/v1/digests?venue=binance_spot").json();
  CHECK(list["digests"][0]["digest"] == "fedcba98765432100123456789abcdef");
  CHECK(list["digests"][0]["ts_open_ms"] == 1'700'000'460'000);
  CHECK(list["digests"][0]["bars"] == 1'507);
  CHECK(list["digests"][1]["ts_open_ms"].is_null());
}

TEST_CASE("history gives every bar's outputs to the bit, page by page", "[engine][api]") {
  TestServer server(small_catalog(), quiet_limits(), TestServer::any_port(), past_hooks());
  const BarRun run = past_run();
  AnchoredState state(AtcParams::create({}, 2), Anchor{Anchor::Kind::history}, 60'000);
  std::vector<Outputs> truth(run.bars.size());
  std::vector<Detail> details(run.bars.size());
  for (std::size_t i = 0; i < run.bars.size(); ++i) {
    REQUIRE(state.commit(run.bars[i], truth[i]) == Status::ok);
    state.state().detail(details[i]);
  }
  std::size_t left = run.bars.size();
  std::string query = "?limit=70&averages=1";
  for (int page_number = 0; left > 0; ++page_number) {
    const Json page = get(server.port(), std::string("/v1/history") + kSeries + query).json();
    const std::size_t count = page["count"];
    REQUIRE(count == std::min<std::size_t>(70, left));
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = left - count + i;
      CAPTURE(at);
      const Json row = row_of(page, i);
      REQUIRE(row["ts_open_ms"] == run.bars[at].ts_open_ms);
      require_same(row["average"], truth[at].average);
      require_same(row["growth"], truth[at].growth);
      for (std::size_t f = 0; f < kFamilies; ++f) {
        const std::string name(kFamilyNames[f]);
        require_same(row[name + "_signal"], truth[at].signal[f]);
        require_same(row[name + "_equity"], truth[at].equity[f]);
        require_same(row[name + "_base_average"], details[at].average[f][0]);
      }
    }
    left -= count;
    if (left == 0) {
      CHECK(page["next_before_ms"].is_null());
    } else {
      query = "?limit=70&averages=1&before_ms=" + std::to_string(page["next_before_ms"].get<std::int64_t>());
    }
  }
  const Json members =
      get(server.port(), std::string("/v1/history") + kSeries + "?limit=1&members=kama").json();
  const Json last = row_of(members, 0);
  for (std::size_t m = 0; m < kMembers; ++m) {
    const std::string stem = "kama_" + std::to_string(details.back().length[5][m]);
    require_same(last[stem + "_average"], details.back().average[5][m]);
    CHECK(last[stem + "_signal"] == details.back().signal[5][m]);
  }
}

TEST_CASE("bars are the same without outputs", "[engine][api]") {
  TestServer server(small_catalog(), quiet_limits(), TestServer::any_port(), past_hooks());
  const Json page = get(server.port(), std::string("/v1/bars") + kSeries + "?limit=3").json();
  CHECK(page["columns"] == Json({"ts_open_ms", "open", "high", "low", "close"}));
  CHECK(page["count"] == 3);
  CHECK(page["rows"][2][0] == past_run().bars.back().ts_open_ms);
  for (const char* wrong :
       {"?limit=0", "?limit=2001", "?limit=x", "?before_ms=-1", "?averages=1", "?limit=1,2"})
    CHECK(get(server.port(), std::string("/v1/bars") + kSeries + wrong).status == 400);
  CHECK(get(server.port(), std::string("/v1/history") + kSeries + "?members=sma").status == 400);
  CHECK(get(server.port(), "/v1/bars/binance_spot/NOSUCH/1m").status == 404);
}

TEST_CASE("A2: a past that does not come in time gives 503", "[engine][api][fault][A2]") {
  ApiLimits limits = quiet_limits();
  limits.history = std::chrono::milliseconds(50);
  HistoryDone late;
  ApiHooks hooks;
  hooks.history = [&](const HistoryQuery&, HistoryFormat, HistoryDone done) { late = std::move(done); };
  TestServer server(small_catalog(), limits, TestServer::any_port(), hooks);
  const Reply reply = get(server.port(), std::string("/v1/history") + kSeries);
  CHECK(reply.status == 503);
  CHECK(error_code(reply) == "history_timeout");
  server.run([&](ApiServer&) { late("{}"); });
  CHECK(get(server.port(), "/healthz").status == 200);
}

TEST_CASE("a past that cannot be read gives 500 and says so", "[engine][api]") {
  ApiHooks hooks;
  hooks.history = [](const HistoryQuery&, const HistoryFormat& format, const HistoryDone& done) {
    HistoryPage page;
    page.problem = "broken";
    done(format(page));
  };
  TestServer server(small_catalog(), quiet_limits(), TestServer::any_port(), hooks);
  const Reply reply = get(server.port(), std::string("/v1/history") + kSeries);
  CHECK(reply.status == 500);
  CHECK(error_code(reply) == "history_unavailable");
}

TEST_CASE("A8: the configuration in force is shown without the token", "[engine][api][fault][A8]") {
  ApiConfig config = TestServer::any_port();
  config.token = kToken;
  ApiHooks hooks;
  hooks.config_text = [] { return std::string("[api]\ntoken = \"") + kToken + "\"\n"; };
  hooks.atc.long_threshold = 0.25;
  TestServer server(small_catalog(), quiet_limits(), config, hooks);
  const Reply reply = get(server.port(), "/v1/config", {{"Authorization", std::string("Bearer ") + kToken}});
  REQUIRE(reply.status == 200);
  CHECK(reply.body.find(kToken) == std::string::npos);
  CHECK(reply.json()["long_threshold"] == 0.25);
  CHECK(reply.json()["families"]["kama"]["length"] == 28);
}

TEST_CASE("A5: what changes something needs POST, a token, JSON and an origin of ours",
          "[engine][api][fault][A5]") {
  ApiConfig config = TestServer::any_port();
  int snapshots = 0;
  ApiHooks hooks;
  hooks.snapshot_now = [&] { return ++snapshots == 1; };
  {
    TestServer open(small_catalog(), quiet_limits(), config, hooks);
    const Reply reply =
        request(open.port(), "POST", "/v1/snapshot", {{"Content-Type", "application/json"}}, "{}");
    CHECK(reply.status == 403);
    CHECK(error_code(reply) == "control_needs_token");
  }
  config.token = kToken;
  TestServer server(small_catalog(), quiet_limits(), config, hooks);
  const auto post = [&](Headers headers) {
    headers.push_back({"Authorization", std::string("Bearer ") + kToken});
    return request(server.port(), "POST", "/v1/snapshot", headers, "{}");
  };
  const std::pair<std::string, std::string> json = {"Content-Type", "application/json"};
  CHECK(request(server.port(), "POST", "/v1/snapshot", {json}, "{}").status == 401);
  CHECK(get(server.port(), "/v1/snapshot", {{"Authorization", std::string("Bearer ") + kToken}}).status ==
        405);
  CHECK(error_code(post({{"Content-Type", "text/plain"}})) == "json_needed");
  CHECK(post({json, {"Origin", "https://evil.example"}}).status == 403);
  for (const char* spelling : {"/v1/%73napshot", "/v1/snapshot/", "//v1/snapshot", "/v1%2fsnapshot"}) {
    CAPTURE(spelling);
    const Headers token = {{"Authorization", std::string("Bearer ") + kToken}};
    CHECK(get(server.port(), spelling, token).status == 404);
    CHECK(request(server.port(), "POST", spelling, token, "{}").status == 405);
  }
  CHECK(snapshots == 0);
  CHECK(post({json}).status == 202);
  CHECK(snapshots == 1);
  CHECK(error_code(post({json})) == "snapshot_busy");
}

TEST_CASE("A5: only listed origins may read, and none by a wildcard", "[engine][api][fault][A5]") {
  ApiConfig config = TestServer::any_port();
  config.origins = {"https://charts.example"};
  config.token = kToken;
  TestServer server(small_catalog(), quiet_limits(), config);
  const auto allowed = [&](const char* method, const char* origin) {
    const Reply reply = request(server.port(), method, "/v1/status",
                                {{"Origin", origin}, {"Authorization", std::string("Bearer ") + kToken}});
    return std::string(reply.headers["Access-Control-Allow-Origin"]);
  };
  CHECK(allowed("GET", "https://charts.example") == "https://charts.example");
  CHECK(allowed("GET", "https://evil.example").empty());
  const Reply preflight =
      request(server.port(), "OPTIONS", "/v1/status", {{"Origin", "https://charts.example"}});
  CHECK(preflight.status == 204);
  CHECK(preflight.headers["Access-Control-Allow-Headers"] == "Authorization");
  CHECK(request(server.port(), "OPTIONS", "/v1/status", {{"Origin", "https://evil.example"}}).status == 401);
  const Headers listed = {{"Origin", "https://charts.example"},
                          {"Authorization", std::string("Bearer ") + kToken}};
  CHECK(StreamClient(server.port(), "/v1/stream", listed).status() == 101);
}

TEST_CASE("A6: a page brings its token as a subprotocol, never in the address", "[engine][api][fault][A6]") {
  ApiConfig config = TestServer::any_port();
  config.token = kToken;
  TestServer server(small_catalog(), quiet_limits(), config);
  const auto status = [&](const std::string& protocols) {
    return StreamClient(server.port(), "/v1/stream", {{"Sec-WebSocket-Protocol", protocols}}).status();
  };
  CHECK(status(std::string("lockstep.v1, lockstep.token.") + kToken) == 101);
  CHECK(status("lockstep.v1, lockstep.token.wrong") == 401);
  CHECK(status("lockstep.v1") == 401);
  CHECK(get(server.port(), std::string("/v1/status?token=") + kToken).status == 401);
}

TEST_CASE("A7: the page is a fixed list of files with a strict policy", "[engine][api][fault][A7]") {
  const StaticFile files[] = {{"/", "text/html; charset=utf-8", "\"a1\"", "<p>page</p>", "packed"},
                              {"/assets/app.js", "text/javascript", "\"b2\"", "let a;", "js"}};
  ApiConfig config = TestServer::any_port();
  config.token = kToken;
  ApiHooks hooks;
  hooks.page = files;
  TestServer server(small_catalog(), quiet_limits(), config, hooks);
  const Reply page = get(server.port(), "/");
  CHECK(page.status == 200);  // without the token: it holds nothing
  CHECK(page.body == "<p>page</p>");
  CHECK(page.headers["X-Content-Type-Options"] == "nosniff");
  CHECK(std::string(page.headers["Content-Security-Policy"])
            .starts_with("default-src 'none'; script-src 'self'"));
  const Reply packed = get(server.port(), "/assets/app.js", {{"Accept-Encoding", "br, gzip"}});
  CHECK(packed.body == "js");
  CHECK(packed.headers["Content-Encoding"] == "gzip");
  CHECK(packed.headers["Content-Type"] == "text/javascript");
  CHECK(get(server.port(), "/", {{"If-None-Match", "\"a1\""}}).status == 304);
  CHECK(get(server.port(), "/", {{"If-None-Match", "\"old\""}}).status == 200);
  CHECK(request(server.port(), "HEAD", "/").status == 200);
  for (const char* path :
       {"/assets/../secret", "/assets/%2e%2e/secret", "/assets/..%2fsecret", "/assets/app.js%00",
        "/assets/.hidden", "/assets\\app.js", "/assets/", "/assets"}) {
    CAPTURE(path);
    CHECK(get(server.port(), path, {{"Authorization", std::string("Bearer ") + kToken}}).status == 404);
  }
}

TEST_CASE("without a page the address says why, and the API works", "[engine][api]") {
  TestServer server;
  const Reply page = get(server.port(), "/");
  CHECK(page.status == 200);
  CHECK(page.body.find("built without the dashboard") != std::string::npos);
  CHECK(get(server.port(), "/v1/status").status == 200);
}

}  // namespace
}  // namespace lockstep::engine::test
