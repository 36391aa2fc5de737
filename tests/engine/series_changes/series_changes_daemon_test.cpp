// A daemon whose series change while it runs, against the exchange simulator: live, journalled, audited,
// restarted.
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "engine/daemon.hpp"
#include "replay/journal_replay.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/engine/api/api_fixture.hpp"
#include "tests/engine/live_harness.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/exchange_feed.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::engine::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

const std::string kToken(32, 't');

sim::SimConfig sim_config() {
  sim::SimConfig config;
  config.seed = 23;
  config.symbols = 6;
  config.speed = 300;
  config.history_bars = 600;
  return config;
}

Config daemon_config(const sim::ExchangeSim& exchange, std::vector<std::string> symbols,
                     const std::string& folder) {
  Config config = parse_config("[engine]\nanchor = \"rolling:100/10\"\n", "test");
  config.atc = small_config();
  feeds::FeedConfig feed = lockstep::test::feed_from(exchange);
  feed.symbols = std::move(symbols);
  feed.rest_requests_per_s = 1000;
  feed.listing_s = 1;
  config.feeds = {feed};
  config.engine.late_s = 600;  // venue time runs hundreds of times faster than the machine's
  config.engine.shards = 2;
  config.engine.data_dir = folder;
  config.engine.data_dir_given = true;
  config.journal.fsync = FsyncPolicy::never;
  config.journal.snapshot_s = 1;
  config.audit.pass_s = 1;
  config.audit.cpu_percent = 100;
  config.api.port = 0;
  config.api.token = kToken;
  return config;
}

/// A running daemon, asked over its API.
class Running {
 public:
  explicit Running(const Config& config)
      : daemon(config), thread_([this] {
          daemon.start();
          daemon.run_outputs(5, {});
        }) {}
  ~Running() {
    daemon.stop();
    thread_.join();
  }
  int port() { return daemon.api().port(); }
  Headers headers() const {
    return {{"Authorization", "Bearer " + kToken}, {"Content-Type", "application/json"}};
  }
  Reply post(const std::string& target, const Json& body) {
    return request(port(), "POST", target, headers(), body.dump());
  }
  Json get_json(const std::string& target) { return get(port(), target, headers()).json(); }
  /// State and reason of every series that /v1/symbols lists.
  std::map<std::string, std::string> states() {
    std::map<std::string, std::string> states;
    const Json list = get_json("/v1/symbols");
    for (const Json& row : list["symbols"])
      states[row["symbol"].get<std::string>() + " " + row["interval"].get<std::string>()] = row["state"];
    return states;
  }
  bool wait(const std::function<bool()>& is_met) { return lockstep::test::eventually(is_met, kPatience); }
  bool wait_live(const std::string& symbol, const std::string& interval = "1m") {
    if (wait([&] { return states()[symbol + " " + interval] == "LIVE"; })) return true;
    UNSCOPED_INFO(get_json("/v1/symbols").dump());
    return false;
  }

  Daemon daemon;

 private:
  std::thread thread_;
};

std::string plain(std::string decimal) {
  if (decimal.find('.') == std::string::npos) return decimal;
  while (decimal.back() == '0') decimal.pop_back();
  if (decimal.back() == '.') decimal.pop_back();
  return decimal;
}

/// Bars of a series as the API gives them are the venue's, without a hole. Gives how many there were.
std::size_t check_truth(Running& running, const sim::ExchangeSim& exchange, const std::string& symbol,
                        const std::string& interval = "1m") {
  const Json page = running.get_json("/v1/bars/binance_spot/" + symbol + "/" + interval + "?limit=2000");
  std::map<std::int64_t, sim::ExchangeSim::TruthBar> truth;
  for (const auto& bar : exchange.truth(symbol, interval)) truth[bar.ts_open_ms] = bar;
  std::int64_t last_ms = 0;
  for (const Json& row : page["rows"]) {
    const std::int64_t ts_open_ms = row[0];
    CAPTURE(symbol, ts_open_ms);
    REQUIRE(truth.contains(ts_open_ms));
    const auto& bar = truth[ts_open_ms];
    REQUIRE(plain(row[1]) == plain(bar.open));
    REQUIRE(plain(row[2]) == plain(bar.high));
    REQUIRE(plain(row[3]) == plain(bar.low));
    REQUIRE(plain(row[4]) == plain(bar.close));
    if (last_ms != 0) REQUIRE(ts_open_ms - last_ms == core::Interval::parse(interval)->ms());
    last_ms = ts_open_ms;
  }
  return page["rows"].size();
}

std::set<std::string> names_of(const Json& list) {
  std::set<std::string> names;
  for (const Json& each : list)
    names.insert(each["symbol"].get<std::string>() + " " + each["interval"].get<std::string>());
  return names;
}

/// The journal comes to the recorded digests. Gives the names of its series.
std::set<std::string> check_journal(const std::string& folder) {
  replay::ReplayOptions options;
  options.journal = folder;
  const replay::ReplayReport report = replay::replay_journal(options);
  for (const auto& mismatch : report.mismatches) FAIL_CHECK(mismatch.text());
  CHECK_FALSE(report.damage);
  std::set<std::string> names;
  for (const auto& series : report.series) names.insert(series.name);
  return names;
}

}  // namespace

