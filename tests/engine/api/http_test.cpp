// The HTTP side over real sockets: endpoints, filters, errors, limits, access.
#include <boost/asio/ip/tcp.hpp>

#include "tests/engine/api/api_fixture.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

std::string error_code(const Reply& reply) {
  return reply.json()["error"]["code"];
}
std::string error_message(const Reply& reply) {
  return reply.json()["error"]["message"];
}

ApiConfig with_token() {
  ApiConfig config = TestServer::any_port();
  config.token = "0123456789abcdef0123456789abcdef";
  return config;
}

TEST_CASE("an answer of the list carries every field of a signal", "[engine][api]") {
  TestServer server;
  server.publish(make_signal(0, 7));
  const Reply reply = get(server.port(), "/v1/signals?symbol=BTCUSDT&venue=binance_spot&interval=1m");
  REQUIRE(reply.status == 200);
  CHECK(reply.headers["Content-Type"] == "application/json");
  CHECK(reply.headers.find("Access-Control-Allow-Origin") == reply.headers.end());
  const Json list = reply.json();
  REQUIRE(list["signals"].size() == 1);
  const Json& bar = list["signals"][0]["closed_bar"];
  CHECK(list["signals"][0]["open_bar"].is_null());
  CHECK(bar["venue"] == "binance_spot");
  CHECK(bar["ts_open_ms"] == 1'700'000'460'000);
  CHECK(bar["open"] == "43250.07");
  CHECK(bar["close"] == "43251.17");
  CHECK(bar["closed"] == true);
  CHECK(bar["valid"] == true);
  CHECK(bar["state"] == "LIVE");
  CHECK(bar["average"].get<double>() == 1.0 / 3);
  CHECK(bar["equities"]["ema"].get<double>() == 1.0000000000000002);
  CHECK(bar["signals"]["kama"].is_null());
  CHECK(bar["direction"] == 1);
  CHECK(bar["event"] == "long");
  CHECK(bar["growth_warning"] == "none");
  CHECK(bar["digest"] == "fedcba98765432100123456789abcdef");
  CHECK(bar["epoch"] == list["epoch"]);
  CHECK(bar["age_ms"].get<std::int64_t>() >= 0);
}

TEST_CASE("filters choose series by venue, symbol, interval and state, and pages cut the list",
          "[engine][api]") {
  TestServer server;
  server.publish(make_signal(0, 1));
  const auto count = [&](const std::string& query) {
    const Reply reply = get(server.port(), "/v1/signals" + query);
    REQUIRE(reply.status == 200);
    const Json json = reply.json();
    CHECK(json["count"] == json["signals"].size());
    return json["signals"].size();
  };
  CHECK(count("") == 5);
  CHECK(count("?venue=binance_spot") == 4);
  CHECK(count("?symbol=BTCUSDT") == 3);
  CHECK(count("?symbol=BTCUSDT,ETHUSDT&interval=1m") == 3);
  CHECK(count("?symbol=BTCUSDT&symbol=ETHUSDT&interval=1m") == 3);
  CHECK(count("?interval=300s") == 1);
  CHECK(count("?state=live") == 1);
  CHECK(count("?state=warming,gap") == 4);
  CHECK(count("?venue=binance_usdm&symbol=ETHUSDT") == 0);
  CHECK(count("?limit=2") == 2);
  CHECK(count("?limit=2&offset=4") == 1);
  CHECK(count("?offset=99") == 0);
  CHECK(get(server.port(), "/v1/signals?limit=2&offset=1").json()["total"] == 5);
}

