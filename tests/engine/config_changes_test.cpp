// What another configuration would change.
#include "engine/config_changes.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

using Keys = std::vector<std::string>;

constexpr const char* kBase = R"(
[engine]
log_level = "info"
[api]
token = "0123456789abcdef0123456789abcdef"
[[feed]]
venue = "binance_spot"
symbols = ["BTCUSDT"]
intervals = ["1m"]
)";

Config base() {
  return parse_config(kBase, "test");
}

TEST_CASE("the same configuration changes nothing", "[engine][config]") {
  const ConfigChanges changes = compare_configs(base(), base());
  CHECK(changes.live.empty());
  CHECK(changes.restart.empty());
}

TEST_CASE("log and alerts change at once, all else with a restart, and every change is named",
          "[engine][config]") {
  Config next = base();
  next.engine.log_level = "debug";
  next.engine.is_log_json = true;
  next.engine.shards = 4;
  next.api.port = 9'000;
  next.api.token = "fedcba9876543210fedcba9876543210";
  next.feeds[0].symbols.push_back("ETHUSDT");
  next.atc.lambda = 0.5;
  next.alerts.give_up_h = 1;
  const ConfigChanges changes = compare_configs(base(), next);
  CHECK(changes.live == Keys{"[engine] log_format", "[engine] log_level", "[alerts]"});
  CHECK(changes.restart ==
        Keys{"[[feed]] 1 symbols", "[api] port", "[atc] lambda", "[engine] shards", "[api] token"});
  Config live = base();
  take_live_part(live, next);
  CHECK(compare_configs(live, next).live.empty());
  CHECK(compare_configs(base(), live).restart.empty());
}

TEST_CASE("A8: a secret that changes is named, not shown", "[engine][config][fault][A8]") {
  Config next = base();
  next.alerts.targets.push_back({});
  next.alerts.targets.back().name = "bot";
  next.alerts.targets.back().kind = AlertTarget::Kind::webhook;
  next.alerts.targets.back().url = "https://host/services/T0SECRET";
  next.alerts.targets.back().secret = "verysecretverysecret";
  Config other = next;
  other.alerts.targets.back().secret = "anothersecretanother";
  CHECK(compare_configs(next, other).live == Keys{"[alerts]"});
  const std::string text = to_text(next);
  CHECK(text.find("https://host/***") != std::string::npos);
  CHECK(text.find("SECRET") == std::string::npos);
  CHECK(text.find("verysecret") == std::string::npos);
}

TEST_CASE("a feed that goes or comes is a change", "[engine][config]") {
  Config next = base();
  next.feeds.push_back(next.feeds[0]);
  next.feeds[1].symbols = {"ETHUSDT"};
  CHECK_FALSE(compare_configs(base(), next).restart.empty());
  CHECK(compare_configs(base(), next).restart == compare_configs(next, base()).restart);
}

}  // namespace
}  // namespace lockstep::engine
