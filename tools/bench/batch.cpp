// Many series at once, by every backend of this machine.
#include "kernels/batch.hpp"

#include <algorithm>
#include <stdexcept>

#include "kernels/cost_model.hpp"
#include "kernels/cuda/cuda_backend.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

/// Series with room for average, signals, equities and events of every bar, and an end state each.
class Work {
 public:
  Work(const std::shared_ptr<const AtcParams>& params, std::size_t series, std::size_t bars,
       bool has_end_states)
      : bars_(bars), columns_(series * bars * kColumns), events_(series * bars), results_(series) {
    states_.reserve(series);
    for (std::size_t i = 0; i < series; ++i) {
      PriceWalk walk(i + 1, 0);
      prices_.push_back(walk_bars(walk, bars));
      states_.emplace_back(params);
    }
    for (std::size_t i = 0; i < series; ++i) {
      BatchSeries& one = series_.emplace_back();
      one.params = params.get();
      one.bars = prices_[i];
      if (has_end_states) one.end_state = &states_[i];
      double* column = columns_.data() + i * bars * kColumns;
      one.out.average = column;
      for (std::size_t f = 0; f < kFamilies; ++f) {
        one.out.signal[f] = column + (1 + f) * bars;
        one.out.equity[f] = column + (1 + kFamilies + f) * bars;
      }
      one.out.event = events_.data() + i * bars;
    }
  }

  double symbol_bars() const { return static_cast<double>(bars_ * series_.size()); }

  void recompute(Batch& batch) {
    const BatchReport report = batch.recompute(series_, results_);
    if (!report.failures.empty()) throw std::runtime_error("bench: batch: " + report.failures[0].reason);
    for (const BatchResult& result : results_) {
      if (result.status != Status::ok) throw std::runtime_error("bench: batch: a bar was refused");
    }
  }

 private:
  static constexpr std::size_t kColumns = 1 + 2 * kFamilies;
  std::size_t bars_;
  std::vector<double> columns_;
  std::vector<TradeEvent> events_;
  std::vector<BatchResult> results_;
  std::vector<std::vector<BarTicks>> prices_;
  std::vector<AtcState> states_;
  std::vector<BatchSeries> series_;
};

BatchOptions options_of(Backend backend, int threads) {
  BatchOptions options;
  options.backend = backend;
  options.threads = threads;
  return options;
}

/// Median over repeats of what `clock` shows for one call.
template <class Clock>
double median_ns(Work& work, const BatchOptions& batch_options, int repeats, Clock clock) {
  Batch batch(batch_options);
  work.recompute(batch);  // scratch, growth table, page faults of the buffers
  std::vector<double> ns;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const std::int64_t begin_ns = clock();
    work.recompute(batch);
    ns.push_back(static_cast<double>(clock() - begin_ns));
  }
  return median(ns);
}

/// One thread, what stays in the caches of a core: outputs of every bar, without and with end states.
Json measure_one_core(Backend backend, const BenchOptions& options) {
  const auto params = AtcParams::create({}, kWalkScale);
  const int repeats = options.is_quick ? 2 : 41;
  Json json;
  for (const bool has_end_states : {false, true}) {
    Work work(params, 16, options.is_quick ? 300 : 1500, has_end_states);
    const double ns = median_ns(work, options_of(backend, 1), repeats, thread_cpu_ns) / work.symbol_bars();
    json[has_end_states ? "ns_per_symbol_bar_end_states" : "ns_per_symbol_bar"] = rounded(ns, 2);
  }
  return json;
}

/// Wall ms of a whole batch with the backend and the threads that the cost model takes, end states included.
double batch_ms(std::size_t series, std::size_t bars, int threads, int repeats) {
  Work work(AtcParams::create({}, kWalkScale), series, bars, true);
  BatchOptions options;
  options.threads = threads;
  return rounded(median_ns(work, options, repeats, wall_ns) / 1e6, 3);
}

}  // namespace

Json measure_batch(const BenchOptions& options) {
  Json json;
  for (const Backend backend : available_backends()) {
    json[std::string(to_string(backend))] = measure_one_core(backend, options);
  }
  const std::size_t part = options.is_quick ? 10 : 1;  // a tenth of everything
  const int repeats = options.is_quick ? 1 : 15;
  json["chosen"] = std::string(to_string(choose_backend({500, 500 * 2000, 2000, true}, {}).backend));
  json["ms_99x1500"] = batch_ms(99 / part, 1500, 0, repeats);
  json["ms_500x2000"] = batch_ms(500 / part, 2000, 0, repeats);
  json["ms_500x2000_one_thread"] = batch_ms(500 / part, 2000, 1, repeats);
  json["ms_1x1000000"] = batch_ms(1, 1'000'000 / part, 0, std::min(repeats, 5));
  return json;
}

Json measure_cuda(const BenchOptions& options) {
  Json json;
  if (const auto reason = why_not(Backend::cuda)) {
    json["why_not"] = *reason;
    return json;
  }
  json["gpu"] = cuda::cuda_description();
  const std::size_t series = options.is_quick ? 1'000 : 10'000;
  const int repeats = options.is_quick ? 1 : 7;
  AtcConfig odd;  // no kernel of the build has these lengths
  odd.lengths.fill(29);
  const auto measure = [&](const char* name, const AtcConfig& config, bool has_end_states, bool specialise) {
    Work work(AtcParams::create(config, kWalkScale), series, 1500, has_end_states);
    BatchOptions batch_options = options_of(Backend::cuda, 0);
    batch_options.specialise = specialise;
    const double kernel_before = cuda::cuda_kernel_ms();
    const double ms = median_ns(work, batch_options, repeats, wall_ns) / 1e6;
    // One call more than the repeats: the first.
    const double kernel_ms = (cuda::cuda_kernel_ms() - kernel_before) / (repeats + 1);
    json[name] = {{"ms", rounded(ms, 3)}, {"kernel_ms", rounded(kernel_ms, 3)}};
  };
  json["series"] = series;
  json["bars"] = 1500;
  measure("outputs", {}, false, true);
  measure("outputs_and_end_states", {}, true, true);
  measure("length_29_general", odd, false, false);
  measure("length_29_specialised", odd, false, true);
  return json;
}

}  // namespace lockstep::bench