TEST_CASE("a wrong filter is an error that says what is known", "[engine][api]") {
  TestServer server;
  const auto [target, status, text] = GENERATE(table<std::string, unsigned, std::string>({
      {"/v1/signals?symbol=BTCUSD", 404, "Nearest known: BTCUSDT"},
      {"/v1/signals?venue=binance", 404, "binance_"},
      {"/v1/signals?interval=2m", 404, "1m"},
      {"/v1/signals?simbol=BTCUSDT", 400, "'simbol'"},
      {"/v1/signals?state=dead", 400, "warming"},
      {"/v1/signals?limit=0", 400, "from 1 to 1000"},
      {"/v1/signals?limit=1001", 400, "from 1 to 1000"},
      {"/v1/signals?limit=ten", 400, "whole number"},
      {"/v1/signals?offset=-1", 400, "offset"},
      {"/v1/signals?symbol=%zz", 400, "percent-encoded"},
      {"/v1/signals?symbol=%ff", 400, "UTF-8"},
      {"/v1/signals/binance_spot/btcusd/1m", 404, "Nearest known: binance_spot/BTCUSDT/1m"},
      {"/v1/signals/binance_spot/BTCUSDT/1m?detail=yes", 400, "detail=0|1"},
      {"/v1/status?x=1", 400, "'x'"},
      {"/nothing", 404, "/v1/signals"},
      {"/assets/nothing.js", 404, "/v1/status"},
      {"/v1/signals/binance_spot/BTCUSDT", 404, "/v1/signals"},
      {"*", 400, "must start with /"},
  }));
  CAPTURE(target);
  const Reply reply = get(server.port(), target);
  CHECK(reply.status == status);
  CHECK_THAT(error_message(reply), Catch::Contains(text));
}

TEST_CASE("a series is found by its percent-encoded name", "[engine][api]") {
  TestServer server;
  const Reply reply =
      get(server.port(), "/v1/signals/binance_spot/%E5%B8%81%E5%AE%89%2F%E4%BA%BA%E7%94%9F%22USDT/60s");
  REQUIRE(reply.status == 200);
  CHECK(reply.json()["symbol"] == "币安/人生\"USDT");
  CHECK(reply.json()["interval"] == "1m");
  CHECK(reply.json()["closed_bar"].is_null());
  CHECK(reply.json()["age_ms"].is_null());
  CHECK(reply.json()["valid"] == false);
}

TEST_CASE("A11: a series that went stale never answers valid", "[engine][api][fault][A11]") {
  TestServer server;
  server.publish(make_signal(0, 1));
  server.publish(make_signal(0, 2, Signal::Kind::open_bar));
  const auto one = [&] { return get(server.port(), "/v1/signals/binance_spot/BTCUSDT/1m").json(); };
  CHECK(one()["valid"] == true);
  CHECK(one()["open_bar"]["valid"] == true);
  CHECK(one()["open_bar"]["closed"] == false);

  Signal stale = make_signal(0, 1, Signal::Kind::state);
  stale.state = SeriesState::stale;
  stale.reason = core::Reason::silent;
  stale.is_valid = false;
  server.publish(stale);
  Json now = one();
  for (const Json& each : {now, now["closed_bar"], now["open_bar"]}) {
    CHECK(each["valid"] == false);
    CHECK(each["state"] == "STALE");
    CHECK(each["reason"] == "silent");
  }

  Signal live = make_signal(0, 1, Signal::Kind::state);
  server.publish(live);
  now = one();
  CHECK(now["closed_bar"]["valid"] == true);
  CHECK(now["open_bar"]["valid"] == false);  // what it was before the silence says nothing about now
  server.publish(make_signal(0, 2));
  CHECK(one()["open_bar"].is_null());
}

TEST_CASE("a bar that was fetched to fill a gap is valid once its series lives again", "[engine][api]") {
  TestServer server;
  Signal fetched = make_signal(0, 1);
  fetched.state = SeriesState::gap;
  fetched.is_valid = false;
  server.publish(fetched);
  const auto one = [&] { return get(server.port(), "/v1/signals/binance_spot/BTCUSDT/1m").json(); };
  CHECK(one()["closed_bar"]["valid"] == false);
  server.publish(make_state(0, SeriesState::live, core::Reason::none));
  CHECK(one()["closed_bar"]["valid"] == true);
  CHECK(one()["closed_bar"]["closed"] == true);
}

