// docs/configuration.md against the parser: every key, examples that are read, defaults as they are.
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "tests/engine/config_texts.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

using namespace test;

std::vector<std::string> page_blocks() {
  std::ifstream in(LOCKSTEP_SOURCE_DIR "/docs/configuration.md");
  std::stringstream text;
  text << in.rdbuf();
  const std::string page = text.str();
  std::vector<std::string> blocks;
  const std::string open = "```toml\n";
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    blocks.push_back(page.substr(at, page.find("```", at) - at));
  }
  return blocks;
}

/// Every key of a block as "table.key", also of tables inside tables: from "key = " at the start of a line,
/// and from "or key = " in a comment, for what cannot stand beside another key. A table's own line counts as
/// a key, too.
std::set<std::string> keys_of(const std::string& block) {
  std::set<std::string> keys;
  std::istringstream lines(block);
  std::string table;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) {
      table = line.substr(line.find_first_not_of('['));
      table.resize(table.find(']'));
      keys.insert(table);
      continue;
    }
    static const std::regex kKey(R"((?:^|#.*\bor )(\w+) = )");
    std::smatch match;
    if (std::regex_search(line, match, kKey)) keys.insert(table + '.' + match.str(1));
    // After a key, once more: what its comment names beside it.
    const std::string rest = match.suffix();
    if (std::regex_search(rest, match, kKey)) keys.insert(table + '.' + match.str(1));
  }
  return keys;
}

TEST_CASE("every key is on the configuration page, and its examples are read", "[engine][config][docs]") {
  const std::vector<std::string> blocks = page_blocks();
  REQUIRE(blocks.size() >= 6);
  std::set<std::string> documented;
  for (const std::string& block : blocks) {
    CAPTURE(block);
    CHECK_NOTHROW(parse_config(block, "configuration.md"));
    documented.merge(keys_of(block));
  }
  const std::vector<std::string> keys = known_config_keys();
  CHECK(keys.size() == 95);
  for (const std::string& key : keys) {
    CAPTURE(key);
    CHECK(documented.contains(key));
  }
}

TEST_CASE("the examples of the configuration page show the defaults", "[engine][config][docs]") {
  for (const std::string& block : page_blocks()) {
    if (block.find("[[feed]]") != std::string::npos) {
      const feeds::FeedConfig feed = parse(block).feeds.front();
      CHECK(feed.silence_s == feeds::FeedConfig{}.silence_s);
      CHECK(feed.backoff_ms_max == feeds::FeedConfig{}.backoff_ms_max);
      CHECK(feed.streams_max == feeds::FeedConfig{}.streams_max);
      CHECK(feed.ca_file.empty());
      continue;
    }
    const Config shown = parse(block);
    const EngineConfig engine;
    CHECK(shown.atc == AtcConfig{});
    CHECK(shown.engine.data_dir == engine.data_dir);
    CHECK(shown.engine.anchor == engine.anchor);
    CHECK(shown.engine.shards == engine.shards);
    CHECK(shown.engine.poll == engine.poll);
    CHECK(shown.engine.queue_events_max == engine.queue_events_max);
    CHECK(shown.engine.late_s == engine.late_s);
    CHECK(shown.engine.log_level == engine.log_level);
    CHECK(shown.engine.log_file == engine.log_file);
    CHECK(shown.api.bind == ApiConfig{}.bind);
    CHECK(shown.api.port == ApiConfig{}.port);
    CHECK(shown.api.token == ApiConfig{}.token);
    CHECK(shown.api.clients_max == ApiConfig{}.clients_max);
    CHECK(shown.api.history_bars == ApiConfig{}.history_bars);
    CHECK(shown.api.origins == ApiConfig{}.origins);
    CHECK(shown.api.allow_plaintext == ApiConfig{}.allow_plaintext);
    CHECK(shown.alerts.outbox_max == AlertsConfig{}.outbox_max);
    CHECK(shown.alerts.give_up_h == AlertsConfig{}.give_up_h);
    CHECK(shown.alerts.late_s == AlertsConfig{}.late_s);
    for (const AlertTarget& target : shown.alerts.targets) CHECK(target.timeout_s == AlertTarget{}.timeout_s);
    for (const AlertRule& rule : shown.alerts.rules) {
      CHECK(rule.open_bars == AlertRule{}.open_bars);
      CHECK(rule.cooldown_s == AlertRule{}.cooldown_s);
    }
    CHECK_FALSE(shown.price_rounding_half_even);
  }
}

}  // namespace
}  // namespace lockstep::engine
