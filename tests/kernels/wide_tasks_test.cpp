#include "kernels/detail/wide_tasks.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"

using namespace lockstep;
using namespace lockstep::detail;

TEST_CASE("SIMD groups take the longest series first, and every series once", "[kernels][wide_tasks]") {
  const std::vector<std::int64_t> closes(1000, 5);
  for (int seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    test::Rng rng(static_cast<std::uint64_t>(seed));
    std::vector<BatchSeries> series(static_cast<std::size_t>(rng.between(1, 60)));
    for (BatchSeries& one : series)
      one.closes = std::span(closes).first(static_cast<std::size_t>(rng.between(0, 999)));
    const std::int64_t bars_max = rng.chance(50) ? 1000 : 900;
    const WideTasks plan = plan_wide_tasks(series, bars_max);
    std::vector<int> taken(series.size());
    std::int64_t before = 1000;
    std::size_t next = 0;
    int alone = 0;
    for (const WideTask& task : plan.tasks) {
      REQUIRE(task.first == next);
      REQUIRE((task.count == 1 || (task.count >= kLanesMin && task.count <= 8)));
      for (int i = 0; i < task.count; ++i, ++next) {
        const std::size_t at = plan.order[next];
        ++taken[at];
        REQUIRE(series[at].size() <= before);
        before = series[at].size();
        if (before > bars_max) REQUIRE(task.count == 1);
      }
      alone += task.count == 1 && before <= bars_max;
    }
    REQUIRE(next == series.size());
    REQUIRE(std::count(taken.begin(), taken.end(), 1) == static_cast<std::ptrdiff_t>(taken.size()));
    REQUIRE(alone < kLanesMin);
  }
}