TEST_CASE("a correction of an earlier bar does not take the place of the last one", "[engine][api]") {
  TestServer server;
  server.publish(make_signal(0, 5));
  Signal correction = make_signal(0, 4);
  correction.revision = 1;
  server.publish(correction);
  const Json now = get(server.port(), "/v1/signals/binance_spot/BTCUSDT/1m").json();
  CHECK(now["closed_bar"]["ts_open_ms"] == make_signal(0, 5).bar.ts_open_ms);
  correction = make_signal(0, 5);
  correction.revision = 1;
  server.publish(correction);
  CHECK(get(server.port(), "/v1/signals/binance_spot/BTCUSDT/1m").json()["closed_bar"]["revision"] == 1);
}

TEST_CASE("A11: alive and ready are different questions", "[engine][api][fault][A11]") {
  TestServer server;
  CHECK(get(server.port(), "/healthz").status == 200);
  Reply ready = get(server.port(), "/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.json()["not_ready"] == 5);
  CHECK(ready.json()["reasons"][0]["state"] == "WARMING");
  CHECK(ready.json()["reasons"][0]["reason"] == "starting");
  for (core::SeriesId id = 0; id < 4; ++id) server.publish(make_signal(id, 1));
  CHECK(get(server.port(), "/readyz").status == 503);
  server.publish(make_state(4, SeriesState::rejected, core::Reason::symbol_unknown));
  ready = get(server.port(), "/readyz");
  CHECK(ready.status == 200);
  CHECK(ready.json()["live"] == 4);
}

TEST_CASE("readiness needs at least one live series", "[engine][api]") {
  TestServer server(large_catalog(1));
  server.publish(make_state(0, SeriesState::rejected, core::Reason::symbol_unknown));
  CHECK(get(server.port(), "/readyz").status == 503);
}

TEST_CASE("A8: the status shows the configuration but never the token", "[engine][api][fault][A8]") {
  const ApiConfig config = with_token();
  ApiHooks hooks;
  hooks.config_text = [&] { return "[api]\ntoken = \"" + config.token + "\"\nport = 1\n"; };
  hooks.feed_health = [] {
    feeds::FeedHealth health;
    health.venue = "binance_spot";
    health.last_error = "a \"quoted\"\nline";
    return std::vector{health};
  };
  TestServer server(small_catalog(), {}, config, hooks);
  const Reply reply = get(server.port(), "/v1/status", {{"Authorization", "Bearer " + config.token}});
  REQUIRE(reply.status == 200);
  CHECK(reply.body.find(config.token) == std::string::npos);
  const Json json = reply.json();
  CHECK(json["config"] == "[api]\ntoken = \"***\"\nport = 1\n");
  CHECK(json["feeds"][0]["last_error"] == "a \"quoted\"\nline");
  CHECK(json["series"]["total"] == 5);
  CHECK(json["series"]["warming"] == 5);
  CHECK(json["epoch"].get<std::string>().size() == 16);
}

TEST_CASE("with a token every address but /healthz needs it", "[engine][api][fault][A6]") {
  TestServer server(small_catalog(), {}, with_token());
  const std::string token = with_token().token;
  CHECK(get(server.port(), "/v1/status").status == 401);
  CHECK(get(server.port(), "/v1/status").headers["WWW-Authenticate"] == "Bearer");
  CHECK(get(server.port(), "/v1/status", {{"Authorization", "Bearer " + token + "x"}}).status == 401);
  CHECK(get(server.port(), "/v1/status", {{"Authorization", "Bearer X" + token.substr(1)}}).status == 401);
  CHECK(get(server.port(), "/v1/status", {{"Authorization", "Basic " + token}}).status == 401);
  CHECK(get(server.port(), "/readyz").status == 401);
  CHECK(get(server.port(), "/healthz").status == 200);
  CHECK(get(server.port(), "/v1/status", {{"Authorization", "bearer " + token}}).status == 200);
  CHECK(StreamClient(server.port(), "/v1/stream").status() == 401);
  CHECK(StreamClient(server.port(), "/v1/stream", {{"Authorization", "Bearer " + token}}).status() == 101);
}

TEST_CASE("A5: a name that is not this server is refused", "[engine][api][fault][A5]") {
  TestServer server;
  const auto status = [&](const std::string& host) {
    return get(server.port(), "/v1/status", {{"Host", host}}).status;
  };
  CHECK(status("localhost") == 200);
  CHECK(status("LOCALHOST:9") == 200);
  CHECK(status("[::1]:8787") == 200);
  CHECK(status("127.0.0.1") == 200);
  CHECK(status("evil.example:8787") == 403);
  CHECK(status("127.0.0.1.evil.example") == 403);
  CHECK(status("192.168.1.5") == 403);
  CHECK(status("localhost@evil") == 403);
  CHECK(status("localhost:port") == 403);
  CHECK(status("") == 403);
  HttpClient none(server.port());
  none.send("GET /v1/status HTTP/1.1\r\n\r\n");
  CHECK(none.receive().status == 400);
  HttpClient two(server.port());
  two.send("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n");
  CHECK(two.receive().status == 400);
}

TEST_CASE("only GET and HEAD are answered", "[engine][api][fault][A5]") {
  TestServer server;
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const Reply reply = request(server.port(), method, "/v1/signals", {}, "{}");
    CAPTURE(method);
    CHECK(reply.status == 405);
    CHECK(reply.headers["Allow"] == "GET, HEAD");
  }
  const Reply head = request(server.port(), "HEAD", "/v1/signals");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(std::stoul(std::string(head.headers["Content-Length"])) > 100);
}

