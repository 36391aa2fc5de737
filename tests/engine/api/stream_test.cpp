// The websocket side over real sockets: snapshot, publications, subscriptions, limits, goodbye.
#include "tests/engine/api/api_fixture.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

/// Fails unless the messages of a connection are numbered without a hole, from 1.
class SequenceCheck {
 public:
  Json operator()(Json message) {
    REQUIRE(message["sequence"] == ++last_);
    return message;
  }

 private:
  std::uint64_t last_ = 0;
};

TEST_CASE("A10: a stream begins with hello and a snapshot and goes on with every publication",
          "[engine][api][fault][A10]") {
  TestServer server;
  server.publish(make_signal(0, 1));
  server.publish(make_signal(0, 2, Signal::Kind::open_bar));
  StreamClient client(server.port(), "/v1/stream");
  REQUIRE(client.status() == 101);
  SequenceCheck check;
  const Json hello = check(client.receive());
  CHECK(hello["type"] == "hello");
  CHECK(hello["series"] == 5);
  for (int i = 0; i < 5; ++i) {
    const Json message = check(client.receive());
    CHECK(message["snapshot"] == true);
    CHECK(message["type"] == (i == 0 ? "signal" : "state"));
    CHECK(message["epoch"] == hello["epoch"]);
    if (i == 0) CHECK(message["signal"]["closed"] == false);
    if (i == 1) CHECK(message["signal"]["ts_open_ms"].is_null());
    if (i == 1) CHECK(message["signal"]["signals"]["ema"].is_null());
  }
  for (std::int64_t bar = 2; bar < 30; ++bar) server.publish(make_signal(2, bar));
  for (std::int64_t bar = 2; bar < 30; ++bar) {
    const Json message = check(client.receive());
    CHECK(message["type"] == "signal");
    CHECK(message["snapshot"] == false);
    CHECK(message["conflated"] == 0);
    CHECK(message["signal"]["symbol"] == "ETHUSDT");
    CHECK(message["signal"]["sequence"] == bar + 1);
    CHECK(message["signal"]["epoch"] == hello["epoch"]);
  }
  server.publish(make_state(0, SeriesState::stale, core::Reason::silent));
  const Json state = check(client.receive());
  CHECK(state["type"] == "state");
  CHECK(state["signal"]["state"] == "STALE");
  CHECK(state["signal"]["valid"] == false);
  CHECK(state["signal"]["closed"] == false);
}

TEST_CASE("a stream sends what its filters choose, and nothing else", "[engine][api]") {
  TestServer server;
  StreamClient client(server.port(), "/v1/stream?symbol=BTCUSDT&interval=1m&closed_only=1");
  CHECK(client.receive()["series"] == 2);
  CHECK(client.receive()["signal"]["venue"] == "binance_spot");
  CHECK(client.receive()["signal"]["venue"] == "binance_usdm");
  server.publish(make_signal(0, 1, Signal::Kind::open_bar));
  server.publish(make_signal(1, 1));
  server.publish(make_signal(2, 1));
  server.publish(make_signal(3, 1));
  server.publish(make_state(0, SeriesState::gap, core::Reason::bar_missing));
  CHECK(client.receive()["signal"]["venue"] == "binance_usdm");
  CHECK(client.receive()["signal"]["state"] == "GAP");
}

TEST_CASE("a client may subscribe and unsubscribe while it listens", "[engine][api]") {
  TestServer server;
  server.publish(make_signal(2, 1));
  StreamClient client(server.port(), "/v1/stream?subscribe=none");
  SequenceCheck check;
  CHECK(check(client.receive())["series"] == 0);
  client.send(
      R"({"subscribe":{"symbols":["ETHUSDT","BTCUSDT"],"intervals":["60s"],"venue":"binance_spot"}})");
  Json answer = check(client.receive());
  CHECK(answer["type"] == "subscription");
  CHECK(answer["action"] == "subscribe");
  CHECK(answer["changed"] == 2);
  CHECK(answer["series"] == 2);
  CHECK(check(client.receive())["snapshot"] == true);
  const Json snapshot = check(client.receive());
  CHECK(snapshot["signal"]["symbol"] == "ETHUSDT");
  CHECK(snapshot["signal"]["closed"] == true);

  client.send(R"({"unsubscribe":{"symbols":["BTCUSDT"]}})");
  CHECK(check(client.receive())["changed"] == 1);
  server.publish(make_signal(0, 1));
  server.publish(make_signal(2, 2));
  CHECK(check(client.receive())["signal"]["symbol"] == "ETHUSDT");
  client.send(R"({"unsubscribe":{}})");
  CHECK(check(client.receive())["series"] == 0);
  client.send(R"({"subscribe":{}})");
  CHECK(check(client.receive())["series"] == 5);
}

