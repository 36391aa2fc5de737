#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "tests/replay/sim_client.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::sim {
namespace {

using namespace testing;

std::string subscribe(const std::string& stream, const std::string& id = "1") {
  return R"({"method":"SUBSCRIBE","params":[")" + stream + R"("],"id":)" + id + "}";
}

std::string recorded_frame(const std::string& file) {
  std::ifstream in(LOCKSTEP_SHARED_DIR "/fixtures/feeds/" + file);
  std::string line;
  REQUIRE(std::getline(in, line));
  return line;
}

// The text with everything that differs from bar to bar made equal: numbers, flags, names.
std::string shape(std::string text) {
  text = std::regex_replace(text, std::regex(R"("s":"[A-Z0-9]+")"), R"("s":"S")");
  text = std::regex_replace(text, std::regex(R"("stream":"[a-z0-9]+@)"), R"("stream":"s@)");
  text = std::regex_replace(text, std::regex("true|false"), "flag");
  text = std::regex_replace(text, std::regex(R"(-?\d+\.\d+)"), "decimal");
  return std::regex_replace(text, std::regex(R"(-?\d+)"), "integer");
}

TEST_CASE("a spot kline frame has the recorded text form, 8 decimals everywhere", "[replay][sim_stream]") {
  ExchangeSim venue(fixed_config());
  venue.start();
  WebClient client(
      venue, "/stream?streams=" + std::string(GENERATE("trendusdt", "tinybtc", "coarseusdt")) + "@kline_1m");
  const std::regex fraction(R"(\.\d+)");
  for (int i = 0; i < 8; ++i) {
    const std::string frame = client.next();
    CAPTURE(frame);
    REQUIRE(shape(frame) == shape(recorded_frame("binance_spot/ws_kline_open_20220529.json")));
    for (auto at = std::sregex_iterator(frame.begin(), frame.end(), fraction); at != std::sregex_iterator();
         ++at) {
      REQUIRE(at->length() == 9);
    }
  }
}

TEST_CASE("a USD-M kline frame has blanks inside k and the contract's precision", "[replay][sim_stream]") {
  SimConfig config = fixed_config();
  config.dialect = Dialect::binance_usdm;
  ExchangeSim venue(config);
  venue.start();
  WebClient client(venue, "/market/stream?streams=giantusdt@kline_1m");
  const std::string frame = client.next();
  CAPTURE(frame);
  REQUIRE(shape(frame) == shape(recorded_frame("binance_usdm/ws_kline_closed_20260726.json")));
  const Json k = kline_of(Json::parse(frame));
  REQUIRE(std::regex_match(k["c"].get<std::string>(), std::regex(R"(\d+\.\d\d)")));
  REQUIRE(std::regex_match(k["v"].get<std::string>(), std::regex(R"(\d+\.\d{5})")));
}

TEST_CASE("requests are acked with their id, whatever kind it is", "[replay][sim_stream]") {
  ExchangeSim venue(fixed_config());
  venue.start();
  WebClient client(venue, "/ws");
  client.send(subscribe("trendusdt@kline_1m"));
  REQUIRE(client.next() == R"({"result":null,"id":1})");
  const auto ack = [&](const std::string& stream, const std::string& id) {
    return client.ask(subscribe(stream, id)).dump() == R"({"result":null,"id":)" + id + "}";
  };
  REQUIRE(ack("nosuchusdt@kline_1m", R"("a text")"));
  REQUIRE(ack("flatusdt@aggTrade", "null"));
  const Json list = client.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":-3})");
  REQUIRE(list["id"] == -3);
  REQUIRE(list["result"] ==
          Json::parse(R"(["flatusdt@aggTrade","nosuchusdt@kline_1m","trendusdt@kline_1m"])"));
}

TEST_CASE("an unknown, upper-case or other stream is acked and stays silent", "[replay][sim_stream]") {
  SimConfig config = fixed_config(6000);
  ExchangeSim venue(config);
  venue.start();
  WebClient client(venue, "/ws");
  const std::string stream =
      GENERATE("nosuchusdt@kline_1m", "TRENDUSDT@kline_1m", "trendusdt@depth", "trendusdt@kline_7m");
  REQUIRE(client.ask(subscribe(stream)) == Json::parse(R"({"result":null,"id":1})"));
  REQUIRE_FALSE(client.next_within(100ms));  // ten bars
}

TEST_CASE("invalid requests get an error and the connection stays", "[replay][sim_stream]") {
  SimConfig config = fixed_config(1);
  config.dialect = GENERATE(Dialect::binance_spot, Dialect::binance_usdm);
  const bool is_spot = config.dialect == Dialect::binance_spot;
  ExchangeSim venue(config);
  venue.start();
  const auto code_of = [&](const std::string& request) {
    WebClient client(venue, is_spot ? "/ws" : "/market/ws");
    const Json answer = client.ask(request);
    CAPTURE(request, answer.dump());
    REQUIRE(answer.contains("error") == !is_spot);
    REQUIRE(client.ask(subscribe("trendusdt@kline_1m")) == Json::parse(R"({"result":null,"id":1})"));
    return (is_spot ? answer : answer["error"])["code"].get<int>();
  };
  REQUIRE(code_of("{not json") == 3);
  REQUIRE(code_of("[1]") == 2);
  REQUIRE(code_of(R"({"method":"SUBSCRYBE","params":["a@trade"],"id":1})") == 2);
  REQUIRE(code_of(R"({"params":["a@trade"],"id":1})") == 2);
  REQUIRE(code_of(subscribe("trendusdt")) == 2);
  REQUIRE(code_of(subscribe("@kline_1m")) == 2);
  REQUIRE(code_of(R"({"method":"SUBSCRIBE","params":[],"id":1})") == 2);
  REQUIRE(code_of(R"({"method":"SUBSCRIBE","params":["a@trade"],"id":1.5})") == 2);
  REQUIRE(code_of(R"({"method":"SET_PROPERTY","params":["combined",1],"id":1})") == 1);
  REQUIRE(code_of(R"({"method":"SET_PROPERTY","params":["colour",true],"id":1})") == 0);
  Json many = Json::parse(R"({"method":"SUBSCRIBE","params":[],"id":1})");
  for (int i = 0; i < 1025; ++i) many["params"].push_back(std::to_string(i) + "@trade");
  REQUIRE(code_of(many.dump()) == 4);
}

TEST_CASE("combined form can be switched on, asked for and switched off", "[replay][sim_stream]") {
  ExchangeSim venue(fixed_config(3000));
  venue.start();
  WebClient client(venue, "/ws/trendusdt@kline_1m/rangeusdt@kline_1m");
  REQUIRE(client.next_json()["e"] == "kline");
  REQUIRE(client.ask(R"({"method":"SET_PROPERTY","params":["combined",true],"id":5})")["result"].is_null());
  REQUIRE(client.ask(R"({"method":"GET_PROPERTY","params":["combined"],"id":6})")["result"] == true);
  const Json wrapped = client.next_json();
  REQUIRE(wrapped["stream"] ==
          Json(wrapped["data"]["s"] == "TRENDUSDT" ? "trendusdt@kline_1m" : "rangeusdt@kline_1m"));
  REQUIRE(client.ask(R"({"method":"SET_PROPERTY","params":["combined",false],"id":7})")["result"].is_null());
  REQUIRE(client.next_json()["e"] == "kline");
}

TEST_CASE("an unsubscribed stream stops, others go on", "[replay][sim_stream]") {
  ExchangeSim venue(fixed_config(3000));
  venue.start();
  WebClient client(venue, "/ws/trendusdt@kline_1m/rangeusdt@kline_1m");
  client.ask(R"({"method":"UNSUBSCRIBE","params":["trendusdt@kline_1m"],"id":9})");
  for (int i = 0; i < 20; ++i) REQUIRE(client.next_json()["s"] == "RANGEUSDT");
  client.ask(R"({"method":"UNSUBSCRIBE","params":["rangeusdt@kline_1m"],"id":10})");
  REQUIRE_FALSE(client.next_within(50ms));
}

TEST_CASE("a bar is updated, closed a little late, and only then the next one begins",
          "[replay][sim_stream]") {
  SimConfig config = fixed_config(1200);
  config.updates_per_bar = 4;
  ExchangeSim venue(config);
  venue.start();
  WebClient client(venue, "/ws/giantusdt@kline_1m");
  Json first = client.next_json();
  while (!first["k"]["x"]) first = client.next_json();
  std::int64_t open_ms = first["k"]["t"].get<std::int64_t>();
  std::set<std::int64_t> delays;
  std::int64_t event_ms = first["E"];
  for (int bar = 0; bar < 10; ++bar) {
    open_ms += 60'000;
    for (int i = 0; i <= 4; ++i) {
      const Json frame = client.next_json();
      CAPTURE(bar, i, frame.dump());
      REQUIRE(frame["k"]["t"] == open_ms);
      REQUIRE(frame["k"]["T"] == open_ms + 59'999);
      REQUIRE(frame["k"]["x"] == (i == 4));
      REQUIRE(frame["E"].get<std::int64_t>() > event_ms);
      event_ms = frame["E"];
    }
    const std::int64_t delay = event_ms - (open_ms + 60'000);
    REQUIRE((delay >= 4 && delay <= 2003));
    delays.insert(delay);
  }
  REQUIRE(delays.size() > 3);
}

TEST_CASE("a bar without trades is pushed flat and closed, unless quiet bars are off",
          "[replay][sim_stream]") {
  SimConfig config = fixed_config(3000);
  config.push_quiet_bars = GENERATE(true, false);
  ExchangeSim venue(config);
  venue.start();
  WebClient client(venue, "/ws/flatusdt@kline_1m");
  int quiet_open = 0, quiet_closed = 0, closed = 0;
  while (closed < 40) {
    const Json k = client.next_json()["k"];
    CAPTURE(k.dump());
    closed += k["x"] ? 1 : 0;
    if (k["n"] != 0) continue;
    (k["x"] ? quiet_closed : quiet_open) += 1;
    REQUIRE((k["f"] == -1 && k["L"] == -1 && k["v"] == "0.00000000" && k["Q"] == "0.00000000"));
    REQUIRE((k["o"] == k["c"] && k["h"] == k["l"] && k["o"] == k["h"]));
  }
  if (config.push_quiet_bars) {
    REQUIRE(quiet_closed > 10);
    REQUIRE(std::abs(quiet_open - quiet_closed) <= 1);
  } else {
    REQUIRE((quiet_open == 0 && quiet_closed == 0));
  }
}

TEST_CASE("USD-M pushes klines below /market only; the retired URL connects and stays silent",
          "[replay][sim_stream]") {
  SimConfig config = fixed_config(6000);
  config.dialect = Dialect::binance_usdm;
  ExchangeSim venue(config);
  venue.start();
  REQUIRE(venue.ws_url() == "ws://127.0.0.1:" + std::to_string(venue.port()) + "/market");
  WebClient right(venue, "/market/ws");
  right.ask(subscribe("trendusdt@kline_1m"));
  REQUIRE(right.next_json()["e"] == "kline");
  WebClient wrong(venue, GENERATE("/ws", "/public/ws", "/stream"));
  REQUIRE(wrong.ask(subscribe("trendusdt@kline_1m")) == Json::parse(R"({"result":null,"id":1})"));
  REQUIRE_FALSE(wrong.next_within(100ms));
}

TEST_CASE("a path without a websocket or with a malformed stream is refused at the handshake",
          "[replay][sim_stream]") {
  ExchangeSim venue(fixed_config());
  venue.start();
  REQUIRE_THROWS_AS(WebClient(venue, "/nowhere"), boost::system::system_error);
  REQUIRE_THROWS_AS(WebClient(venue, "/ws/trendusdt"), boost::system::system_error);
  REQUIRE(venue.connections() == 0);
  WebClient escaped(venue, "/stream?streams=trendusdt%40kline_1m");
  REQUIRE(escaped.next_json()["stream"] == "trendusdt@kline_1m");
}

}  // namespace
}  // namespace lockstep::sim
