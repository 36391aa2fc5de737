// The registry, its histograms and the text that Prometheus reads.
#include <stdexcept>
#include <thread>

#include "engine/metrics/process.hpp"
#include "engine/metrics/registry.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::metrics {
namespace {

std::string text_of(const Registry& registry) {
  TextWriter out;
  registry.write(out);
  return out.take();
}

/// The first bound that is not exceeded, looked for one by one.
std::size_t slow_bucket(std::int64_t ns) {
  std::size_t bucket = 0;
  while (bucket < kLatencyBoundsNs.size() && ns > kLatencyBoundsNs[bucket]) ++bucket;
  return bucket;
}

TEST_CASE("a time falls into the first bucket whose bound it does not exceed", "[engine][metrics]") {
  for (const std::int64_t bound : kLatencyBoundsNs) {
    for (const std::int64_t ns : {bound - 1, bound, bound + 1}) {
      CAPTURE(ns);
      REQUIRE(latency_bucket(ns) == slow_bucket(ns));
    }
  }
  for (int bit = 0; bit < 63; ++bit) {
    const std::int64_t power = std::int64_t{1} << bit;
    CAPTURE(power);
    REQUIRE(latency_bucket(power) == slow_bucket(power));
    REQUIRE(latency_bucket(power - 1) == slow_bucket(power - 1));
  }
  CHECK(latency_bucket(0) == 0);
  CHECK(latency_bucket(-5) == 0);
  CHECK(latency_bucket(INT64_MAX) == kLatencyBoundsNs.size());
}

TEST_CASE("shares of several threads add up, and a reader may look meanwhile", "[engine][metrics]") {
  Latency latency;
  constexpr int kThreads = 3;
  constexpr int kEach = 20'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&share = latency.add_share()] {
      for (int i = 0; i < kEach; ++i) share.observe(1'500);
    });
  }
  for (int i = 0; i < 100; ++i) REQUIRE(latency.totals().counts[1] <= kThreads * kEach);
  for (std::thread& thread : threads) thread.join();
  const Latency::Totals totals = latency.totals();
  CHECK(totals.counts[1] == kThreads * kEach);
  CHECK(totals.sum_ns == std::uint64_t{1'500} * kThreads * kEach);
}

TEST_CASE("counters and gauges are written by family, labels escaped", "[engine][metrics]") {
  Registry registry;
  registry.counter("lockstep_a_total", "What a is.\nMore \\ of it.", {{"venue", "x\"y\\z\n"}}).add(3);
  registry.gauge("lockstep_b_seconds", "B.").set(0.25);
  registry.counter("lockstep_a_total", "ignored", {{"venue", "other"}}).add();
  CHECK(text_of(registry) ==
        "# HELP lockstep_a_total What a is.\\nMore \\\\ of it.\n"
        "# TYPE lockstep_a_total counter\n"
        "lockstep_a_total{venue=\"x\\\"y\\\\z\\n\"} 3\n"
        "lockstep_a_total{venue=\"other\"} 1\n"
        "# HELP lockstep_b_seconds B.\n"
        "# TYPE lockstep_b_seconds gauge\n"
        "lockstep_b_seconds 0.25\n");
}

TEST_CASE("a histogram is cumulative, and its count is that of its last bucket", "[engine][metrics]") {
  Registry registry;
  Latency& latency = registry.latency("lockstep_c_seconds", "C.", {{"stage", "queue"}});
  Latency::Share& share = latency.add_share();
  share.observe(900);
  share.observe(2'000);
  share.observe(60'000'000'000);
  const std::string text = text_of(registry);
  CAPTURE(text);
  CHECK(text.find("lockstep_c_seconds_bucket{stage=\"queue\",le=\"1e-06\"} 1\n") != std::string::npos);
  CHECK(text.find("lockstep_c_seconds_bucket{stage=\"queue\",le=\"2e-06\"} 2\n") != std::string::npos);
  CHECK(text.find("lockstep_c_seconds_bucket{stage=\"queue\",le=\"10\"} 2\n") != std::string::npos);
  CHECK(text.find("lockstep_c_seconds_bucket{stage=\"queue\",le=\"+Inf\"} 3\n") != std::string::npos);
  CHECK(text.find("lockstep_c_seconds_sum{stage=\"queue\"} 60.0000029\n") != std::string::npos);
  CHECK(text.find("lockstep_c_seconds_count{stage=\"queue\"} 3\n") != std::string::npos);
}

TEST_CASE("the registry gives the same metric for the same name and labels", "[engine][metrics]") {
  Registry registry;
  CHECK(&registry.counter("lockstep_a_total", "A.") == &registry.counter("lockstep_a_total", "A."));
  CHECK(&registry.counter("lockstep_a_total", "A.") !=
        &registry.counter("lockstep_a_total", "A.", {{"state", "gap"}}));
}

TEST_CASE("the registry refuses what Prometheus would not read, and labels without end",
          "[engine][metrics]") {
  Registry registry;
  CHECK_THROWS_AS(registry.counter("", "."), std::invalid_argument);
  CHECK_THROWS_AS(registry.counter("9lives", "."), std::invalid_argument);
  CHECK_THROWS_AS(registry.counter("has-dash", "."), std::invalid_argument);
  CHECK_THROWS_AS(registry.counter("lockstep_a_total", ".", {{"le", "1"}}), std::invalid_argument);
  registry.counter("lockstep_a_total", ".");
  CHECK_THROWS_AS(registry.gauge("lockstep_a_total", "."), std::invalid_argument);
  for (std::size_t i = 0; i < Registry::kValuesMax; ++i)
    registry.counter("lockstep_many_total", ".", {{"n", std::to_string(i)}});
  CHECK_THROWS_AS(registry.counter("lockstep_many_total", ".", {{"n", "more"}}), std::invalid_argument);
}

TEST_CASE("the process shows its memory, descriptors, CPU and start", "[engine][metrics]") {
  TextWriter out;
  write_process(out);
  const std::string text = out.take();
  CAPTURE(text);
  for (const char* name :
       {"process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds",
        "process_max_fds", "process_cpu_seconds_total", "process_start_time_seconds"}) {
    CHECK(text.find(std::string("\n") + name + " ") != std::string::npos);
  }
}

}  // namespace
}  // namespace lockstep::engine::metrics
