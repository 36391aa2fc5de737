// `lockstep scan`: each row is what compute says of the last bar, whatever the company.
#include "tools/scan_command.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <sstream>

#include "incremental/anchored_state.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/tools/temporary_folder.hpp"

using namespace lockstep;
using namespace lockstep::test;
using Json = nlohmann::json;

namespace {

struct ScanRun {
  int exit_code;
  std::string out, errors;
};

ScanRun run_scan(const tools::ScanOptions& options) {
  std::ostringstream out, errors;
  const int exit_code = tools::run_scan(options, out, errors);
  return {exit_code, out.str(), errors.str()};
}

constexpr std::int64_t kFirstMs = 1'700'000'040'000;

std::vector<BarTicks> bars_of(std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  std::vector<BarTicks> bars = random_bars(rng, count, 1'000'000);
  for (BarTicks& bar : bars) bar.ts_open_ms += kFirstMs;
  return bars;
}

std::string csv(const std::vector<BarTicks>& bars) {
  std::ostringstream text;
  text << "ts_ms,open,high,low,close\n";
  for (const BarTicks& bar : bars)
    text << bar.ts_open_ms << ',' << bar.open << ',' << bar.high << ',' << bar.low << ',' << bar.close
         << '\n';
  return text.str();
}

Outputs last_of(const std::vector<BarTicks>& bars, const Anchor& anchor) {
  AnchoredState state(AtcParams::create({}, 0), anchor, 60'000);
  Outputs out;
  for (const BarTicks& bar : bars) REQUIRE(state.commit(bar, out) == Status::ok);
  return out;
}

/// A scan of files with these numbers of bars, as JSON.
struct Market {
  TemporaryFolder folder;
  std::vector<std::vector<BarTicks>> bars;
  tools::ScanOptions options;

  explicit Market(std::vector<std::size_t> counts) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      bars.push_back(bars_of(i + 1, counts[i]));
      options.files.push_back(folder.write("s" + std::to_string(i) + ".csv", csv(bars.back())));
    }
    options.bars.interval = "1m";
    options.is_json = true;
  }
};

}  // namespace

TEST_CASE("scan gives the bits of the last bar, series by series", "[tools][scan]") {
  Market market({700, 333, 450, 10, 699, 1200, 500, 501, 502, 503});
  const bool is_rolling = GENERATE(false, true);
  const Anchor anchor = is_rolling ? Anchor{Anchor::Kind::rolling, 0, 100, 9} : Anchor{};
  if (is_rolling)
    market.options.bars.config = market.folder.write("c.toml", "[engine]\nanchor = \"rolling:100/9\"\n");
  const ScanRun run = run_scan(market.options);
  CAPTURE(run.errors);
  REQUIRE(run.exit_code == 0);
  const Json rows = Json::parse(run.out);
  REQUIRE(rows.size() == market.bars.size());
  for (const Json& row : rows) {
    const auto name = row["series"].get<std::string>();
    const auto at =
        static_cast<std::size_t>(std::find(market.options.files.begin(), market.options.files.end(), name) -
                                 market.options.files.begin());
    REQUIRE(at < market.bars.size());
    const Outputs expected = last_of(market.bars[at], anchor);
    CAPTURE(name);
    CHECK(row["ts_ms"] == market.bars[at].back().ts_open_ms);
    CHECK(row["direction"] == expected.direction);
    CHECK(row["average_signal"].is_null() == (expected.average != expected.average));
    if (row["average_signal"].is_null()) continue;
    CHECK(std::bit_cast<std::uint64_t>(row["average_signal"].get<double>()) ==
          std::bit_cast<std::uint64_t>(expected.average));
    CHECK(std::bit_cast<std::uint64_t>(row["kama_signal"].get<double>()) ==
          std::bit_cast<std::uint64_t>(expected.signal[5]));
  }
}

TEST_CASE("scan ranks, highest first, what is warming up last", "[tools][scan]") {
  Market market({700, 10, 600, 500});
  const std::string sort = GENERATE(as<std::string>(), "average", "wma");
  market.options.sort = sort;
  market.options.is_ascending = GENERATE(false, true);
  const Json rows = Json::parse(run_scan(market.options).out);
  REQUIRE(rows.size() == 4);
  const std::string key = sort + "_signal";
  for (std::size_t i = 0; i + 2 < rows.size(); ++i) {
    const double first = rows[i][key], second = rows[i + 1][key];
    CHECK((market.options.is_ascending ? first <= second : first >= second));
  }
  CHECK(rows.back()["warm"] == false);
  market.options.limit = 2;
  const Json top = Json::parse(run_scan(market.options).out);
  REQUIRE(top.size() == 2);
  CHECK(top[0] == rows[0]);
}

TEST_CASE("a file that cannot be used is named and does not stop the others", "[tools][scan]") {
  Market market({300, 300});
  market.options.files.insert(market.options.files.begin(),
                              market.folder.write("bad.csv", "ts_ms,close\n1700000040000,abc\n"));
  market.options.files.push_back(market.folder.path("missing.csv"));
  const ScanRun run = run_scan(market.options);
  CHECK(run.exit_code == 3);
  CHECK(Json::parse(run.out).size() == 2);
  CHECK_THAT(run.errors,
             Catch::Contains("bad.csv") && Catch::Contains("abc") && Catch::Contains("missing.csv"));
}

TEST_CASE("wrong usage of scan says what would be right", "[tools][scan]") {
  Market market({300});
  SECTION("sort") {
    market.options.sort = "sma";
    const ScanRun run = run_scan(market.options);
    CHECK(run.exit_code == 2);
    CHECK_THAT(run.errors, Catch::Contains("--sort sma") && Catch::Contains("kama"));
  }
  SECTION("backend") {
    market.options.backend = "sse9";
    const ScanRun run = run_scan(market.options);
    CHECK(run.exit_code == 2);
    CHECK_THAT(run.errors, Catch::Contains("sse9") && Catch::Contains("scalar"));
  }
  SECTION("nothing to scan") {
    market.options.files.clear();
    CHECK(run_scan(market.options).exit_code == 2);
  }
}

TEST_CASE("the table of scan has a row a series", "[tools][scan]") {
  Market market({700, 10});
  market.options.is_json = false;
  const ScanRun run = run_scan(market.options);
  CHECK(run.exit_code == 0);
  CHECK_THAT(run.out, Catch::Contains("rank") && Catch::Contains("s0.csv") && Catch::Contains("s1.csv"));
  CHECK_THAT(run.errors, Catch::Contains("2 series, 710 bars"));
}
