// A stream that was cut goes on where it was, or says that it cannot.
#include "tests/engine/api/api_fixture.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

std::string resume_from(const Json& message) {
  return "resume=" + message["epoch"].get<std::string>() + ":" +
         std::to_string(message["position"].get<std::uint64_t>());
}

TEST_CASE("A10: after a cut a client gets every closed bar and state that it missed, once and in order",
          "[engine][api][fault][A10]") {
  TestServer server;
  Json last;
  {
    StreamClient client(server.port(), "/v1/stream?symbol=BTCUSDT&interval=1m&venue=binance_spot");
    client.receive("state");  // the snapshot
    server.publish(make_signal(0, 1));
    last = client.receive("signal");
  }
  for (std::int64_t bar = 2; bar < 40; ++bar) {
    server.publish(make_signal(0, bar, Signal::Kind::open_bar));
    server.publish(make_signal(0, bar));
    server.publish(make_signal(2, bar));  // not asked for
  }
  server.publish(make_state(0, SeriesState::stale, core::Reason::silent));
  server.publish(make_signal(0, 40, Signal::Kind::open_bar));
  StreamClient back(server.port(),
                    "/v1/stream?symbol=BTCUSDT&interval=1m&venue=binance_spot&" + resume_from(last));
  const Json hello = back.receive();
  CHECK(hello["resumed"] == true);
  CHECK(hello["resume_refused"].is_null());
  std::uint64_t position = last["position"];
  for (std::int64_t bar = 2; bar < 40; ++bar) {
    const Json message = back.receive();
    REQUIRE(message["type"] == "signal");
    REQUIRE(message["snapshot"] == false);
    REQUIRE(message["signal"]["sequence"] == bar + 1);
    REQUIRE(message["signal"]["closed"] == true);
    REQUIRE(message["position"].get<std::uint64_t>() > position);
    position = message["position"];
  }
  CHECK(back.receive()["signal"]["state"] == "STALE");
  const Json open = back.receive();
  CHECK(open["snapshot"] == true);
  CHECK(open["signal"]["kind"] == "open_bar");
  server.publish(make_signal(0, 41));
  const Json live = back.receive();
  CHECK(live["signal"]["sequence"] == 42);
  CHECK(live["position"].get<std::uint64_t>() > position);
}

TEST_CASE("A10: what is too old, or of another epoch, is told and answered with a snapshot",
          "[engine][api][fault][A10]") {
  ApiLimits limits = quiet_limits();
  limits.resume_publications = 10;
  TestServer server(small_catalog(), limits);
  Json last;
  {
    StreamClient client(server.port(), "/v1/stream?symbol=ETHUSDT");
    client.receive("state");
    server.publish(make_signal(2, 1));
    last = client.receive("signal");
  }
  for (std::int64_t bar = 2; bar < 20; ++bar) server.publish(make_signal(2, bar));
  const auto refusal = [&](const std::string& query) {
    StreamClient back(server.port(), "/v1/stream?symbol=ETHUSDT&" + query);
    const Json hello = back.receive();
    CHECK(hello["resumed"] == false);
    CHECK(back.receive()["snapshot"] == true);
    return hello["resume_refused"].get<std::string>();
  };
  CHECK_THAT(refusal(resume_from(last)), Catch::Contains("too old"));
  CHECK_THAT(refusal("resume=0123456789abcdef:3"), Catch::Contains("another epoch"));
  CHECK_THAT(refusal("resume=" + last["epoch"].get<std::string>() + ":999999"), Catch::Contains("too old"));
  for (const char* wrong : {"resume=", "resume=x", "resume=:1", "resume=x:", "resume=x:-1", "resume=x:1y"})
    CHECK(get(server.port(), std::string("/v1/stream?") + wrong).status == 400);
}

TEST_CASE("a position is told only once the client has everything up to it", "[engine][api]") {
  TestServer server;
  for (core::SeriesId id = 0; id < 5; ++id) server.publish(make_signal(id, 1));
  StreamClient client(server.port(), "/v1/stream");
  CHECK(client.receive()["position"].is_null());
  for (int i = 0; i < 4; ++i) CHECK(client.receive()["position"].is_null());
  CHECK(client.receive()["position"] == 5);
  server.publish(make_signal(0, 2));
  CHECK(client.receive()["position"] == 6);
}

TEST_CASE("kinds choose what comes of a series", "[engine][api]") {
  TestServer server;
  server.publish(make_signal(0, 1));
  StreamClient client(server.port(), "/v1/stream?closed_only=1&venue=binance_usdm");
  client.receive("state");
  client.send(
      R"({"subscribe":{"venue":"binance_spot","symbols":["BTCUSDT"],"intervals":["1m"],"kinds":["open_bar"]}})");
  CHECK(client.receive("subscription")["changed"] == 1);
  CHECK(client.receive()["snapshot"] == true);
  server.publish(make_signal(0, 2));
  server.publish(make_signal(3, 2, Signal::Kind::open_bar));
  server.publish(make_signal(0, 3, Signal::Kind::open_bar));
  const Json open = client.receive();
  CHECK(open["signal"]["kind"] == "open_bar");
  CHECK(open["signal"]["sequence"] == 4);
  client.send(R"({"unsubscribe":{"symbols":["BTCUSDT"],"kinds":["open_bar"]}})");
  CHECK(client.receive("subscription")["series"] == 1);
  client.send(R"({"subscribe":{"kinds":["ticks"]}})");
  CHECK_THAT(client.receive("error")["message"].get<std::string>(),
             Catch::Contains("closed_bar, open_bar, state"));
}

}  // namespace
}  // namespace lockstep::engine::test
