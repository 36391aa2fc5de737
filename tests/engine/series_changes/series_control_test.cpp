// What SeriesControl remembers of changes, and whom it tells; without a daemon.
#include "engine/series_control.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/config.hpp"
#include "engine/daemon_plan.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::engine::test {
namespace {

const SeriesName kBtc{"binance_spot", "BTCUSDT", "1m"};
const SeriesName kNew{"binance_spot", "NEWUSDT", "1m"};

/// A control whose feed takes whatever it is asked for.
struct Controlled {
  explicit Controlled(SeriesChanges changes = {}, std::string file = {})
      : plan(plan_series(config, changes)) {
    catalog = std::move(plan.catalog);
    SeriesControl::Links links;
    links.begun = [](const core::Series&, std::size_t) {};
    links.add = [this](std::size_t, const std::vector<core::SeriesId>& ids) { note(added, ids); };
    links.remove = [this](std::size_t, const std::vector<core::SeriesId>& ids) { note(removed, ids); };
    links.look_up = [](std::size_t, const feeds::SymbolQuestion& question, const auto& done) {
      feeds::SymbolAnswer answer;
      for (const std::string& symbol : question.entries)
        answer.taken.push_back({symbol, *core::Interval::parse("1m")});
      done(answer);
    };
    control.emplace(config, catalog, plan, std::move(changes), std::move(file), std::move(links));
  }

  SeriesReport change(bool is_add, const std::string& symbol) {
    SeriesReport got;
    control->change({is_add, "binance_spot", {symbol}, {}},
                    [&](const SeriesReport& report) { got = report; });
    return got;
  }
  void note(std::vector<std::string>& symbols, const std::vector<core::SeriesId>& ids) {
    for (const core::SeriesId id : ids) symbols.push_back(catalog[id].symbol);
  }

  const Config config = parse_config(
      "[[feed]]\nvenue = \"binance_spot\"\nsymbols = [\"BTCUSDT\", \"ETHUSDT\"]\nintervals = [\"1m\"]\n",
      "test");
  SeriesPlan plan;
  core::Catalog catalog;
  std::vector<std::string> added, removed;  // what the feed was told
  std::optional<SeriesControl> control;
};

TEST_CASE("a symbol that was removed in an earlier start stays away when its pattern finds it again",
          "[engine][series_changes]") {
  Controlled test({{}, {kNew}});
  test.control->take_new(0, {"NEWUSDT", "OTHERUSDT"});
  CHECK(test.added == std::vector<std::string>{"OTHERUSDT"});
  // Until somebody adds it; as a pattern finds it, that is all there is to remember.
  CHECK(test.change(true, "NEWUSDT").changed == std::vector<SeriesName>{kNew});
  CHECK(test.added == std::vector<std::string>{"OTHERUSDT", "NEWUSDT"});
  CHECK(test.control->changes().removed.empty());
  CHECK(test.control->changes().added.empty());
}

TEST_CASE("what is removed, added again and removed once more is told each time",
          "[engine][series_changes]") {
  Controlled test;
  CHECK(test.change(false, "BTCUSDT").changed == std::vector<SeriesName>{kBtc});
  CHECK(test.change(false, "BTCUSDT").changed.empty());
  CHECK(test.change(true, "BTCUSDT").changed == std::vector<SeriesName>{kBtc});
  // It is of the configuration, so nothing has changed about it.
  CHECK(test.control->changes().added.empty());
  CHECK(test.control->changes().removed.empty());
  const SeriesReport again = test.change(true, "BTCUSDT");
  CHECK(again.changed.empty());
  CHECK(again.unchanged == std::vector<SeriesName>{kBtc});
  CHECK(test.change(false, "BTCUSDT").changed == std::vector<SeriesName>{kBtc});
  CHECK(test.added == std::vector<std::string>{"BTCUSDT"});
  CHECK(test.removed == std::vector<std::string>{"BTCUSDT", "BTCUSDT"});
}

TEST_CASE("a name that nothing matches is refused with the nearest one", "[engine][series_changes]") {
  Controlled test;
  const SeriesReport report = test.change(false, "BTCUSDX");
  REQUIRE(report.refused.size() == 1);
  CHECK(report.refused[0].reason == "symbol_unknown");
  CHECK(report.refused[0].nearest == "BTCUSDT");
  CHECK(test.removed.empty());
}

TEST_CASE("a change that cannot be written is done, and said not to be kept", "[engine][series_changes]") {
  const lockstep::test::TemporaryFolder folder;
  {
    Controlled test({}, folder.path("symbols.json"));
    CHECK(test.change(false, "BTCUSDT").is_kept);
  }
  CHECK(load_series_changes(folder.path("symbols.json")).removed.contains(kBtc));
  Controlled test({}, folder.path("no") + "/such/folder/symbols.json");
  const SeriesReport report = test.change(false, "BTCUSDT");
  CHECK(report.changed.size() == 1);
  CHECK_FALSE(report.is_kept);
  CHECK_FALSE(Controlled().change(false, "BTCUSDT").is_kept);
}

}  // namespace
}  // namespace lockstep::engine::test