TEST_CASE("a bad message is answered with what is wrong, and the stream goes on", "[engine][api]") {
  TestServer server;
  StreamClient client(server.port(), "/v1/stream?subscribe=none");
  client.receive();
  const std::pair<std::string, std::string> cases[] = {
      {"hello", "not JSON"},
      {"{}", "one key"},
      {"[1]", "one key"},
      {R"({"listen":{}})", "'listen'"},
      {R"({"subscribe":["BTCUSDT"]})", "must be an object"},
      {R"({"subscribe":{"symbol":"BTCUSDT"}})", "'symbol'"},
      {R"({"subscribe":{"symbols":"BTCUSDT"}})", "must be a list"},
      {R"({"subscribe":{"symbols":[]}})", "one or more"},
      {R"({"subscribe":{"symbols":["BTCUSD"]}})", "Nearest known: BTCUSDT"},
      {R"({"subscribe":{"venue":1}})", "venue must be a text"},
      {R"({"subscribe":{"venue":"\ud800"}})", "not JSON"},
      {"{\"subscribe\":" + std::string(20, '[') + std::string(20, ']') + "}", "not JSON"},
  };
  for (const auto& [text, part] : cases) {
    CAPTURE(text);
    client.send(text);
    const Json answer = client.receive();
    CHECK(answer["type"] == "error");
    CHECK_THAT(answer["message"].get<std::string>(), Catch::Contains(part));
  }
  client.send("binary", false);
  CHECK_THAT(client.receive()["message"].get<std::string>(), Catch::Contains("binary"));
  client.send(R"({"subscribe":{}})");
  CHECK(client.receive()["series"] == 5);
}

TEST_CASE("A3: more messages in a second than allowed close the stream with 1008",
          "[engine][api][fault][A3]") {
  TestServer server;
  StreamClient client(server.port(), "/v1/stream?subscribe=none");
  SECTION("texts") {
    for (int i = 0; i < 60; ++i) client.send("x");
  }
  SECTION("pings") {
    for (int i = 0; i < 60; ++i) client.ping();
  }
  const auto [code, reason] = client.receive_close();
  CHECK(code == 1008);
  CHECK_THAT(reason, Catch::Contains("20 messages in a second"));
}