TEST_CASE("A3: what is too long is refused with its own code", "[engine][api][fault][A3]") {
  TestServer server;
  const auto long_target = "/v1/signals?symbol=" + std::string(2'048, 'A');
  CHECK(get(server.port(), long_target).status == 414);
  CHECK(get(server.port(), "/" + std::string(40'000, 'A')).status == 414);
  CHECK(get(server.port(), "/v1/status", {{"X-Long", std::string(17'000, 'a')}}).status == 431);
  CHECK(get(server.port(), "/v1/status", {{"X-Long", std::string(15'000, 'a')}}).status == 200);
  CHECK(request(server.port(), "GET", "/v1/status", {}, std::string(65'537, 'b')).status == 413);
  CHECK(request(server.port(), "GET", "/v1/status", {}, std::string(65'536, 'b')).status == 200);
  HttpClient chunked(server.port());
  std::string text = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) text += "1000\r\n" + std::string(4'096, 'c') + "\r\n";
  chunked.send(text);
  CHECK(chunked.receive().status == 413);
}

TEST_CASE("what is not HTTP is refused and closed", "[engine][api]") {
  TestServer server;
  for (const char* text : {"\x16\x03\x01\x02\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n"}) {
    HttpClient client(server.port());
    client.send(text);
    CAPTURE(text);
    CHECK(client.receive().status == 400);
    CHECK(client.is_closed_by_server());
  }
}

TEST_CASE("pipelined requests are answered one by one and in order", "[engine][api]") {
  TestServer server;
  HttpClient client(server.port());
  std::string text;
  for (int i = 0; i < 50; ++i) {
    text +=
        "GET /v1/signals?limit=1&offset=" + std::to_string(i % 5) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  text += "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  client.send(text);
  for (int i = 0; i < 50; ++i) {
    const Reply reply = client.receive();
    REQUIRE(reply.status == 200);
    REQUIRE(reply.json()["offset"] == i % 5);
  }
  const Reply last = client.receive();
  CHECK(last.json()["alive"] == true);
  CHECK(!last.keeps_alive);
  CHECK(client.is_closed_by_server());
}

TEST_CASE("A2: headers that come byte by byte end at the deadline", "[engine][api][fault][A2]") {
  ApiLimits limits = quiet_limits();
  limits.headers = std::chrono::milliseconds(150);
  TestServer server(small_catalog(), limits);
  HttpClient client(server.port());
  const auto start = std::chrono::steady_clock::now();
  client.send("GET /v1/status HTTP/1.1\r\nHost: loc");
  CHECK(client.is_closed_by_server());
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(140));
}

TEST_CASE("A2: a body that does not come and an idle connection end at their deadlines",
          "[engine][api][fault][A2]") {
  ApiLimits limits = quiet_limits();
  limits.body = std::chrono::milliseconds(100);
  limits.idle = std::chrono::milliseconds(100);
  TestServer server(small_catalog(), limits);
  HttpClient body(server.port());
  body.send("GET /v1/status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n123");
  CHECK(body.is_closed_by_server());
  HttpClient idle(server.port());
  idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(idle.receive().status == 200);
  CHECK(idle.is_closed_by_server());
}

TEST_CASE("A2: clients beyond the caps are turned away with the reason", "[engine][api][fault][A2]") {
  ApiConfig config = TestServer::any_port();
  ApiLimits limits = quiet_limits();
  std::string held_by;
  SECTION("in all") {
    config.clients_max = 3;
    limits.clients_per_address_max = 100;
  }
  SECTION("from one address") {
    config.clients_max = 100;
    limits.clients_per_address_max = 3;
  }
  TestServer server(small_catalog(), limits, config);
  std::vector<std::unique_ptr<HttpClient>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<HttpClient>(server.port()));
    held.back()->send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    REQUIRE(held.back()->receive().status == 200);
  }
  HttpClient beyond(server.port());
  const Reply reply = beyond.receive();
  CHECK(reply.status == 503);
  CHECK(error_code(reply) == "too_many_clients");
  held.clear();
  unsigned status = 0;  // the server notices the closed connections a moment later
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (status != 200 && std::chrono::steady_clock::now() < deadline)
    status = get(server.port(), "/healthz").status;
  CHECK(status == 200);
}

TEST_CASE("A6: beyond loopback the server does not start without a token", "[engine][api][fault][A6]") {
  const core::Catalog catalog = small_catalog();
  boost::asio::io_context io;
  const auto message = [&](const ApiConfig& config) -> std::string {
    try {
      ApiServer server(io, config, catalog, {});
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "started";
  };
  ApiConfig config = TestServer::any_port();
  config.bind = "0.0.0.0";
  CHECK_THAT(message(config), Catch::Contains("bind = \"0.0.0.0\"") && Catch::Contains("token must be set"));
  config.bind = "::";
  CHECK_THAT(message(config), Catch::Contains("token must be set"));
  config.token = "short";
  CHECK_THAT(message(config), Catch::Contains("5 characters") && Catch::Contains("at least 32"));
  config.bind = "example.org";
  config.token.clear();
  CHECK_THAT(message(config),
             Catch::Contains("'example.org'") || Catch::Contains("\"example.org\" is not an address"));
  config = with_token();
  config.bind = "0.0.0.0";
  CHECK(message(config) == "started");
}

TEST_CASE("bound to every address, literal addresses and the token open the door",
          "[engine][api][fault][A6]") {
  ApiConfig config = with_token();
  config.bind = "0.0.0.0";
  TestServer server(small_catalog(), {}, config);
  const std::string bearer = "Bearer " + config.token;
  CHECK(get(server.port(), "/v1/status", {{"Host", "10.0.0.7"}}).status == 401);
  CHECK(get(server.port(), "/v1/status", {{"Host", "evil.example"}}).status == 403);
  CHECK(get(server.port(), "/v1/status", {{"Host", "trader.lan"}, {"Authorization", bearer}}).status == 200);
}

TEST_CASE("an address that is taken is an environment error", "[engine][api]") {
  TestServer server;
  const core::Catalog catalog = small_catalog();
  boost::asio::io_context io;
  ApiConfig config;
  config.port = server.port();
  CHECK_THROWS_AS(ApiServer(io, config, catalog, {}), std::system_error);
  CHECK_THROWS_WITH(ApiServer(io, config, catalog, {}), Catch::Contains(std::to_string(server.port())));
}

}  // namespace
}  // namespace lockstep::engine::test
