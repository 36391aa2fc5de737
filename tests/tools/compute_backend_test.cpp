// `lockstep compute --backend`: the same file from every backend.
#include <sstream>

#include "kernels/batch.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/tools/compute_run.hpp"
#include "tests/tools/temporary_folder.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

std::string random_csv(std::uint64_t seed, std::size_t count) {
  Rng rng(seed);
  std::ostringstream csv;
  csv << "ts_ms,open,high,low,close\n";
  for (BarTicks bar : random_bars(rng, count, 1'000'000)) {
    bar.ts_open_ms += 1'700'000'000'000 / 60'000 * 60'000;
    csv << bar.ts_open_ms << ',' << bar.open << ',' << bar.high << ',' << bar.low << ',' << bar.close << '\n';
  }
  return csv.str();
}

}  // namespace

TEST_CASE("compute writes the same file with every backend, whatever the anchor",
          "[tools][compute][kernels]") {
  const std::string config =
      GENERATE(as<std::string>(), "", "[engine]\nanchor = \"rolling:150/7\"\n",
               "[engine]\nanchor = \"rolling:40/1\"\n", "[engine]\nanchor = \"2024-01-01\"\n",
               "[atc]\nfamilies = [\"ema\", \"kama\"]\nstrategy = true\ncutout = 30\n");
  const bool has_members = GENERATE(false, true);
  CAPTURE(config, has_members);
  const TemporaryFolder folder;
  tools::ComputeOptions options;
  options.bars = folder.write("bars.csv", random_csv(3, 900));
  options.config = folder.write("config.toml", config);
  options.detail = has_members;
  options.out = folder.path("incremental.csv");
  REQUIRE(run_compute(options).exit_code == 0);
  const std::string expected = read_file(options.out);
  REQUIRE(expected.size() > 10'000);
  for (const Backend backend : available_backends()) {
    options.backend = to_string(backend);
    options.out = folder.path(options.backend + ".csv");
    CAPTURE(options.backend);
    const ComputeRun run = run_compute(options);
    REQUIRE(run.errors.find("did not do it") == std::string::npos);
    REQUIRE(run.exit_code == 0);
    REQUIRE(read_file(options.out) == expected);
  }
}

TEST_CASE("compute names the line of a bar that a batch refuses", "[tools][compute][kernels]") {
  const TemporaryFolder folder;
  tools::ComputeOptions options;
  options.bars = folder.write("bars.csv", random_csv(5, 300));
  options.config = folder.write("config.toml", "[atc]\nlambda = 5000\n");
  options.out = folder.path("out.csv");
  const std::string expected = run_compute(options).errors;
  REQUIRE_THAT(expected, Catch::Contains("bars.csv:"));
  for (const Backend backend : available_backends()) {
    options.backend = to_string(backend);
    const ComputeRun run = run_compute(options);
    CHECK(run.exit_code == 3);
    CHECK(run.errors == expected);
  }
}
