// The front door: what goes in, what comes out, what is refused, who takes over.
#include "kernels/batch.hpp"

#include <new>
#include <stdexcept>

#include "kernels/cost_model.hpp"
#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/detail/fault.hpp"
#include "tests/kernels/batch_rig.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

BatchOptions with(Backend backend) {
  BatchOptions options;
  options.backend = backend;
  return options;
}

std::vector<BatchCase> some_cases(std::size_t count, const AtcConfig& config = {}) {
  Rng rng(count);
  std::vector<BatchCase> cases(count);
  for (BatchCase& one : cases) {
    one.params = AtcParams::create(config, 2);
    one.bars = random_bars(rng, 150 + 7 * static_cast<std::size_t>(rng.between(0, 20)), 10'000'000);
  }
  return cases;
}

void require_as_committed(const std::vector<BatchCase>& cases) {
  for (const BatchCase& one : cases) REQUIRE(difference_to_state(one) == "");
}

Backend fastest_of_cpu() {
  Backend fastest = Backend::scalar;
  for (const Backend backend : available_backends()) {
    if (backend != Backend::cuda) fastest = backend;
  }
  return fastest;
}

struct PlantedUntilEnd {
  explicit PlantedUntilEnd(const detail::PlantedFault& fault) { detail::plant_fault(fault); }
  ~PlantedUntilEnd() { detail::plant_fault(std::nullopt); }
};

}  // namespace

TEST_CASE("no series and series without bars are fine", "[kernels][batch]") {
  Batch batch;
  std::vector<BatchCase> none;
  REQUIRE(recompute(batch, none).failures.empty());
  for (const Backend backend : tested_backends()) {
    Batch one_backend(with(backend));
    std::vector<BatchCase> cases = some_cases(9);
    for (BatchCase& one : cases) one.bars.clear();
    cases[4].bars = some_cases(1)[0].bars;
    recompute(one_backend, cases);
    require_as_committed(cases);
  }
}

TEST_CASE("a batch object can be used again, for other work and other settings", "[kernels][batch]") {
  for (const Backend backend : tested_backends()) {
    Batch batch(with(backend));
    for (const double lambda : {0.02, 0.5, 0.02}) {
      AtcConfig config;
      config.lambda = lambda;
      std::vector<BatchCase> cases = some_cases(11, config);
      recompute(batch, cases);
      require_as_committed(cases);
    }
  }
}

TEST_CASE("closes alone are bars of one price each", "[kernels][batch]") {
  const Source source = GENERATE(Source::close, Source::open, Source::hl2, Source::hlc3, Source::ohlc4);
  AtcConfig config;
  config.source = source;
  std::vector<BatchCase> cases = some_cases(9, config);
  std::vector<std::vector<std::int64_t>> closes(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    for (std::size_t t = 0; t < cases[i].bars.size(); ++t) {
      const std::int64_t close = cases[i].bars[t].close;
      closes[i].push_back(close);
      cases[i].bars[t] = {static_cast<std::int64_t>(t), close, close, close, close};
    }
  }
  closes[3][50] = 0;
  cases[3].bars[50] = {50, 0, 0, 0, 0};
  for (const Backend backend : tested_backends()) {
    CAPTURE(to_string(backend), to_string(source));
    std::vector<BatchSeries> series(cases.size());
    std::vector<BatchResult> results(cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      cases[i].end_state = std::make_unique<AtcState>(cases[i].params);
      series[i].params = cases[i].params.get();
      series[i].closes = closes[i];
      series[i].end_state = cases[i].end_state.get();
      cases[i].columns.give(series[i].out, series[i].size(), false);
    }
    Batch(with(backend)).recompute(series, results);
    for (std::size_t i = 0; i < cases.size(); ++i) cases[i].result = results[i];
    require_as_committed(cases);
  }
}

TEST_CASE("only the outputs that are wanted are written", "[kernels][batch]") {
  for (const Backend backend : tested_backends()) {
    CAPTURE(to_string(backend));
    std::vector<BatchCase> cases = some_cases(10);
    std::vector<BatchSeries> series(cases.size());
    std::vector<BatchResult> results(cases.size());
    std::vector<std::vector<double>> kama(cases.size());
    std::vector<std::vector<TradeEvent>> events(cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      series[i].params = cases[i].params.get();
      series[i].bars = cases[i].bars;
      kama[i].assign(cases[i].bars.size() + 2, -1);
      events[i].assign(cases[i].bars.size(), TradeEvent::none);
      if (i % 2 == 0) series[i].out.equity[5] = kama[i].data() + 1;
      if (i % 3 == 0) series[i].out.event = events[i].data();
    }
    Batch(with(backend)).recompute(series, results);
    for (std::size_t i = 0; i < cases.size(); ++i) {
      commit_all(cases[i]);
      REQUIRE(kama[i].front() == -1);
      REQUIRE(kama[i].back() == -1);
      const std::vector<double> inside(kama[i].begin() + 1, kama[i].end() - 1);
      require_same_bits(i % 2 == 0 ? cases[i].columns.equity[5] : std::vector<double>(inside.size(), -1),
                        inside);
      if (i % 3 == 0) REQUIRE(events[i] == cases[i].columns.event);
    }
  }
}

TEST_CASE("a refused bar ends its own series and no other", "[kernels][batch]") {
  for (const Backend backend : tested_backends()) {
    CAPTURE(to_string(backend));
    std::vector<BatchCase> cases = some_cases(8);
    cases[2].bars[77].low = -1;
    cases[5].bars[0].close = 0;
    Batch batch(with(backend));
    recompute(batch, cases);
    REQUIRE(cases[2].result == BatchResult{77, Status::price_not_positive});
    REQUIRE(cases[5].result == BatchResult{0, Status::price_not_positive});
    REQUIRE(is_undefined(cases[2].columns.average[77]));
    REQUIRE(cases[2].end_state->bars() == 77);
    require_as_committed(cases);
  }
}

