#include <algorithm>
#include <atomic>
#include <cctype>
#include <cmath>
#include <string>
#include <thread>

#include "tests/replay/sim_client.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::sim {
namespace {

using namespace testing;

bool has_no_connections(const ExchangeSim& venue) {
  return wait_for([&] { return venue.connections() == 0; });
}

TEST_CASE("a client that answers pings stays, one that does not is disconnected",
          "[replay][sim_connection]") {
  SimConfig config = fixed_config(60);
  config.ping_interval_ms = 300;
  config.pong_timeout_ms = 700;
  ExchangeSim venue(config);
  venue.start();
  SECTION("answering") {
    WebClient client(venue, "/ws");
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (client.pings.size() < 5 && std::chrono::steady_clock::now() < end) client.next_within(20ms);
    REQUIRE(client.pings.size() >= 5);  // past the timeout
    REQUIRE(std::all_of(client.pings.begin(), client.pings.end(),
                        [](const std::string& p) { return p.size() == 13; }));
    REQUIRE(venue.connections() == 1);
  }
  SECTION("not reading, so not answering") {
    WebClient client(venue, "/ws");
    REQUIRE(venue.connections() == 1);
    REQUIRE(has_no_connections(venue));
  }
  SECTION("pongs that nobody asked for do not count") {
    WebClient client(venue, "/ws");
    const auto end = std::chrono::steady_clock::now() + kLimit;
    while (venue.connections() > 0 && std::chrono::steady_clock::now() < end) {
      try {
        client.pong("1700000000000");
      } catch (const boost::system::system_error&) {
        break;  // disconnected in between
      }
      wait_for([&] { return venue.connections() == 0; }, 250ms);
    }
    REQUIRE(std::chrono::steady_clock::now() < end);
    REQUIRE(has_no_connections(venue));
  }
}

TEST_CASE("a client's ping is answered with its payload", "[replay][sim_connection]") {
  ExchangeSim venue(fixed_config());
  venue.start();
  WebClient client(venue, "/ws/trendusdt@kline_1m");
  client.ping("are you there");
  while (client.pongs.empty()) client.next();
  REQUIRE(client.pongs == std::vector<std::string>{"are you there"});
}

TEST_CASE("more messages a second than the venue takes end the connection", "[replay][sim_connection]") {
  SimConfig config = fixed_config(60);
  config.dialect = GENERATE(Dialect::binance_spot, Dialect::binance_usdm);
  const bool is_spot = config.dialect == Dialect::binance_spot;
  ExchangeSim venue(config);
  venue.start();
  WebClient client(venue, is_spot ? "/ws" : "/market/ws");
  const int limit = is_spot ? 5 : 10;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < limit + 1; ++i) {
    if (i == 2) {
      client.ping("a ping counts, too");
    } else {
      client.send(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
    }
  }
  const bool was_fast = std::chrono::steady_clock::now() - began < 900ms;
  if (!was_fast) SUCCEED("this machine was too slow to break the rule");
  if (was_fast) REQUIRE(client.read_to_end() == 1008);
  if (was_fast) REQUIRE(has_no_connections(venue));
}

TEST_CASE("a client that does not read is cut off when its queue is full", "[replay][sim_connection]") {
  SimConfig config = fixed_config(6000);
  config.updates_per_bar = 1000;
  config.client_queue_bytes_max = 20'000;
  ExchangeSim venue(config);
  venue.start();
  WebClient lazy(venue, "/ws/trendusdt@kline_1m/rangeusdt@kline_1m/jumpusdt@kline_1m", 4096);
  REQUIRE(has_no_connections(venue));
}

TEST_CASE("a client's close frame is answered", "[replay][sim_connection]") {
  ExchangeSim venue(fixed_config());
  venue.start();
  WebClient client(venue, "/ws/trendusdt@kline_1m");
  client.next();
  REQUIRE_NOTHROW(client.close());
  REQUIRE(has_no_connections(venue));
}

TEST_CASE("cut_connections ends every websocket without a close frame, REST goes on",
          "[replay][sim_connection]") {
  ExchangeSim venue(fixed_config());
  venue.start();
  WebClient a(venue, "/ws/trendusdt@kline_1m"), b(venue, "/ws");
  HttpClient rest(venue);
  REQUIRE(rest.get("/api/v3/ping").status == 200);
  REQUIRE(venue.connections() == 2);
  REQUIRE(venue.cut_connections() == 2);
  REQUIRE(venue.connections() == 0);
  REQUIRE(a.read_to_end() == 0);
  REQUIRE(b.read_to_end() == 0);
  REQUIRE(rest.get("/api/v3/ping").status == 200);
  WebClient again(venue, "/ws/trendusdt@kline_1m");
  REQUIRE(again.next_json()["e"] == "kline");
  REQUIRE(venue.cut_connections() == 1);
  REQUIRE(venue.cut_connections() == 0);
}

TEST_CASE("while it refuses, nobody new gets in and present clients stay", "[replay][sim_connection]") {
  ExchangeSim venue(fixed_config());
  venue.start();
  WebClient present(venue, "/ws/trendusdt@kline_1m");
  venue.set_refuse(true);
  REQUIRE_THROWS_AS(WebClient(venue, "/ws"), boost::system::system_error);
  REQUIRE_THROWS_AS(HttpClient(venue).get("/api/v3/ping"), boost::system::system_error);
  REQUIRE(present.next_json()["e"] == "kline");
  venue.set_refuse(false);
  REQUIRE_NOTHROW(WebClient(venue, "/ws"));
}

TEST_CASE("while it is silent, connections, pings and requests work but no data comes",
          "[replay][sim_connection]") {
  ExchangeSim venue(fixed_config(6000));
  venue.start();
  WebClient client(venue, "/ws/trendusdt@kline_1m/trendusdt@kline_5m");
  client.next();
  venue.set_silent(true);
  client.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");  // what was pushed before comes before this answer
  REQUIRE(client.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":2})")["result"].size() == 2);
  REQUIRE_FALSE(client.next_within(100ms));
  REQUIRE(venue.connections() == 1);
  venue.set_silent(false);
  // Longer bars know the minutes that passed in silence.
  while (true) {
    const Json k = client.next_json()["k"];
    if (!k["x"] || k["i"] != "5m") continue;
    for (const auto& bar : venue.truth("TRENDUSDT", "5m")) {
      if (bar.ts_open_ms == k["t"])
        REQUIRE((bar.open == k["o"] && bar.high == k["h"] && bar.volume == k["v"]));
    }
    break;
  }
}

