#include "tools/path_run.hpp"

#include <algorithm>
#include <bit>
#include <chrono>

#include "engine/audit/words.hpp"
#include "tools/batch_columns.hpp"

namespace lockstep::tools {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void take_digest(const PathInput& input, PathRun& run) {
  RunningDigest digest;
  for (std::size_t t = 0; t < run.outputs.size(); ++t) digest.add(input.bars[t], run.outputs[t]);
  run.digest = digest.value();
  run.bars_computed = std::max(run.bars_computed, static_cast<std::int64_t>(run.outputs.size()));
}

/// Bar by bar through `commit(state, bar, out)`.
template <class State, class Commit>
PathRun run_bars(const PathInput& input, State state, Commit commit) {
  PathRun run;
  run.outputs.reserve(input.bars.size());
  const auto begin = Clock::now();
  for (const BarTicks& bar : input.bars) {
    Outputs out;
    run.status = commit(state, bar, out);
    if (run.status != Status::ok) break;
    run.outputs.push_back(out);
  }
  run.seconds = seconds_since(begin);
  take_digest(input, run);
  return run;
}

AnchoredState anchored_state(const PathInput& input) {
  return AnchoredState(input.params, input.anchor, input.interval_ms);
}

PathRun run_commit(const PathInput& input) {
  return run_bars(input, anchored_state(input), [](AnchoredState& state, const BarTicks& bar, Outputs& out) {
    return state.commit(bar, out);
  });
}

/// What a bot sees while the bar is open.
PathRun run_peek(const PathInput& input) {
  return run_bars(input, anchored_state(input), [](AnchoredState& state, const BarTicks& bar, Outputs& out) {
    const Status status = state.peek(bar, out);
    Outputs ignored;
    const Status committed = state.commit(bar, ignored);
    return status == Status::ok ? committed : status;
  });
}

/// A state that is written to bytes and read back again and again, as a restart does.
PathRun run_restored(const PathInput& input) {
  constexpr std::int64_t kBarsBetween = 97;
  PathRun run;
  const auto begin = Clock::now();
  for (const AnchoredRun& part : anchored_runs(input.bars, input.anchor, input.interval_ms)) {
    run.outputs.resize(static_cast<std::size_t>(part.outputs));
    AtcState state(input.params);
    std::vector<std::byte> bytes(state.bytes_size());
    for (std::int64_t t = part.first; t < part.end; ++t) {
      if ((t - part.first) % kBarsBetween == kBarsBetween - 1) {
        state.to_bytes(bytes);
        state = AtcState(input.params);
        if (state.from_bytes(bytes) != BytesStatus::ok) {
          run.failure = "a state's bytes could not be read back";
          return run;
        }
      }
      Outputs out;
      run.status = state.commit(input.bars[static_cast<std::size_t>(t)], out);
      if (run.status != Status::ok) break;
      ++run.bars_computed;
      if (t >= part.outputs) run.outputs.push_back(out);
    }
    if (run.status != Status::ok) break;
  }
  if (run.status == Status::ok) run.outputs.resize(input.bars.size());
  run.seconds = seconds_since(begin);
  take_digest(input, run);
  return run;
}

/// The series in company, so that it goes through lanes and not by itself: prefixes of it beside it.
std::vector<BatchSeries> with_company(std::span<const BatchSeries> series) {
  constexpr std::size_t kLanes = 8;
  std::vector<BatchSeries> all(series.begin(), series.end());
  for (std::size_t i = all.size(); i < kLanes && !series.empty(); ++i) {
    BatchSeries prefix = series.front();
    prefix.out = {};
    prefix.bars = prefix.bars.first(prefix.bars.size() * (2 * kLanes - i) / (2 * kLanes));
    all.push_back(prefix);
  }
  return all;
}

PathRun run_batch(const PathInput& input, const BatchOptions& options, bool has_company) {
  BatchColumns columns(*input.params, input.bars, input.anchor, input.interval_ms, false);
  std::vector<BatchSeries> series(columns.series().begin(), columns.series().end());
  if (has_company) series = with_company(series);
  std::vector<BatchResult> results(series.size());
  Batch batch(options);
  PathRun run;
  const auto begin = Clock::now();
  const BatchReport report = batch.recompute(series, results);
  run.seconds = seconds_since(begin);
  if (!report.failures.empty()) {
    run.failure = report.failures.front().reason;
    return run;
  }
  for (const BatchResult& result : results) run.bars_computed += result.bars;
  const BatchResult result = columns.result(results);
  run.status = result.status;
  for (std::int64_t t = 0; t < result.bars; ++t) run.outputs.push_back(columns.outputs(t));
  take_digest(input, run);
  return run;
}

Path batch_path(const std::string& name, const BatchOptions& options, bool has_company) {
  return {name, [=](const PathInput& input) { return run_batch(input, options, has_company); }};
}

// ---- Comparison

using engine::audit::words_of;

void add(Divergence& found, std::int64_t bar, const std::string& field, std::uint64_t expected,
         std::uint64_t actual) {
  if (expected == actual) return;
  found.bits += std::popcount(expected ^ actual);
  if (found.bar >= 0) return;
  found.bar = bar;
  found.field = field;
  found.expected = expected;
  found.actual = actual;
}

bool is_same(const Outputs& a, const Outputs& b) {
  const auto same = [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  };
  bool is_equal = same(a.average, b.average) && same(a.growth, b.growth) && a.direction == b.direction &&
                  a.event == b.event;
  for (std::size_t f = 0; f < kFamilies; ++f) {
    is_equal = is_equal && same(a.signal[f], b.signal[f]) && same(a.equity[f], b.equity[f]);
  }
  return is_equal;
}

}  // namespace

std::vector<Path> verify_paths() {
  std::vector<Path> paths = {{"incremental", run_commit}, {"peek", run_peek}, {"restored", run_restored}};
  for (const Backend backend : available_backends()) {
    BatchOptions options;
    options.backend = backend;
    options.threads = 1;
    const std::string name(to_string(backend));
    paths.push_back(batch_path(name, options, true));
    if (backend == Backend::scalar) continue;
    paths.push_back(batch_path(name + " alone", options, false));
    options.threads = 3;
    options.chunk_bars = 37;
    paths.push_back(batch_path(name + " 3 threads", options, true));
  }
  return paths;
}

Divergence compare(const PathRun& expected, const PathRun& actual) {
  Divergence found;
  const std::size_t bars = std::min(expected.outputs.size(), actual.outputs.size());
  for (std::size_t t = 0; t < bars; ++t) {
    if (is_same(expected.outputs[t], actual.outputs[t])) continue;
    const auto want = words_of(expected.outputs[t]);
    const auto got = words_of(actual.outputs[t]);
    for (std::size_t i = 0; i < want.size(); ++i) {
      add(found, static_cast<std::int64_t>(t), want[i].field, want[i].bits, got[i].bits);
    }
  }
  const auto end = static_cast<std::int64_t>(bars);
  add(found, end, "bars taken", expected.outputs.size(), actual.outputs.size());
  add(found, end, "status", static_cast<std::uint64_t>(expected.status),
      static_cast<std::uint64_t>(actual.status));
  add(found, end, "digest", expected.digest.low, actual.digest.low);
  return found;
}

}  // namespace lockstep::tools