TEST_CASE("growth and equities that are not finite are refused as a state refuses them", "[kernels][batch]") {
  AtcConfig config;
  config.lambda = 6'000;
  config.decay = 0;
  for (const Backend backend : tested_backends()) {
    CAPTURE(to_string(backend));
    std::vector<BatchCase> cases = some_cases(9, config);
    Batch batch(with(backend));
    recompute(batch, cases);
    std::size_t of_growth = 0;
    for (const BatchCase& one : cases) {
      REQUIRE(one.result.status != Status::ok);
      of_growth += one.result.status == Status::growth_not_finite;
    }
    REQUIRE(of_growth > 0);
    REQUIRE(of_growth < cases.size());
    require_as_committed(cases);
  }
}

TEST_CASE("a wrong call says what is wrong and writes nothing", "[kernels][batch]") {
  std::vector<BatchCase> cases = some_cases(2);
  AtcConfig other;
  other.decay = 1;
  const auto other_params = AtcParams::create(other, 2);
  std::vector<BatchSeries> series(2);
  std::vector<BatchResult> results(2);
  for (std::size_t i = 0; i < 2; ++i) {
    series[i].params = cases[i].params.get();
    series[i].bars = cases[i].bars;
  }
  std::vector<double> average(cases[0].bars.size(), -1);
  series[0].out.average = average.data();
  const auto require_refused = [&](const std::string& text) {
    REQUIRE_THROWS_WITH(Batch().recompute(series, results), Catch::Contains(text));
    REQUIRE(average[0] == -1);
  };
  SECTION("no parameters") {
    series[1].params = nullptr;
    require_refused("series 1: params is null");
  }
  SECTION("two configurations") {
    series[1].params = other_params.get();
    require_refused("series 1: its configuration is not that of series 0");
  }
  SECTION("an end state of another configuration") {
    AtcState state(other_params);
    series[1].end_state = &state;
    require_refused("series 1: end_state has another configuration");
  }
  SECTION("bars and closes") {
    const std::int64_t close = 5;
    series[1].closes = {&close, 1};
    require_refused("series 1: give bars or closes, not both");
  }
  SECTION("a first bar below 0") {
    series[0].out.first_bar = -3;
    require_refused("series 0: first_bar = -3: must be 0 or more");
  }
  SECTION("too few results") {
    REQUIRE_THROWS_WITH(Batch().recompute(series, std::span(results).first(1)),
                        Catch::Contains("2 series, but room for 1 results"));
  }
}

TEST_CASE("a backend that fails is followed by the next one, with complete and equal results",
          "[kernels][batch]") {
  const auto available = tested_backends();
  for (const Backend failing : available) {
    if (failing == Backend::scalar) continue;
    CAPTURE(to_string(failing));
    detail::PlantedFault fault;
    fault.backend = failing;
    fault.fails = true;
    const PlantedUntilEnd planted(fault);
    std::vector<BatchCase> cases = some_cases(9);
    Batch batch(with(failing));
    const BatchReport report = recompute(batch, cases);
    REQUIRE(report.backend < failing);
    REQUIRE(report.failures.size() == 1);
    REQUIRE(report.failures[0].backend == failing);
    REQUIRE(report.failures[0].reason == "a planted fault");
    require_as_committed(cases);
  }
}

TEST_CASE("a planted fault of one ulp is in the outputs", "[kernels][batch]") {
  for (const Backend backend : tested_backends()) {
    detail::PlantedFault fault;
    fault.backend = backend;
    fault.bar = 123;
    fault.field = 9;
    const PlantedUntilEnd planted(fault);
    std::vector<BatchCase> cases = some_cases(9);
    Batch batch(with(backend));
    recompute(batch, cases);
    BatchCase expected;
    expected.params = cases[0].params;
    expected.bars = cases[0].bars;
    commit_all(expected);
    REQUIRE_THAT(first_difference(expected, cases[0]),
                 Catch::Contains("wma equity") && Catch::Contains("123"));
  }
}

TEST_CASE("names of backends read back", "[kernels][batch]") {
  for (const Backend backend : {Backend::scalar, Backend::avx2, Backend::avx512, Backend::cuda}) {
    REQUIRE(parse_backend(to_string(backend)) == backend);
  }
  REQUIRE(!parse_backend("sse9"));
  REQUIRE(available_backends().front() == Backend::scalar);
}

TEST_CASE("the choice of a backend follows the size of the work, and can be overridden", "[kernels][batch]") {
  const auto chosen = [](std::int64_t series, std::int64_t bars, const BatchOptions& options = {}) {
    return choose_backend({series, series * bars, bars, false}, options);
  };
  cuda::plant_device(nullptr);
  // A GPU may be faster or not; of the CPU's backends the last one is the fastest.
  const Backend large = chosen(1000, 1500).backend;
  REQUIRE((large == Backend::cuda || large == fastest_of_cpu()));
  REQUIRE(chosen(1, 10).backend == Backend::scalar);
  REQUIRE(chosen(1, 10).threads == 1);
  BatchOptions options;
  options.threads = 3;
  REQUIRE(chosen(1000, 1500, options).threads == 3);
  REQUIRE(chosen(1000, 1500).estimates.size() == available_backends().size());
  REQUIRE_THAT(chosen(1000, 1500).why, Catch::Contains("1000 series"));
  options.backend = Backend::scalar;
  REQUIRE(chosen(1000, 1500, options).backend == Backend::scalar);
}
