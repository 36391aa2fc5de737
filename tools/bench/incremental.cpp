// One bar through the indicator.
#include <span>
#include <stdexcept>

#include "incremental/anchored_state.hpp"
#include "incremental/detail/tables.hpp"
#include "incremental/state.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

/// Bars behind a state before it is timed: all windows are full, growth still comes from its table.
constexpr std::size_t kWarmBars = 1000;
/// The same, with growth computed at every bar.
constexpr std::size_t kManyBars = 10'000;
/// Bars timed in one go: few enough to stay in the second-level cache and within the table of growth.
constexpr std::size_t kTimedBars = 2'500;

void require_ok(Status status) {
  if (status != Status::ok)
    throw std::runtime_error(std::string("bench: a bar was refused: ") + to_string(status));
}

void commit_all(AtcState& state, std::span<const BarTicks> bars) {
  Outputs out;
  for (const BarTicks& bar : bars) require_ok(state.commit(bar, out));
}

struct Run {
  AtcState state;              ///< before the first timed bar
  std::vector<BarTicks> bars;  ///< to be timed
};

Run make_run(const std::shared_ptr<const AtcParams>& params, std::size_t bars_before) {
  PriceWalk walk(1, 0);
  AtcState state(params);
  commit_all(state, walk_bars(walk, bars_before));
  return {state, walk_bars(walk, kTimedBars)};
}

/// Median over repeats of the thread's CPU ns a bar; `pass` takes all bars of the run once.
template <class Pass>
double ns_per_bar(const Run& run, const BenchOptions& options, Pass pass) {
  const int repeats = options.is_quick ? 3 : 51;
  const int passes = options.is_quick ? 2 : 20;
  std::vector<double> ns;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    std::int64_t spent_ns = 0;
    for (int i = 0; i < passes; ++i) {
      AtcState state = run.state;
      const std::int64_t begin_ns = thread_cpu_ns();
      pass(state);
      spent_ns += thread_cpu_ns() - begin_ns;
    }
    ns.push_back(static_cast<double>(spent_ns) / (static_cast<double>(run.bars.size()) * passes));
  }
  return rounded(median(ns), 2);
}

double commit_ns(const Run& run, const BenchOptions& options) {
  return ns_per_bar(run, options, [&](AtcState& state) { commit_all(state, run.bars); });
}

double peek_ns(const Run& run, const BenchOptions& options) {
  return ns_per_bar(run, options, [&](const AtcState& state) {
    Outputs out;
    for (const BarTicks& bar : run.bars) require_ok(state.peek(bar, out));
  });
}

}  // namespace

Json measure_incremental(const BenchOptions& options) {
  const auto params = AtcParams::create({}, kWalkScale);
  const Run run = make_run(params, kWarmBars);
  const Run late_run = make_run(params, kManyBars);
  Json json;
  json["cpu_path"] = params->tables().step.name;
  json["commit_ns"] = commit_ns(run, options);
  json["peek_ns"] = peek_ns(run, options);
  json["commit_growth_computed_ns"] = commit_ns(late_run, options);
  json["peek_growth_computed_ns"] = peek_ns(late_run, options);
  json["state_bytes"] = params->state_bytes();
  json["state_stored_bytes"] = run.state.bytes_size();
  // A rolling anchor keeps the bars that the next run starts from, and that run.
  const Anchor rolling{Anchor::Kind::rolling, 0, 1500, 100};
  json["rolling_anchor_bytes"] =
      2 * params->state_bytes() + static_cast<std::size_t>(rolling.bars) * sizeof(BarTicks);
  return json;
}

}  // namespace lockstep::bench