TEST_CASE(
    "D15: a symbol that begins to trade and matches a pattern comes live, is audited, and goes on after a "
    "restart",
    "[engine][series_changes][fault][D15]") {
  const lockstep::test::TemporaryFolder folder;
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  const std::vector<std::string> symbols = exchange.symbol_names();
  exchange.set_listed(symbols[4], false);
  const Config config = daemon_config(exchange, {symbols[0], symbols[4] + "*"}, folder.path("data"));
  std::uint64_t bars_before = 0;
  {
    Running running(config);
    REQUIRE(running.wait_live(symbols[0]));
    CHECK(running.states().size() == 1);
    StreamClient stream(running.port(), "/v1/stream", running.headers());
    REQUIRE(stream.receive()["type"] == "hello");

    exchange.set_listed(symbols[4], true);
    REQUIRE(running.wait_live(symbols[4]));
    // A client that wants everything is told of it without asking again.
    const auto is_new = [&] {
      const Json message = stream.receive();
      return message.contains("signal") && message["signal"]["symbol"] == symbols[4] &&
             message["signal"]["state"] == "LIVE";
    };
    CHECK(running.wait(is_new));
    CHECK(check_truth(running, exchange, symbols[4]) > 100);
    CHECK(running.get_json("/v1/config")["symbols_added"].empty());  // the pattern finds it again

    // The self-audit and snapshots know of it.
    const std::uint64_t passes = running.daemon.health().audit.passes;
    REQUIRE(running.wait([&] { return running.daemon.health().audit.passes >= passes + 2; }));
    CHECK(running.daemon.health().audit.differences == 0);
    CHECK(running.daemon.health().audit.series_total == 2);
    CHECK(running.daemon.health().audit.postponed == 0);
    CHECK(running.daemon.health().events_lost == 0);
    bars_before = running.get_json("/v1/digests?symbol=" + symbols[4])["digests"][0]["bars"];
  }
  CHECK(check_journal(folder.path("data")).size() == 2);
  {
    Running running(config);
    CHECK(running.daemon.findings().empty());
    REQUIRE(running.wait_live(symbols[4]));
    REQUIRE(running.wait_live(symbols[0]));
    CHECK(check_truth(running, exchange, symbols[4]) > 100);
    CHECK(running.get_json("/v1/digests?symbol=" + symbols[4])["digests"][0]["bars"] >= 0);
  }
  CHECK(check_journal(folder.path("data")).size() == 2);
  CHECK(bars_before > 0);
}

