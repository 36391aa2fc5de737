// `lockstep audit --config`: asked of a daemon that runs.
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/api/api_server.hpp"
#include "engine/daemon.hpp"
#include "engine/journal/lock_file.hpp"
#include "engine/planted_fault.hpp"
#include "incremental/detail/state_block.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/engine/live_harness.hpp"
#include "tests/support/exchange_feed.hpp"
#include "tests/tools/temporary_folder.hpp"
#include "tools/running_audit.hpp"

namespace lockstep::engine::test {
namespace {

using namespace std::chrono_literals;

const std::string kToken(32, 't');

/// A daemon of three series on a simulated venue.
struct Running {
  explicit Running(const std::string& token = kToken) {
    sim::SimConfig setup;
    setup.seed = 22;
    setup.symbols = 3;
    setup.speed = 600;
    setup.history_bars = 600;
    exchange.emplace(setup);
    exchange->start();
    config = parse_config("[engine]\ndata_dir = \"" + folder.path("data") +
                              "\"\nanchor = \"rolling:300/50\"\nlate_s = 600\n[api]\nport = 0\n"
                              "[journal]\nfsync = \"never\"\n[audit]\ncpu_percent = 100\n",
                          "test");
    config.atc = small_config();
    config.api.token = token;
    config.feeds = {lockstep::test::feed_from(*exchange)};
    daemon = std::make_unique<Daemon>(config);
    config.api.port = daemon->api().port();
  }

  struct Result {
    std::optional<int> exit_code;
    std::string out, errors;
  };
  static Result ask(const Config& config, bool is_json) {
    std::ostringstream out, errors;
    Result result;
    result.exit_code = tools::audit_running_daemon(config, is_json, out, errors);
    result.out = out.str();
    result.errors = errors.str();
    return result;
  }
  /// Runs the daemon; asks once every series is live and `is_ready`; gives the answer.
  Result ask_while_it_runs(const Config& asked, bool is_json, const std::function<bool()>& is_ready) {
    std::future<Result> answer;
    std::vector<int> closed(daemon->catalog().size());
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    daemon->start();
    daemon->run_outputs(
        5,
        [&] {
          const bool is_live = std::all_of(closed.begin(), closed.end(), [](int have) { return have >= 3; });
          if (!answer.valid() && is_live && is_ready())
            answer = std::async(std::launch::async, [&asked, is_json] { return ask(asked, is_json); });
          const bool is_done = answer.valid() && answer.wait_for(0s) == std::future_status::ready;
          if (is_done || std::chrono::steady_clock::now() > deadline) daemon->stop();
        },
        [&](const Signal& signal) { closed[signal.series] += signal.is_closed() && signal.is_valid; });
    REQUIRE(answer.valid());
    return answer.get();
  }

  lockstep::test::TemporaryFolder folder;
  std::optional<sim::ExchangeSim> exchange;
  Config config;
  std::unique_ptr<Daemon> daemon;
};

}  // namespace

TEST_CASE(
    "a running daemon makes a pass of its audit when the command asks, and the command says what came out",
    "[audit][command]") {
  Running running;
  const bool is_json = GENERATE(false, true);
  const auto result = running.ask_while_it_runs(running.config, is_json, [] { return true; });
  CAPTURE(result.out, result.errors);
  REQUIRE(result.exit_code == 0);
  CHECK(running.daemon->health().audit.passes >= 1);
  const std::string address = "http://127.0.0.1:" + std::to_string(running.config.api.port);
  if (is_json) {
    const auto json = nlohmann::json::parse(result.out);
    CHECK(json.at("daemon") == address);
    CHECK(json.at("series") == 3);
    CHECK(json.at("bars_recomputed") > 100);
    CHECK(json.at("series_different") == 0);
    CHECK(json.at("backends_different") == 0);
    CHECK(json.at("report") == "");
  } else {
    CHECK_THAT(result.out, Catch::StartsWith("the daemon at " + address + " has compared 3 series") &&
                               Catch::EndsWith("every bit is the same\n"));
  }
}

TEST_CASE("what the daemon's audit finds is exit code 1 and names the report", "[audit][command]") {
  Running running;
  bool is_planted = false;
  const auto result = running.ask_while_it_runs(running.config, false, [&] {
    if (!std::exchange(is_planted, true)) {
      plant_state_fault({1, offsetof(lockstep::detail::StateBlock, equity2) + 8, 0});
      return false;
    }
    return true;
  });
  CAPTURE(result.out, result.errors);
  REQUIRE(result.exit_code == 1);
  CHECK_THAT(result.out, Catch::Contains("something DIFFERS: 1 series") && Catch::Contains("/audit/"));
}

TEST_CASE("a command that the daemon does not let in says what is missing", "[audit][command]") {
  const bool has_token = GENERATE(true, false);
  Running running(has_token ? kToken : "");
  Config asked = running.config;
  if (has_token) asked.api.token = std::string(32, 'x');
  const auto result = running.ask_while_it_runs(asked, false, [] { return true; });
  CAPTURE(result.out, result.errors);
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Catch::Contains(has_token ? "answers 401" : "set [api] token") &&
                                Catch::Contains("`lockstep audit DIR`"));
}

TEST_CASE("without a daemon the command does it itself, and leaves no trace", "[audit][command]") {
  const lockstep::test::TemporaryFolder folder;
  Config config;
  config.engine.data_dir = folder.path("data");
  CHECK_FALSE(Running::ask(config, false).exit_code);
  CHECK_FALSE(std::filesystem::exists(config.engine.data_dir));
  { const journal::LockFile earlier(config.engine.data_dir); }
  CHECK_FALSE(Running::ask(config, false).exit_code);
  // It runs, but not where the configuration says.
  const journal::LockFile held(config.engine.data_dir);
  config.api.port = 1;
  const auto elsewhere = Running::ask(config, false);
  CHECK(elsewhere.exit_code == 4);
  CHECK_THAT(elsewhere.errors,
             Catch::Contains("none answers at http://127.0.0.1:1") && Catch::Contains("refused"));
  config.api.port = 0;
  CHECK(Running::ask(config, false).exit_code == 2);
}

}  // namespace lockstep::engine::test
