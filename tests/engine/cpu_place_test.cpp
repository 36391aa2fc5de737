#include "engine/cpu_place.hpp"

#include <thread>

#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

cpu_set_t own_cpus() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  REQUIRE(sched_getaffinity(0, sizeof cpus, &cpus) == 0);
  return cpus;
}

int first_cpu(const cpu_set_t& cpus) {
  int cpu = 0;
  while (!CPU_ISSET(cpu, &cpus)) ++cpu;
  return cpu;
}

TEST_CASE("who retreats from the spinning threads' CPUs leaves them, and comes back", "[engine][cpu_place]") {
  const std::size_t count = cpu_count();
  const cpu_set_t before = own_cpus();
  {
    const CpuRetreat retreat(1);
    const cpu_set_t away = own_cpus();
    CHECK(CPU_COUNT(&away) == (count > 1 ? static_cast<int>(count) - 1 : 1));
    if (count > 1) CHECK_FALSE(CPU_ISSET(first_cpu(before), &away));
    CHECK(cpu_count() == count);  // of the process, whoever asks
    cpu_set_t spinning;
    std::thread([&] {
      stay_on_cpu(0);  // started by one that is away, and yet in its own place
      spinning = own_cpus();
    }).join();
    if (count > 1) CHECK(CPU_COUNT(&spinning) == 1);
    if (count > 1) CHECK(CPU_ISSET(first_cpu(before), &spinning));
  }
  const cpu_set_t after = own_cpus();
  CHECK(CPU_EQUAL(&after, &before));
}

TEST_CASE("nobody retreats from nothing, or where no CPU would be left", "[engine][cpu_place]") {
  const cpu_set_t before = own_cpus();
  for (const std::size_t spinning : {std::size_t{0}, cpu_count(), cpu_count() + 1}) {
    const CpuRetreat retreat(spinning);
    const cpu_set_t now = own_cpus();
    CHECK(CPU_EQUAL(&now, &before));
  }
}

TEST_CASE("short slices leave a thread's policy as it was", "[engine][cpu_place]") {
  int asked = -1, batch = -1;
  std::thread([&] {
    ask_for_short_slices();
    asked = sched_getscheduler(0);
    const sched_param none{};
    sched_setscheduler(0, SCHED_BATCH, &none);
    ask_for_short_slices();
    batch = sched_getscheduler(0);
  }).join();
  CHECK(asked == SCHED_OTHER);
  CHECK(batch == SCHED_BATCH);
}

}  // namespace
}  // namespace lockstep::engine