TEST_CASE("A3: a frame beyond 64 KiB closes the stream with 1009", "[engine][api][fault][A3]") {
  TestServer server;
  StreamClient client(server.port(), "/v1/stream?subscribe=none");
  client.send(std::string(65'537, ' '));
  CHECK(client.receive_close().first == 1009);
}

TEST_CASE("A3: a list of more than 1,000 names is refused", "[engine][api][fault][A3]") {
  TestServer server;
  StreamClient client(server.port(), "/v1/stream?subscribe=none");
  client.receive();
  Json names = Json::array();
  for (int i = 0; i < 1'001; ++i) names.push_back("BTCUSDT");
  client.send(Json({{"subscribe", {{"symbols", names}}}}).dump());
  CHECK(client.receive()["code"] == "too_many_names");
}

TEST_CASE("A4: pages from elsewhere cannot open a stream", "[engine][api][fault][A4]") {
  TestServer server;
  const auto status = [&](const std::string& origin) {
    return StreamClient(server.port(), "/v1/stream", {{"Origin", origin}}).status();
  };
  CHECK(status("http://localhost:3000") == 101);
  CHECK(status("https://127.0.0.1") == 101);
  CHECK(status("http://[::1]:80") == 101);
  CHECK(status("http://evil.example") == 403);
  CHECK(status("null") == 403);
  CHECK(status("file://") == 403);
  CHECK(status("http://localhost.evil.example") == 403);
  CHECK(status("http://localhost@evil.example") == 403);
  CHECK(StreamClient(server.port(), "/v1/stream").status() == 101);
}

TEST_CASE("an upgrade with a wrong query or to another address is refused as any request", "[engine][api]") {
  TestServer server;
  const StreamClient unknown(server.port(), "/v1/stream?symbol=BTCUSD");
  CHECK(unknown.status() == 404);
  CHECK_THAT(unknown.refusal(), Catch::Contains("BTCUSDT"));
  CHECK(StreamClient(server.port(), "/v1/stream?closed_only=yes").status() == 400);
  CHECK(StreamClient(server.port(), "/v1/streams").status() == 404);
  const Reply plain = get(server.port(), "/v1/stream");
  CHECK(plain.status == 426);
  CHECK(plain.headers["Upgrade"] == "websocket");
}

TEST_CASE("a heartbeat comes when nothing else does", "[engine][api]") {
  ApiLimits limits = quiet_limits();
  limits.heartbeat = std::chrono::milliseconds(40);
  TestServer server(small_catalog(), limits);
  StreamClient client(server.port(), "/v1/stream?subscribe=none");
  SequenceCheck check;
  CHECK(check(client.receive())["heartbeat_ms"] == 40);
  for (int i = 0; i < 3; ++i) {
    const Json beat = check(client.receive());
    CHECK(beat["type"] == "heartbeat");
    CHECK(beat["now_ms"].get<std::int64_t>() > 1'600'000'000'000);
  }
}

TEST_CASE("A1: a client that does not read is conflated, told of it, and disturbs nobody",
          "[engine][api][fault][A1]") {
  ApiLimits limits = quiet_limits();
  limits.conflate_bytes = 20'000;
  limits.outgoing_bytes_max = 8'000'000;
  limits.write = limits.idle =
      std::chrono::hours(1);  // the client is silent for as long as the test publishes
  TestServer server(small_catalog(), limits);
  StreamClient slow(server.port(), "/v1/stream?symbol=ETHUSDT", {}, 4'096);
  StreamClient quick(server.port(), "/v1/stream?symbol=ETHUSDT");
  SequenceCheck check_slow;
  SequenceCheck check_quick;
  for (int i = 0; i < 2; ++i) check_slow(slow.receive());
  for (int i = 0; i < 2; ++i) check_quick(quick.receive());
  // Far more than the sockets' buffers hold; every 500th bar closes.
  constexpr int kPublications = 10'000;
  for (int i = 0; i < kPublications; ++i) {
    const bool is_closed = i % 500 == 499;
    Signal signal = make_signal(2, i / 500, is_closed ? Signal::Kind::closed_bar : Signal::Kind::open_bar);
    signal.sequence = static_cast<std::uint64_t>(i) + 1;
    server.publish(signal);
    REQUIRE(check_quick(quick.receive())["signal"]["sequence"] == i + 1);
  }
  std::uint64_t received = 0;
  std::uint64_t conflated = 0;
  std::uint64_t closed = 0;
  std::uint64_t last = 0;
  while (last != kPublications) {
    const Json message = check_slow(slow.receive());
    const Json& signal = message["signal"];
    REQUIRE(signal["sequence"].get<std::uint64_t>() > last);
    last = signal["sequence"];
    received += 1;
    conflated += message["conflated"].get<std::uint64_t>();
    closed += signal["closed"] == true ? 1 : 0;
  }
  CHECK(received + conflated == kPublications);  // what was left out is counted, to the last one
  CHECK(conflated > 0);
  CHECK(closed == kPublications / 500);  // closed bars are never left out
  CHECK(get(server.port(), "/v1/status").json()["clients"]["conflated"] == conflated);
}

TEST_CASE("A1: a client for which too much waits is closed with 1013 and the reason",
          "[engine][api][fault][A1]") {
  ApiLimits limits = quiet_limits();
  limits.conflate_bytes = 50'000;
  limits.outgoing_bytes_max = 100'000;
  limits.closing = std::chrono::milliseconds(20'000);  // the test reads slowly, but it reads
  TestServer server(small_catalog(), limits);
  StreamClient slow(server.port(), "/v1/stream?symbol=ETHUSDT", {}, 4'096);
  slow.receive();
  const auto closed_slow = [&] {
    return get(server.port(), "/v1/status").json()["clients"]["closed_slow"] == 1;
  };
  int published = 0;
  while (published < 100'000 && (published % 500 != 0 || !closed_slow()))
    server.publish(make_signal(2, published++));
  REQUIRE(published < 100'000);
  const auto [code, reason] = slow.receive_close();
  CHECK(code == 1013);
  CHECK_THAT(reason, Catch::Contains("too slow") && Catch::Contains("100000 bytes"));
  CHECK(StreamClient(server.port(), "/v1/stream").status() == 101);
}

TEST_CASE("A1: a client that takes nothing is cut at the write deadline", "[engine][api][fault][A1]") {
  ApiLimits limits = quiet_limits();
  limits.write = std::chrono::milliseconds(100);
  TestServer server(small_catalog(), limits);
  StreamClient dead(server.port(), "/v1/stream?symbol=ETHUSDT", {}, 4'096);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  std::int64_t bar = 0;
  const auto streams = [&] {
    return get(server.port(), "/v1/status").json()["clients"]["streams"].get<int>();
  };
  while (streams() != 0 && std::chrono::steady_clock::now() < deadline) {
    for (int i = 0; i < 500; ++i) server.publish(make_signal(2, bar++, Signal::Kind::open_bar));
  }
  CHECK(streams() == 0);
}

TEST_CASE("P10: stop says 1001 to streams and ends soon", "[engine][api][fault][P10]") {
  TestServer server;
  StreamClient reading(server.port(), "/v1/stream");
  StreamClient silent(server.port(), "/v1/stream");
  HttpClient idle(server.port());
  idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  idle.receive();
  const auto start = std::chrono::steady_clock::now();
  server.begin_stop();
  CHECK(reading.receive_close() == std::pair<unsigned, std::string>(1001, "the server stops"));
  CHECK(idle.is_closed_by_server());
  REQUIRE(server.stop());  // though one client never answered the goodbye
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}

TEST_CASE("a stop in the middle of an upgrade does no harm", "[engine][api]") {
  for (int i = 0; i < 20; ++i) {
    TestServer server;
    HttpClient client(server.port());
    client.send(
        "GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    REQUIRE(server.stop());
    CHECK(client.is_closed_by_server());
  }
}

TEST_CASE("publications reach a client whole while its snapshot is still being sent", "[engine][api]") {
  constexpr std::size_t kSeries = 2'000;
  TestServer server(large_catalog(kSeries));
  server.run([](ApiServer& api) {
    for (core::SeriesId id = 0; id < kSeries; ++id) api.on_signal(make_signal(id, 0));
  });
  StreamClient client(server.port(), "/v1/stream");
  SequenceCheck check;
  check(client.receive());
  auto publishing = std::async(std::launch::async, [&] {
    for (std::int64_t bar = 1; bar <= 3; ++bar) {
      server.run([bar](ApiServer& api) {
        for (core::SeriesId id = 0; id < kSeries; ++id) api.on_signal(make_signal(id, bar));
      });
    }
  });
  std::vector<std::uint64_t> last(kSeries, 0);
  std::size_t finished = 0;
  while (finished < kSeries) {
    const Json message = check(client.receive());
    const auto symbol = message["signal"]["symbol"].get<std::string>();
    const std::size_t id = std::stoul(symbol.substr(1));
    const auto sequence = message["signal"]["sequence"].get<std::uint64_t>();
    if (message["snapshot"] == true) {
      REQUIRE(last[id] == 0);
    } else {
      REQUIRE(sequence == last[id] + 1);
    }
    last[id] = sequence;
    finished += sequence == 4 ? 1 : 0;
  }
  publishing.get();
}

TEST_CASE("5,000 series that close at once cost little when nobody listens", "[engine][api]") {
  constexpr std::size_t kSeries = 5'000;
  TestServer server(large_catalog(kSeries));
  std::vector<Signal> signals;
  for (core::SeriesId id = 0; id < kSeries; ++id) signals.push_back(make_signal(id, 0));
  std::chrono::nanoseconds best{std::chrono::hours(1)};
  for (int round = 0; round < 5; ++round) {
    server.run([&](ApiServer& api) {
      const auto start = std::chrono::steady_clock::now();
      for (const Signal& signal : signals) api.on_signal(signal);
      best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - start);
    });
  }
  WARN("5,000 publications took " << best.count() / 1'000 << " us");
  // The bound is 5 ms; sanitizers and a loaded machine get room, a hidden serialisation or search would still
  // show.
  CHECK(best < std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace lockstep::engine::test
