// Random settings, series, company, chunks and threads: every backend against AtcState, to the bit.
#include "tests/kernels/batch_rig.hpp"
#include "tests/kernels/random_cases.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("every backend equals AtcState to the bit, whatever the settings, company, chunks and threads",
          "[kernels][property]") {
  const Backend backend = GENERATE(from_range(tested_backends()));
  CAPTURE(to_string(backend));
  std::size_t bars = 0, refused = 0;
  for (int seed = 0; seed < draws(1500); ++seed) {
    Rng rng(static_cast<std::uint64_t>(seed));
    std::vector<BatchCase> cases = random_cases(rng);
    BatchOptions options;
    options.backend = backend;
    options.threads = static_cast<int>(rng.between(1, 4));
    options.chunk_bars = rng.chance(50) ? 0 : static_cast<int>(rng.between(1, 200));
    Batch batch(options);
    const BatchReport report = recompute(batch, cases);
    REQUIRE(report.backend == backend);
    REQUIRE(report.failures.empty());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const std::string difference = difference_to_state(cases[i]);
      if (!difference.empty()) FAIL("seed " << seed << " series " << i << ": " << difference);
      bars += cases[i].bars.size();
      refused += cases[i].result.status != Status::ok;
    }
  }
  REQUIRE(bars > static_cast<std::size_t>(draws(1500)) * 60);
  REQUIRE(refused > static_cast<std::size_t>(draws(1500)) / 15);
}

TEST_CASE("end states go on live for 500 bars as if they had committed every bar themselves",
          "[kernels][property]") {
  const Backend backend = GENERATE(from_range(tested_backends()));
  CAPTURE(to_string(backend));
  for (int seed = 0; seed < draws(150); ++seed) {
    Rng rng(static_cast<std::uint64_t>(seed) + 1'000'000);
    std::vector<BatchCase> cases = random_cases(rng);
    std::vector<BatchCase> whole(cases.size());
    std::vector<std::vector<BarTicks>> live(cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      cases[i].has_end_state = true;
      cases[i].bars = random_bars(rng, cases[i].bars.size() + 500, 1'000'000);
      live[i].assign(cases[i].bars.end() - 500, cases[i].bars.end());
      cases[i].bars.resize(cases[i].bars.size() - 500);
    }
    BatchOptions options;
    options.backend = backend;
    Batch batch(options);
    recompute(batch, cases);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      BatchCase expected;
      expected.params = cases[i].params;
      expected.bars = cases[i].bars;
      commit_all(expected);
      if (expected.result.status != Status::ok) continue;
      for (const BarTicks& bar : live[i]) {
        Outputs want, got, peeked;
        const Status peek = cases[i].end_state->peek(bar, peeked);
        const Status status = cases[i].end_state->commit(bar, got);
        const Status wanted = expected.end_state->commit(bar, want);
        if (status != wanted || peek != wanted)
          FAIL("seed " << seed << " series " << i << ": " << to_string(status));
        if (wanted != Status::ok) break;
        std::string difference = first_difference(want, got);
        if (difference.empty()) difference = first_difference(want, peeked);
        if (!difference.empty()) FAIL("seed " << seed << " series " << i << ": " << difference);
      }
      CAPTURE(seed, i);
      REQUIRE(bytes_of(*cases[i].end_state) == bytes_of(*expected.end_state));
      REQUIRE(cases[i].end_state->digest() == expected.end_state->digest());
    }
  }
}

TEST_CASE("a long series equals AtcState to the bit, alone and in company", "[kernels][property]") {
  const Backend backend = GENERATE(from_range(tested_backends()));
  CAPTURE(to_string(backend));
  for (int seed = 0; seed < draws(6); ++seed) {
    Rng rng(static_cast<std::uint64_t>(seed) + 2'000'000);
    AtcConfig config = random_config(rng, 40);
    config.lambda = 0.02;
    const auto params = AtcParams::create(config, 4);
    std::vector<BatchCase> cases(seed % 2 == 0 ? 1 : 9);
    for (BatchCase& one : cases) {
      one.params = params;
      one.bars =
          random_bars(rng, 12'000 + static_cast<std::size_t>(rng.between(0, 500)), params->price_ticks_max());
    }
    BatchOptions options;
    options.backend = backend;
    Batch batch(options);
    recompute(batch, cases);
    for (const BatchCase& one : cases) {
      BatchCase expected;
      expected.params = params;
      expected.bars = one.bars;
      commit_all(expected);
      CAPTURE(seed);
      REQUIRE(first_difference(expected, one) == "");
    }
  }
}
