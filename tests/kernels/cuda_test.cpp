// The CUDA backend without a GPU: its kernels run by the host, thread by thread, against AtcState.
#include "kernels/cuda/cuda_backend.hpp"

#include "kernels/cuda/specialise.hpp"
#include "tests/kernels/batch_rig.hpp"
#include "tests/kernels/host_device.hpp"
#include "tests/kernels/random_cases.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

BatchOptions with_cuda(int threads = 2, int chunk_bars = 0) {
  BatchOptions options;
  options.backend = Backend::cuda;
  options.threads = threads;
  options.chunk_bars = chunk_bars;
  return options;
}

std::string difference_to_states(const std::vector<BatchCase>& cases) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string difference = difference_to_state(cases[i]);
    if (!difference.empty()) return "series " + std::to_string(i) + ": " + difference;
  }
  return {};
}

std::vector<BatchCase> walks(std::size_t count, std::size_t bars, const AtcConfig& config) {
  Rng rng(bars);
  const auto params = AtcParams::create(config, 2);
  std::vector<BatchCase> cases(count);
  for (BatchCase& one : cases) {
    one.params = params;
    one.bars = random_bars(rng, bars + static_cast<std::size_t>(rng.between(0, 40)), 10'000'000);
  }
  return cases;
}

AtcConfig all_of_length(int length, Robustness robustness) {
  AtcConfig config;
  config.lengths.fill(length);
  config.robustness = robustness;
  return config;
}

}  // namespace

TEST_CASE("CUDA kernels equal AtcState to the bit, in any order of threads, split in any way",
          "[kernels][cuda]") {
  int split = 0;
  for (int seed = 0; seed < draws(400); ++seed) {
    Rng rng(static_cast<std::uint64_t>(seed) + 5'000'000);
    std::vector<BatchCase> cases = random_cases(rng);
    if (rng.chance(10)) {
      // More than one group of 32.
      std::vector<BatchCase> more = random_cases(rng);
      for (int i = 0; i < 40; ++i) {
        BatchCase& one = more[static_cast<std::size_t>(i) % more.size()];
        BatchCase next;
        next.params = cases[0].params;
        next.bars = one.bars;
        next.first_bar = one.first_bar;
        cases.push_back(std::move(next));
      }
    }
    HostDevice::Settings settings;
    settings.order = static_cast<ThreadOrder>(rng.between(0, 2));
    const bool is_small = rng.chance(50);
    if (is_small) settings.memory_bytes = static_cast<std::size_t>(rng.between(1'500'000, 5'000'000));
    HostDevice device(settings);
    const PlantedDevice planted(device);
    Batch batch(with_cuda(static_cast<int>(rng.between(1, 3)),
                          rng.chance(50) ? 0 : static_cast<int>(rng.between(1, 200))));
    const BatchReport report = recompute(batch, cases);
    CAPTURE(seed);
    if (is_small && report.backend != Backend::cuda) {
      REQUIRE_THAT(report.failures.front().reason, Catch::Contains("not enough free memory on the device"));
    } else {
      REQUIRE(report.backend == Backend::cuda);
      REQUIRE(report.failures.empty());
    }
    int launches = 0;
    for (const auto& [name, count] : device.launches()) launches += count;
    split += launches > 2;
    REQUIRE(device.most_bytes() <= settings.memory_bytes);
    REQUIRE(difference_to_states(cases) == "");
  }
  REQUIRE(split > draws(400) / 4);
}

TEST_CASE("hot configurations have kernels of their own, which give the same bits", "[kernels][cuda]") {
  struct Hot {
    const char* kernel;
    AtcConfig config;
  };
  AtcConfig ema, kama;
  ema.enabled = {true, false, false, false, false, false};
  kama.enabled = {false, false, false, false, false, true};
  const Hot hot[] = {{"medium_28", {}},
                     {"narrow_28", all_of_length(28, Robustness::narrow)},
                     {"wide_28", all_of_length(28, Robustness::wide)},
                     {"medium_14", all_of_length(14, Robustness::medium)},
                     {"ema_28", ema},
                     {"kama_28", kama}};
  for (const Hot& one : hot) {
    CAPTURE(one.kernel);
    for (const bool has_members : {false, true}) {
      std::vector<BatchCase> cases = walks(40, 400, one.config);
      for (BatchCase& series : cases) series.has_members = has_members;
      HostDevice device;
      const PlantedDevice planted(device);
      Batch batch(with_cuda());
      REQUIRE(recompute(batch, cases).backend == Backend::cuda);
      REQUIRE(device.launches().at(one.kernel) > 0);
      REQUIRE(difference_to_states(cases) == "");
    }
  }
  REQUIRE(!cuda::hot_kernel(all_of_length(29, Robustness::medium)));
  AtcConfig hull;
  hull.hma = HmaKind::hull;
  REQUIRE(!cuda::hot_kernel(hull));
}

TEST_CASE("with little memory on the device the work is split by series and by time", "[kernels][cuda]") {
  std::vector<BatchCase> cases = walks(70, 2000, {});
  HostDevice::Settings settings;
  settings.memory_bytes = 3'000'000;  // all of it would be 30 MB
  HostDevice device(settings);
  const PlantedDevice planted(device);
  Batch batch(with_cuda());
  const BatchReport report = recompute(batch, cases);
  REQUIRE(report.backend == Backend::cuda);
  REQUIRE(device.launches().at("medium_28") > 20);
  REQUIRE(device.most_bytes() <= settings.memory_bytes);
  REQUIRE(difference_to_states(cases) == "");
}

TEST_CASE("a device without room, or that fails at any moment, is followed by the next backend",
          "[kernels][cuda]") {
  std::vector<BatchCase> cases = walks(40, 200, {});
  HostDevice::Settings settings;
  int failed = 0;
  const auto require_taken_over = [&](const std::string& reason) {
    HostDevice device(settings);
    const PlantedDevice planted(device);
    Batch batch(with_cuda());
    const BatchReport report = recompute(batch, cases);
    REQUIRE(difference_to_states(cases) == "");
    if (report.backend == Backend::cuda) return false;
    REQUIRE(report.failures.size() == 1);
    REQUIRE(report.failures[0].backend == Backend::cuda);
    REQUIRE_THAT(report.failures[0].reason, Catch::Contains(reason));
    return true;
  };
  settings.memory_bytes = 100'000;
  REQUIRE(require_taken_over("not enough free memory on the device"));
  settings = {};
  for (int operation = 0; operation < 40; ++operation) {
    settings.operations_until_failure = operation;
    CAPTURE(operation);
    failed += require_taken_over("a planted fault of the device");
  }
  REQUIRE(failed > 10);
  REQUIRE(failed < 40);
}

TEST_CASE("without a GPU the reason is said once, and others do the work", "[kernels][cuda]") {
  cuda::plant_device(nullptr);
  const auto reason = cuda::why_not_cuda();
  if (!reason) return;  // there is one: every other test uses it
  REQUIRE(!reason->empty());
  std::vector<BatchCase> cases = walks(3, 100, {});
  REQUIRE(why_not(Backend::cuda) == reason);
  const auto notice = missing_gpu_notice();
  REQUIRE((!notice || notice == reason));  // a build without kernels has nothing to say
  REQUIRE(!missing_gpu_notice());
  Batch batch(with_cuda());
  const BatchReport report = recompute(batch, cases);
  REQUIRE(report.backend != Backend::cuda);
  REQUIRE(report.failures.at(0).reason == *reason);
  REQUIRE(difference_to_states(cases) == "");
}