TEST_CASE("series are added and removed over the API, and the next start knows",
          "[engine][series_changes][fault][A5]") {
  const lockstep::test::TemporaryFolder folder;
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  const std::vector<std::string> symbols = exchange.symbol_names();
  const Config config = daemon_config(exchange, {symbols[0], symbols[1]}, folder.path("data"));
  {
    Running running(config);
    REQUIRE(running.wait_live(symbols[0]));
    const Json body = {{"venue", "binance_spot"},
                       {"symbols", {symbols[2], symbols[0], symbols[2] + "X"}},
                       {"intervals", {"1m", "5m"}}};
    // Nobody without the token, and nobody by GET.
    CHECK(request(running.port(), "POST", "/v1/symbols/add", {{"Content-Type", "application/json"}},
                  body.dump())
              .status == 401);
    CHECK(get(running.port(), "/v1/symbols/add", running.headers()).status == 405);
    CHECK(running.states().size() == 2);

    const Reply added = running.post("/v1/symbols/add", body);
    CAPTURE(added.body);
    REQUIRE(added.status == 200);
    CHECK(names_of(added.json()["added"]) ==
          std::set<std::string>{symbols[2] + " 1m", symbols[2] + " 5m", symbols[0] + " 5m"});
    CHECK(names_of(added.json()["present"]) == std::set<std::string>{symbols[0] + " 1m"});
    REQUIRE(added.json()["refused"].size() == 1);
    CHECK(added.json()["refused"][0]["symbol"] == symbols[2] + "X");
    CHECK(added.json()["refused"][0]["reason"] == "symbol_unknown");
    CHECK(added.json()["refused"][0]["nearest"] == symbols[2]);
    CHECK(added.json()["kept"] == true);
    REQUIRE(running.wait_live(symbols[2]));
    REQUIRE(running.wait_live(symbols[2], "5m"));
    CHECK(check_truth(running, exchange, symbols[2]) > 100);
    CHECK(names_of(running.get_json("/v1/config")["symbols_added"]).size() == 3);

    // Removed: it says so to whom asks for it by name, is valid no more, and no list has it.
    REQUIRE(running.wait_live(symbols[1]));
    StreamClient stream(running.port(), "/v1/stream?symbol=" + symbols[1], running.headers());
    const Reply removed =
        running.post("/v1/symbols/remove", {{"venue", "binance_spot"}, {"symbols", {symbols[1], "NOSUCH"}}});
    CAPTURE(removed.body);
    REQUIRE(removed.status == 200);
    CHECK(names_of(removed.json()["removed"]) == std::set<std::string>{symbols[1] + " 1m"});
    CHECK(removed.json()["refused"][0]["symbol"] == "NOSUCH");
    const std::string one = "/v1/signals/binance_spot/" + symbols[1] + "/1m";
    REQUIRE(running.wait([&] { return running.get_json(one)["reason"] == "removed"; }));
    CHECK(running.get_json(one)["state"] == "RETIRED");
    CHECK(running.get_json(one)["valid"] == false);
    CHECK_FALSE(running.states().contains(symbols[1] + " 1m"));
    CHECK(running.wait([&] {
      const Json message = stream.receive();
      return message["type"] == "state" && message["signal"]["reason"] == "removed";
    }));
    const Json status = running.get_json("/v1/status");
    CHECK(status["series"]["total"] == 4);
    CHECK(status["series"]["retired"] == 0);
    CHECK(running.wait([&] { return get(running.port(), "/readyz", running.headers()).status == 200; }));

    // And back again, under the same name: live on bars of the venue.
    REQUIRE(running.post("/v1/symbols/add", {{"venue", "binance_spot"}, {"symbols", {symbols[1]}}})
                .json()["added"]
                .size() == 1);
    REQUIRE(running.wait_live(symbols[1]));
    CHECK(check_truth(running, exchange, symbols[1]) > 100);
    CHECK(running.get_json("/v1/config")["symbols_removed"].empty());
    REQUIRE(
        running.post("/v1/symbols/remove", {{"venue", "binance_spot"}, {"symbols", {symbols[0]}}}).status ==
        200);
    CHECK(running.daemon.health().audit.differences == 0);
  }
  check_journal(folder.path("data"));
  {
    Running running(config);
    CHECK(running.daemon.findings().empty());
    REQUIRE(running.wait_live(symbols[2], "5m"));
    REQUIRE(running.wait_live(symbols[2]));
    REQUIRE(running.wait_live(symbols[1]));
    CHECK(running.states().size() == 3);
    CHECK(names_of(running.get_json("/v1/config")["symbols_removed"]).size() ==
          2);  // both intervals of symbols[0]
    CHECK(running.post("/v1/symbols/remove", {{"venue", "binance_spot"}, {"symbols", {"*"}}})
              .json()["removed"]
              .size() == 3);
    CHECK(running.wait([&] { return running.states().empty(); }));
  }
  check_journal(folder.path("data"));
  {
    // With nothing left it starts, and takes what it is given.
    Running running(config);
    CHECK(running.states().empty());
    REQUIRE(running.post("/v1/symbols/add", {{"venue", "binance_spot"}, {"symbols", {symbols[3]}}}).status ==
            200);
    REQUIRE(running.wait_live(symbols[3]));
  }
  check_journal(folder.path("data"));
}

TEST_CASE("what cannot be done about series is refused with what would be right",
          "[engine][series_changes]") {
  const lockstep::test::TemporaryFolder folder;
  sim::ExchangeSim exchange(sim_config());
  exchange.start();
  Config config = daemon_config(exchange, {exchange.symbol_names()[0]}, folder.path("data"));
  config.engine.data_dir_given = GENERATE(true, false);
  Running running(config);
  REQUIRE(running.wait_live(exchange.symbol_names()[0]));
  const auto refused = [&](const std::string& body) {
    const Reply reply = request(running.port(), "POST", "/v1/symbols/add", running.headers(), body);
    return std::to_string(reply.status) + " " + reply.json()["error"]["message"].get<std::string>();
  };
  CHECK_THAT(refused("{"), Catch::Contains("400") && Catch::Contains("not JSON"));
  CHECK_THAT(refused("[]"), Catch::Contains("400") && Catch::Contains("\"symbols\""));
  CHECK_THAT(refused(R"({"venue":"binance_spot"})"), Catch::Contains("venue and symbols are needed"));
  CHECK_THAT(refused(R"({"venue":"binance_spot","symbols":["A"],"interval":"1m"})"),
             Catch::Contains("unknown key 'interval'"));
  CHECK_THAT(refused(R"({"venue":"binance_spot","symbols":["A"],"intervals":["soon"]})"),
             Catch::Contains("'soon' is not an interval"));
  CHECK_THAT(refused(R"({"venue":"binance_spot","symbols":["top:5"]})"),
             Catch::Contains("at the start alone"));
  CHECK_THAT(refused(R"({"venue":"okx","symbols":["A"]})"),
             Catch::Contains("404") && Catch::Contains("binance_spot"));
  const Reply added = running.post("/v1/symbols/add", {{"venue", "binance_spot"}, {"symbols", {"*"}}});
  CHECK(added.json()["added"].size() == 5);
  CHECK(added.json()["kept"] == config.engine.data_dir_given);
  exchange.stop();
  CHECK_THAT(refused(R"({"venue":"binance_spot","symbols":["A"]})"), Catch::Contains("503"));
}

}  // namespace lockstep::engine::test