TEST_CASE("after a stop the same port serves again and venue time went on", "[replay][sim_connection]") {
  ExchangeSim venue(fixed_config(6000));
  venue.start();
  const int port = venue.port();
  const auto time = venue.venue_now_ms();
  WebClient client(venue, "/ws/trendusdt@kline_1m");
  client.next();
  venue.stop();
  REQUIRE(venue.connections() == 0);
  REQUIRE(client.read_to_end() == 0);
  REQUIRE_THROWS(WebClient(venue, "/ws"));
  venue.stop();
  venue.start();
  venue.start();
  REQUIRE(venue.port() == port);
  REQUIRE(venue.venue_now_ms() > time);
  WebClient again(venue, "/ws/trendusdt@kline_1m");
  REQUIRE(again.next_json()["k"]["t"].get<std::int64_t>() >= time - 60'000);
}

TEST_CASE("a taken port is reported", "[replay][sim_connection]") {
  ExchangeSim venue(fixed_config());
  venue.start();
  SimConfig config = fixed_config();
  config.port = venue.port();
  ExchangeSim second(config);
  REQUIRE_THROWS_AS(second.start(), std::system_error);
}

TEST_CASE("a wrong configuration is refused with the field, its value and its range",
          "[replay][sim_connection]") {
  const auto refuses = [](auto change, const std::string& text) {
    SimConfig config = fixed_config();
    change(config);
    try {
      ExchangeSim venue(config);
    } catch (const std::invalid_argument& error) {
      REQUIRE_THAT(error.what(), Catch::Contains(text));
      return true;
    }
    return false;
  };
  REQUIRE(refuses([](SimConfig& c) { c.symbols = 0; }, "symbols is 0, must be in 1..10000"));
  REQUIRE(refuses([](SimConfig& c) { c.symbols = 10'001; }, "symbols is 10001"));
  REQUIRE(refuses([](SimConfig& c) { c.speed = 0; }, "speed"));
  REQUIRE(refuses([](SimConfig& c) { c.speed = std::nan(""); }, "speed"));
  REQUIRE(refuses([](SimConfig& c) { c.updates_per_bar = -1; }, "updates_per_bar"));
  REQUIRE(refuses([](SimConfig& c) { c.history_bars = -1; }, "history_bars"));
  REQUIRE(refuses([](SimConfig& c) { c.port = 65'536; }, "port"));
  REQUIRE(refuses([](SimConfig& c) { c.start_ms = 60'000; }, "start_ms"));
  REQUIRE(refuses([](SimConfig& c) { c.bind = "localhost"; }, "bind is 'localhost'"));
}

TEST_CASE("it stops within a second under load, while other threads call everything",
          "[replay][sim_connection]") {
  SimConfig config = fixed_config(600);
  config.symbols = 200;
  ExchangeSim venue(config);
  venue.start();
  std::string target = "/stream?streams=";
  for (const std::string& name : venue.symbol_names()) {
    std::string stream = name + "@kline_1m/";
    for (char& c : stream) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    target += stream.substr(0, stream.find('@')) + "@kline_1m/";
  }
  target.pop_back();
  WebClient client(venue, target);
  std::atomic<bool> is_done = false;
  const auto call_all = [&] {
    while (!is_done) {
      venue.set_refuse(true);
      venue.set_silent(true);
      venue.truth("TRENDUSDT", "5m");
      venue.connections();
      venue.venue_now_ms();
      venue.set_silent(false);
      venue.set_refuse(false);
    }
  };
  for (int i = 0; i < 500; ++i) client.next();
  std::thread caller(call_all);
  std::thread cutter([&] {
    while (!is_done) venue.cut_connections();
  });
  client.read_to_end();
  const auto began = std::chrono::steady_clock::now();
  venue.stop();
  const auto took = std::chrono::steady_clock::now() - began;
  is_done = true;
  caller.join();
  cutter.join();
  REQUIRE(took < 1s);
}

}  // namespace
}  // namespace lockstep::sim
