#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/replay/sim_client.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::sim {
namespace {

using namespace testing;

std::string text_of(const ExchangeSim::TruthBar& bar) {
  return bar.symbol + "," + std::to_string(bar.ts_open_ms) + "," + bar.open + "," + bar.high + "," + bar.low +
         "," + bar.close + "," + bar.volume;
}

std::vector<std::string> texts_of(const std::vector<ExchangeSim::TruthBar>& bars) {
  std::vector<std::string> out;
  for (const auto& bar : bars) out.push_back(text_of(bar));
  return out;
}

// What the closing frame and the REST row of a bar say, in the form of the truth.
std::string text_of_kline(const Json& k) {
  return text_of({k["s"], k["t"].get<std::int64_t>(), k["o"], k["h"], k["l"], k["c"], k["v"]});
}
std::string text_of_row(const std::string& symbol, const Json& row) {
  return text_of({symbol, row[0].get<std::int64_t>(), row[1], row[2], row[3], row[4], row[5]});
}

TEST_CASE("truth, closing frames and REST rows are the same bars", "[replay][sim_truth]") {
  SimConfig config = fixed_config(3000);
  config.dialect = GENERATE(Dialect::binance_spot, Dialect::binance_usdm);
  const bool is_spot = config.dialect == Dialect::binance_spot;
  ExchangeSim venue(config);
  venue.start();
  std::string target = is_spot ? "/stream?streams=" : "/market/stream?streams=";
  const std::vector<std::string> intervals = {"1m", "3m", "5m", "15m"};
  for (const char* symbol : {"trendusdt", "flatusdt", "jumpusdt", "tinybtc"}) {
    for (const std::string& interval : intervals) {
      if (target.back() != '=') target += '/';
      target.append(symbol).append("@kline_").append(interval);
    }
  }
  WebClient client(venue, target);
  std::map<std::string, std::vector<std::string>> closed;  // by "SYMBOL interval"
  while (closed["TRENDUSDT 15m"].size() < 3) {
    const Json k = kline_of(client.next_json());
    if (k["x"])
      closed[k["s"].get<std::string>() + " " + k["i"].get<std::string>()].push_back(text_of_kline(k));
  }
  HttpClient rest(venue);
  REQUIRE(closed.size() == 16);
  for (const auto& [name, frames] : closed) {
    CAPTURE(name);
    const std::string symbol = name.substr(0, name.find(' ')), interval = name.substr(name.find(' ') + 1);
    const auto truth = texts_of(venue.truth(symbol, interval));
    const auto rows =
        rest.get((is_spot ? "/api/v3" : "/fapi/v1") + std::string("/klines?limit=1000&symbol=") + symbol +
                 "&interval=" + interval + "&startTime=0");
    REQUIRE(rows.body.size() > truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i) REQUIRE(text_of_row(symbol, rows.body[i]) == truth[i]);
    REQUIRE(frames.size() >= (interval == "1m" ? 30u : 2u));
    const auto at = std::find(truth.begin(), truth.end(), frames.front());
    REQUIRE(static_cast<std::size_t>(truth.end() - at) >= frames.size());
    REQUIRE(std::equal(frames.begin(), frames.end(), at));
  }
}

TEST_CASE("5m truth is the aggregate of 1m truth", "[replay][sim_truth]") {
  ExchangeSim venue(fixed_config());
  for (const std::string& symbol : venue.symbol_names()) {
    const auto minutes = venue.truth(symbol, "1m");
    const auto fives = venue.truth(symbol, "5m");
    REQUIRE(minutes.size() == 300);
    std::size_t compared = 0;
    for (const auto& five : fives) {
      CAPTURE(symbol, five.ts_open_ms);
      double high = 0, low = 1e300, volume = 0;
      std::string open, close;
      for (const auto& minute : minutes) {
        if (minute.ts_open_ms < five.ts_open_ms || minute.ts_open_ms >= five.ts_open_ms + 300'000) continue;
        if (open.empty()) open = minute.open;
        close = minute.close;
        high = std::max(high, std::stod(minute.high));
        low = std::min(low, std::stod(minute.low));
        volume += std::stod(minute.volume);
      }
      REQUIRE((five.open == open && five.close == close));
      REQUIRE((std::stod(five.high) == high && std::stod(five.low) == low));
      REQUIRE(std::abs(std::stod(five.volume) - volume) <= 1e-9 * volume);
      ++compared;
    }
    REQUIRE(compared >= 59);
  }
}

TEST_CASE("the same seed gives the same bars at any speed, with and without clients and faults",
          "[replay][sim_truth]") {
  SimConfig fast = fixed_config(30'000);
  fast.dialect = Dialect::binance_usdm;
  SimConfig slow = fixed_config(3'000);
  slow.dialect = Dialect::binance_usdm;
  slow.updates_per_bar = 50;
  slow.symbols = 30;
  ExchangeSim a(fast), b(slow);
  a.start();
  b.start();
  WebClient client(b, "/market/ws/trendusdt@kline_1m");
  client.next();
  b.set_silent(true);
  b.cut_connections();
  REQUIRE(wait_for([&] { return b.truth("TRENDUSDT", "1m").size() > 330; }));
  for (const std::string& symbol : a.symbol_names()) {
    auto of_a = texts_of(a.truth(symbol, "1m")), of_b = texts_of(b.truth(symbol, "1m"));
    const std::size_t common = std::min(of_a.size(), of_b.size());
    REQUIRE(common > 330);
    of_a.resize(common), of_b.resize(common);
    REQUIRE(of_a == of_b);
  }
  SimConfig other = fixed_config();
  other.seed = 8;
  REQUIRE(texts_of(ExchangeSim(other).truth("TRENDUSDT", "1m")) !=
          texts_of(ExchangeSim(fixed_config()).truth("TRENDUSDT", "1m")));
}

TEST_CASE("a later start continues the same market", "[replay][sim_truth]") {
  SimConfig later = fixed_config();
  later.start_ms += 3'600'000;
  const auto before = texts_of(ExchangeSim(fixed_config()).truth("JUMPUSDT", "1m"));
  const auto after = texts_of(ExchangeSim(later).truth("JUMPUSDT", "1m"));
  REQUIRE(std::equal(before.begin() + 60, before.end(), after.begin()));
}

TEST_CASE("the truth file holds history and every minute that ended", "[replay][sim_truth]") {
  SimConfig config = fixed_config(6000);
  const auto directory = std::filesystem::temp_directory_path() / ("sim_truth_" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  config.truth_file = directory / "truth.csv";
  ExchangeSim venue(config);
  venue.start();
  REQUIRE(wait_for([&] { return venue.truth("TRENDUSDT", "1m").size() >= 320; }));
  venue.stop();
  REQUIRE_FALSE(venue.has_truth_file_failed());

  std::map<std::string, std::vector<std::string>> rows;
  std::ifstream in(config.truth_file);
  std::string line;
  REQUIRE(std::getline(in, line));
  REQUIRE(line == "symbol,ts_ms,open,high,low,close,volume");
  while (std::getline(in, line)) rows[line.substr(0, line.find(','))].push_back(line);
  std::filesystem::remove_all(directory);
  REQUIRE(rows.size() == 8);
  for (const auto& [symbol, lines] : rows) {
    const auto truth = texts_of(venue.truth(symbol, "1m"));
    REQUIRE(lines.size() > 310);
    REQUIRE(lines.size() <= truth.size());
    REQUIRE(std::equal(lines.begin(), lines.end(), truth.begin()));
  }

  config.truth_file = directory / "no such directory" / "truth.csv";
  REQUIRE_THROWS_AS(ExchangeSim(config), std::system_error);
}

TEST_CASE("truth of something that does not exist is a wrong call", "[replay][sim_truth]") {
  const ExchangeSim venue(fixed_config());
  REQUIRE_THROWS_AS(venue.truth("NOSUCH", "1m"), std::invalid_argument);
  REQUIRE_THROWS_AS(venue.truth("TRENDUSDT", "7m"), std::invalid_argument);
}

}  // namespace
}  // namespace lockstep::sim
