// [alerts] in the configuration: what it reads, and that each mistake is named with its place.
#include "engine/config.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

constexpr const char* kTarget = "[[alerts.target]]\nname = \"bot\"\nwebhook = \"https://host/hook\"\n";

std::string error_of(const std::string& text) {
  try {
    parse_config(text, "f.toml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string with_target(const std::string& line) {
  return "[[alerts.target]]\nname = \"bot\"\n" + line + "\n";
}

std::string with_rule(const std::string& lines) {
  return std::string(kTarget) + "[[alerts.rule]]\nname = \"r\"\n" + lines + "\n";
}

TEST_CASE("targets and rules are read", "[engine][config][alerts]") {
  const Config config = parse_config(R"(
[alerts]
outbox_max = 5
give_up_h = 0
late_s = 60
[[alerts.target]]
name = "bot"
webhook = "https://host:8443/hook?x=1"
secret = "0123456789abcdef"
template = '{"t": "{{text}}"}'
timeout_s = 3
[[alerts.target]]
name = "pager"
command = ["/bin/page", "--team", "a b"]
[[alerts.target]]
name = "log"
log = true
[[alerts.rule]]
name = "turns"
on = ["long", "short"]
above = 0.5
below = -1
venues = ["okx"]
symbols = ["BTC-USDT"]
intervals = ["1h"]
targets = ["bot", "log"]
open_bars = true
cooldown_s = 60
)",
                                     "f.toml");
  const AlertsConfig& alerts = config.alerts;
  CHECK(alerts.outbox_max == 5);
  REQUIRE(alerts.targets.size() == 3);
  CHECK(alerts.targets[0].kind == AlertTarget::Kind::webhook);
  CHECK(alerts.targets[0].timeout_s == 3);
  CHECK(alerts.targets[1].command == std::vector<std::string>{"/bin/page", "--team", "a b"});
  CHECK(alerts.targets[2].kind == AlertTarget::Kind::log);
  REQUIRE(alerts.rules.size() == 1);
  CHECK(alerts.rules[0].on.count() == 2);
  CHECK(alerts.rules[0].above == 0.5);
  CHECK(alerts.rules[0].below == -1.0);
  CHECK(alerts.rules[0].open_bars);
  CHECK(alerts.rules[0].targets.size() == 2);
  // The text in force can be read again, and shows no secret.
  const Config again = parse_config(to_text(config), "again");
  CHECK(again.alerts.rules == alerts.rules);
  CHECK(to_text(config).find("0123456789abcdef") == std::string::npos);
}

TEST_CASE("mistakes in [alerts] are named with place, value and what would be right",
          "[engine][config][alerts]") {
  const auto has = [](const std::string& text, const std::string& part) {
    CAPTURE(error_of(text), part);
    return error_of(text).find(part) != std::string::npos;
  };
  CHECK(has("[alerts]\noutbox_maxx = 5\n",
            "f.toml:2: [alerts] has no key \"outbox_maxx\"; did you mean \"outbox_max\"?"));
  CHECK(has(with_target("webhok = \"https://h/\""), "a target has one of webhook"));
  CHECK(has(std::string(kTarget) + "secrt = \"0123456789abcdef\"\n", "did you mean \"secret\"?"));
  CHECK(
      has(with_target("webhook = \"ftp://host\""), "f.toml:3: [[alerts.target]] webhook: must be https://"));
  CHECK(has(with_target("webhook = \"https://user:pw@host/\""), "must be https://"));
  CHECK(has(with_target("command = [\"page\"]"), "the program's absolute path"));
  CHECK(has(with_target("log = true\nwebhook = \"https://h/\""), "a target has one of"));
  CHECK(has(std::string(kTarget) + "secret = \"short\"\n", "the key must have 16 to 512 characters"));
  CHECK_FALSE(has(std::string(kTarget) + "secret = \"short\"\n", "= \"short\""));
  CHECK(has(std::string(kTarget) + "secret_file = \"/nowhere\"\n", "cannot be read"));
  CHECK(has(std::string(kTarget) + "template = '{\"a\": {{symbl}}}'\n", "there is no field {{symbl}}"));
  CHECK(has(std::string(kTarget) + "template = '{\"a\": {{symbl}}}'\n",
            "f.toml:4: [[alerts.target]] template = "));
  CHECK(has(std::string(kTarget) + kTarget, "every target needs a name of its own"));
  CHECK(has(with_rule(""), "a rule needs on = "));
  CHECK(has(with_rule("on = [\"buy\"]"), "the events are long, short, stale"));
  CHECK(
      has(with_rule("on = [\"long\"]\ntargets = [\"bott\"]"), "there is no [[alerts.target]] of that name"));
  CHECK(has(with_rule("on = [\"long\"]\nintervals = [\"1x\"]"), "must be intervals"));
  CHECK(has(with_rule("on = [\"long\"]\ncooldown_s = -1"), "must be a whole number from 0"));
  CHECK(has("[[alerts.rule]]\nname = \"r\"\non = [\"long\"]\n", "a rule needs someone to tell"));
  CHECK(has("[alerts]\ntarget = 3\n", "write [[alerts.target]]"));
}

}  // namespace
}  // namespace lockstep::engine
