#include "tests/replay/sim_client.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::sim {
namespace {

using namespace testing;

// Slow enough that the open minute stays open during a test.
SimConfig slow_config(Dialect dialect = Dialect::binance_spot) {
  SimConfig out = fixed_config(0.01);
  out.dialect = dialect;
  out.history_bars = 2000;
  return out;
}

constexpr std::int64_t kStart = 1'700'000'040'000;
constexpr std::int64_t kHistory = kStart - 2000 * 60'000;

std::string klines(const std::string& rest) {
  return "/api/v3/klines?symbol=TRENDUSDT&interval=1m" + rest;
}

TEST_CASE("REST serves time, ping and symbols on one kept-alive connection", "[replay][sim_rest]") {
  ExchangeSim venue(slow_config());
  venue.start();
  HttpClient client(venue);
  REQUIRE(client.get("/api/v3/ping").text == "{}");
  const auto time = client.get("/api/v3/time").body["serverTime"].get<std::int64_t>();
  REQUIRE((time >= kStart && time <= venue.venue_now_ms()));
  const HttpAnswer info = client.get("/api/v3/exchangeInfo");
  REQUIRE(info.status == 200);
  REQUIRE(info.weight == "22");  // 1 + 1 + 20
  std::vector<std::string> names;
  for (const Json& symbol : info.body["symbols"]) {
    names.push_back(symbol["symbol"]);
    REQUIRE(symbol["status"] == "TRADING");
    REQUIRE(symbol["filters"][0]["filterType"] == "PRICE_FILTER");
  }
  REQUIRE(names == venue.symbol_names());
  REQUIRE(info.body["symbols"][0]["filters"][0]["tickSize"] == "0.01000000");
  REQUIRE(info.body["symbols"][4]["filters"][0]["tickSize"] == "0.00000001");
  REQUIRE(info.body["symbols"][6]["filters"][0]["tickSize"] == "0.50000000");
  REQUIRE(info.body["symbols"][0]["filters"][2]["stepSize"] == "0.00100000");

  REQUIRE(client.get("/api/v3/exchangeInfo?symbol=TINYBTC").body["symbols"].size() == 1);
  REQUIRE(
      client.get("/api/v3/exchangeInfo?symbols=%5B%22TINYBTC%22,%22FLATUSDT%22%5D").body["symbols"].size() ==
      2);
  REQUIRE(client.get("/api/v3/exchangeInfo?symbol=NOSUCH").body["code"] == -1121);
  REQUIRE(client.get("/fapi/v1/ping").status == 404);
}

TEST_CASE("USD-M writes contract precision and a tick that is coarser than the text", "[replay][sim_rest]") {
  ExchangeSim venue(slow_config(Dialect::binance_usdm));
  venue.start();
  HttpClient client(venue);
  const Json symbols = client.get("/fapi/v1/exchangeInfo").body["symbols"];
  REQUIRE(symbols[5]["symbol"] == "GIANTUSDT");
  REQUIRE(symbols[5]["filters"][0]["tickSize"] == "0.10");
  REQUIRE(symbols[5]["pricePrecision"] == 2);
  REQUIRE(symbols[4]["filters"][0]["tickSize"] == "0.00000001");
  const Json row = client.get("/fapi/v1/klines?symbol=GIANTUSDT&interval=1m&limit=2").body[0];
  const auto decimals = [&](std::size_t i) {
    const std::string text = row[i];
    return text.size() - text.find('.') - 1;
  };
  REQUIRE((decimals(1) == 2 && decimals(4) == 2 && decimals(5) == 5 && decimals(7) == 7 && decimals(9) == 5));
  REQUIRE(client.get("/fapi/v1/klines?symbol=GIANTUSDT&interval=1m&limit=1500").body.size() == 1500);
  REQUIRE(client.get("/fapi/v1/klines?symbol=GIANTUSDT&interval=1m&limit=1501").body["code"] == -1130);
}

TEST_CASE("a kline row has the recorded form", "[replay][sim_rest]") {
  ExchangeSim venue(slow_config());
  venue.start();
  HttpClient client(venue);
  const Json row = client.get(klines("&limit=2")).body[0];
  REQUIRE(row.size() == 12);
  for (const std::size_t i : {0, 6, 8}) REQUIRE(row[i].is_number_integer());
  for (const std::size_t i : {1, 2, 3, 4, 5, 7, 9, 10}) {
    const std::string text = row[i];
    CAPTURE(i, text);
    REQUIRE(text.size() - text.find('.') == 9);  // the point and 8 decimals
  }
  REQUIRE(row[6].get<std::int64_t>() == row[0].get<std::int64_t>() + 59'999);
  REQUIRE(row[11] == "0");
}

TEST_CASE("klines obey startTime, endTime and limit", "[replay][sim_rest]") {
  ExchangeSim venue(slow_config());
  venue.start();
  HttpClient client(venue);
  const auto opens = [&](const std::string& rest) {
    std::vector<std::int64_t> out;
    for (const Json& row : client.get(klines(rest)).body) out.push_back(row[0]);
    REQUIRE(std::is_sorted(out.begin(), out.end()));
    return out;
  };
  const auto start = std::to_string(kHistory);

  const auto newest = opens("");
  REQUIRE(newest.size() == 500);
  REQUIRE(newest.back() == kStart);  // the open bar
  REQUIRE(opens("&limit=1000").size() == 1000);
  REQUIRE(opens("&limit=5000").size() == 1000);

  const auto oldest = opens("&limit=3&startTime=" + start);
  REQUIRE(oldest == std::vector<std::int64_t>{kHistory, kHistory + 60'000, kHistory + 120'000});
  REQUIRE(opens("&limit=1&startTime=" + std::to_string(kHistory + 1)).front() == kHistory + 60'000);
  REQUIRE(opens("&limit=1&startTime=0").front() == kHistory);

  const auto until = opens("&limit=2&endTime=" + std::to_string(kHistory + 120'000));
  REQUIRE(until == std::vector<std::int64_t>{kHistory + 60'000, kHistory + 120'000});
  REQUIRE(opens("&limit=2&endTime=" + std::to_string(kHistory + 119'999)).back() == kHistory + 60'000);
  REQUIRE(opens("&startTime=" + start + "&endTime=" + std::to_string(kHistory + 60'000)).size() == 2);
  REQUIRE(opens("&startTime=" + std::to_string(kStart + 60'000)).empty());
  REQUIRE(opens("&endTime=" + std::to_string(kHistory - 1)).empty());
  REQUIRE(opens("&startTime=" + std::to_string(kHistory + 60'000) + "&endTime=" + start).empty());

  // Paging from the beginning meets every bar once.
  std::vector<std::int64_t> all;
  while (true) {
    const auto page = opens("&limit=700&startTime=" + std::to_string(all.empty() ? 0 : all.back() + 1));
    if (page.empty()) break;
    all.insert(all.end(), page.begin(), page.end());
  }
  REQUIRE(all.size() == 2001);
  for (std::size_t i = 0; i < all.size(); ++i)
    REQUIRE(all[i] == kHistory + static_cast<std::int64_t>(i) * 60'000);
}

TEST_CASE("wrong requests get the venue's error codes", "[replay][sim_rest]") {
  ExchangeSim venue(slow_config());
  venue.start();
  HttpClient client(venue);
  const auto fails_with = [&](const std::string& query, int code) {
    const HttpAnswer answer = client.get("/api/v3/klines?" + query);
    CAPTURE(query, answer.text);
    REQUIRE(answer.status == 400);
    REQUIRE(answer.body["code"] == code);
  };
  REQUIRE(client.get("/api/v3/klines?symbol=NOSUCH&interval=1m").text ==
          R"({"code":-1121,"msg":"Invalid symbol."})");
  fails_with("symbol=trendusdt&interval=1m", -1121);
  fails_with("symbol=TRENDUSDT&interval=7m", -1120);
  fails_with("symbol=TRENDUSDT", -1102);
  fails_with("interval=1m", -1102);
  fails_with("symbol=TRENDUSDT&interval=1m&limit=x", -1100);
  fails_with("symbol=TRENDUSDT&interval=1m&startTime=-1", -1100);
  fails_with("symbol=TRENDUSDT&interval=1m&limit=0", -1130);
}

TEST_CASE("too much request weight is answered 429", "[replay][sim_rest]") {
  SimConfig config = slow_config();
  config.rest_weight_max = 4;
  ExchangeSim venue(config);
  venue.start();
  // The window is a real minute; three minutes in a row cannot all turn over between these requests.
  HttpClient client(venue);
  bool was_refused = false;
  for (int i = 0; i < 9 && !was_refused; ++i) {
    const HttpAnswer answer = client.get(klines("&limit=1"));
    was_refused = answer.status == 429 && answer.body["code"] == -1003;
  }
  REQUIRE(was_refused);
}

}  // namespace
}  // namespace lockstep::sim
