// The weight table: asked of a shard, answered later, or not at all.
#include "tests/engine/api/api_fixture.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

constexpr const char* kTarget = "/v1/signals/binance_spot/BTCUSDT/1m?detail=1";

DetailAnswer make_answer(const DetailRequest& request) {
  DetailAnswer answer;
  answer.request_id = request.request_id;
  answer.is_known = true;
  answer.signal = make_signal(request.series, 3);
  for (std::size_t family = 0; family < kFamilies; ++family) {
    for (std::size_t member = 0; member < kMembers; ++member) {
      answer.detail.length[family][member] = static_cast<int>(20 + member);
      answer.detail.average[family][member] = 100.5 + static_cast<double>(family);
      answer.detail.signal[family][member] = member % 2 == 0 ? 1 : -1;
      answer.detail.equity[family][member] = member == 8 ? kUndefined : 1.0 / 3;
    }
  }
  return answer;
}

/// A server whose shard is this object: requests are kept, answers are given when the test says so.
struct Desk {
  std::promise<DetailRequest> asked;
  ApiHooks hooks() {
    ApiHooks hooks;
    hooks.request_detail = [this](const DetailRequest& request) { asked.set_value(request); };
    return hooks;
  }
};

TEST_CASE("detail adds the table of 54 members", "[engine][api]") {
  Desk desk;
  TestServer server(small_catalog(), {}, TestServer::any_port(), desk.hooks());
  server.publish(make_signal(0, 3));
  HttpClient client(server.port());
  client.send(std::string("GET ") + kTarget + " HTTP/1.1\r\nHost: localhost\r\n\r\n" +
              "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto asked = desk.asked.get_future();
  REQUIRE(asked.wait_for(kPatience) == std::future_status::ready);
  const DetailRequest request = asked.get();
  CHECK(request.series == 0);
  server.run([&](ApiServer& api) {
    DetailAnswer other = make_answer(request);
    other.request_id += 100;  // nobody asked this
    api.on_detail(other);
    api.on_detail(make_answer(request));
    api.on_detail(make_answer(request));
  });
  const Reply reply = client.receive();
  REQUIRE(reply.status == 200);
  const Json detail = reply.json()["detail"];
  CHECK(detail["publication"]["ts_open_ms"] == make_signal(0, 3).bar.ts_open_ms);
  REQUIRE(detail["members"].size() == 54);
  CHECK(detail["members"][10] ==
        Json({{"family", "hma"}, {"length", 21}, {"average", 101.5}, {"signal", -1}, {"equity", 1.0 / 3}}));
  CHECK(detail["members"][53]["family"] == "kama");
  CHECK(detail["members"][53]["equity"].is_null());
  CHECK(client.receive().json()["alive"] == true);  // the pipelined request waited its turn
}

TEST_CASE("a shard that does not answer gives 503 at the deadline, and its late answer nothing",
          "[engine][api]") {
  Desk desk;
  ApiLimits limits = quiet_limits();
  limits.detail = std::chrono::milliseconds(50);
  TestServer server(small_catalog(), limits, TestServer::any_port(), desk.hooks());
  const Reply reply = get(server.port(), kTarget);
  CHECK(reply.status == 503);
  CHECK(reply.json()["error"]["code"] == "detail_timeout");
  const DetailRequest request = desk.asked.get_future().get();
  server.run([&](ApiServer& api) { api.on_detail(make_answer(request)); });
  CHECK(get(server.port(), "/healthz").status == 200);
}

TEST_CASE("a client that leaves before the answer does no harm", "[engine][api]") {
  Desk desk;
  TestServer server(small_catalog(), {}, TestServer::any_port(), desk.hooks());
  auto client = std::make_unique<HttpClient>(server.port());
  client->send(std::string("GET ") + kTarget + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const DetailRequest request = desk.asked.get_future().get();
  client.reset();
  server.run([&](ApiServer& api) { api.on_detail(make_answer(request)); });
  CHECK(get(server.port(), "/healthz").status == 200);
}

TEST_CASE("a series without a bar has no table", "[engine][api]") {
  Desk desk;
  TestServer server(small_catalog(), {}, TestServer::any_port(), desk.hooks());
  HttpClient client(server.port());
  client.send(std::string("GET ") + kTarget + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  DetailAnswer answer;
  answer.request_id = desk.asked.get_future().get().request_id;
  server.run([&](ApiServer& api) { api.on_detail(answer); });
  const Reply reply = client.receive();
  CHECK(reply.status == 200);
  CHECK(reply.json()["detail"].is_null());
}

TEST_CASE("a server that is destroyed in the middle of a question leaves nothing behind", "[engine][api]") {
  Desk desk;
  auto server =
      std::make_unique<TestServer>(small_catalog(), ApiLimits{}, TestServer::any_port(), desk.hooks());
  HttpClient client(server->port());
  client.send(std::string("GET ") + kTarget + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  desk.asked.get_future().wait();
  server.reset();
  client.is_closed_by_server();
}

}  // namespace
}  // namespace lockstep::engine::test
