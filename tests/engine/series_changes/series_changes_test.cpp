// The file that keeps what was added and removed, and the plan of a start made from it.
#include "engine/series_changes.hpp"

#include <fstream>

#include "engine/config.hpp"
#include "engine/daemon_plan.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::engine::test {
namespace {

using lockstep::test::TemporaryFolder;

const SeriesName kBtc{"binance_spot", "BTCUSDT", "1m"};
const SeriesName kHostile{"okx", "\"币\\\n", "1h"};

Config two_feeds() {
  return parse_config(R"(
[[feed]]
venue = "binance_spot"
symbols = ["BTCUSDT", "ETHUSDT"]
intervals = ["1m"]
[[feed]]
venue = "binance_spot"
symbols = ["BTCUSDT"]
intervals = ["1h"]
)",
                      "test");
}

std::vector<std::string> names_of(const SeriesPlan& plan, std::size_t feed) {
  std::vector<std::string> names;
  for (const core::SeriesId id : plan.of_feed[feed])
    names.push_back(plan.catalog[id].symbol + " " + plan.catalog[id].interval.text());
  return names;
}

}  // namespace

TEST_CASE("what was added and removed is kept in a file, whatever the names", "[engine][series_changes]") {
  const TemporaryFolder folder;
  const std::string file = folder.path("symbols.json");
  CHECK(load_series_changes(file).added.empty());
  SeriesChanges changes;
  changes.added = {kBtc, kHostile};
  changes.removed = {{"kraken_v2", "BTC/USD", "1m"}};
  REQUIRE(save_series_changes(file, changes) == 0);
  const SeriesChanges read = load_series_changes(file);
  CHECK(read.added == changes.added);
  CHECK(read.removed == changes.removed);
  CHECK(save_series_changes(folder.path("") + "/no/such/folder/symbols.json", changes) != 0);
}

TEST_CASE("a file that cannot be used ends the start and says what to do", "[engine][series_changes]") {
  const TemporaryFolder folder;
  const std::string file = folder.path("symbols.json");
  const std::string text =
      GENERATE("", "{", "[]", R"({"added":[]})", R"({"added":[{"venue":"a","symbol":"b"}],"removed":[]})",
               R"({"added":[{"venue":"a","symbol":"b","interval":"soon"}],"removed":[]})",
               R"({"added":1,"removed":[]})");
  std::ofstream(file) << text;
  CAPTURE(text);
  CHECK_THROWS_WITH(load_series_changes(file),
                    Catch::Contains("symbols.json") && Catch::Contains("remove it"));
}

TEST_CASE("a start takes the configuration, less what was removed, and what was added",
          "[engine][series_changes]") {
  const Config config = two_feeds();
  SeriesChanges changes;
  SECTION("nothing") {
    const SeriesPlan plan = plan_series(config, changes);
    CHECK(names_of(plan, 0) == std::vector<std::string>{"BTCUSDT 1m", "ETHUSDT 1m"});
    CHECK(names_of(plan, 1) == std::vector<std::string>{"BTCUSDT 1h"});
    CHECK(plan.catalog.capacity() == 3 + kSeriesRoom);
  }
  SECTION("some of both; each added one goes to the feed with its interval, or the venue's first") {
    changes.removed = {kBtc};
    changes.added = {{"binance_spot", "SOLUSDT", "1h"},
                     {"binance_spot", "SOLUSDT", "5m"},
                     {"binance_spot", "ETHUSDT", "1m"},  // there already
                     {"okx", "BTC-USDT", "1m"}};         // no feed of that venue
    const SeriesPlan plan = plan_series(config, changes);
    CHECK(names_of(plan, 0) == std::vector<std::string>{"ETHUSDT 1m", "SOLUSDT 5m"});
    CHECK(names_of(plan, 1) == std::vector<std::string>{"BTCUSDT 1h", "SOLUSDT 1h"});
    CHECK(plan.configured.contains(kBtc));
  }
  SECTION("all removed: it starts all the same, and waits for more") {
    changes.removed = plan_series(config, {}).configured;
    const SeriesPlan plan = plan_series(config, changes);
    CHECK(plan.catalog.size() == 0);
    CHECK(plan.catalog.venues() == std::vector<std::string>{"binance_spot"});
  }
}

TEST_CASE("a catalog with room takes so many more of its venues, and moves none", "[engine][catalog]") {
  core::Catalog catalog;
  const auto minute = *core::Interval::parse("1m");
  REQUIRE(catalog.add("binance_spot", "BTCUSDT", minute) == 0);
  catalog.make_room(2);
  const core::Series* const first = &catalog[0];
  CHECK_FALSE(catalog.add("binance_spot", "BTCUSDT", minute));
  CHECK_FALSE(catalog.add("okx", "BTC-USDT", minute));
  CHECK(catalog.add("binance_spot", "ETHUSDT", minute) == 1);
  CHECK(catalog.add("binance_spot", "SOLUSDT", minute) == 2);
  CHECK_FALSE(catalog.add("binance_spot", "XRPUSDT", minute));
  CHECK(&catalog[0] == first);
  CHECK(catalog.find("binance_spot", "SOLUSDT", minute) == 2);
  CHECK(catalog.size() == 3);
}

}  // namespace lockstep::engine::test
