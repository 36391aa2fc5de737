// compare_backends [SYMBOL_BARS] [SEED] [SECONDS]: draws of settings and series, every backend of this
// machine against AtcState::commit, all outputs and the bytes of the end states, until so many bars of
// symbols have been compared (100,000,000 unless said). For long runs by hand; what ctest runs is in
// batch_property_test.cpp.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kernels/batch.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/state_bytes.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

/// Outputs of one series, as columns.
struct Columns {
  explicit Columns(std::size_t bars) : doubles(kDoubles * bars), direction(bars), event(bars) {}
  static constexpr std::size_t kDoubles = 2 + 2 * kFamilies;
  std::vector<double> doubles;
  std::vector<std::int8_t> direction;
  std::vector<TradeEvent> event;

  BatchOutputs outputs() {
    BatchOutputs out;
    const std::size_t bars = direction.size();
    out.average = doubles.data();
    out.growth = doubles.data() + bars;
    for (std::size_t f = 0; f < kFamilies; ++f) {
      out.signal[f] = doubles.data() + (2 + f) * bars;
      out.equity[f] = doubles.data() + (2 + kFamilies + f) * bars;
    }
    out.direction = direction.data();
    out.event = event.data();
    return out;
  }
};

struct Series {
  std::shared_ptr<const AtcParams> params;
  std::vector<BarTicks> bars;
  Columns expected;
  AtcState end;
  BatchResult result;
};

void commit_all(Series& one) {
  const BatchOutputs to = one.expected.outputs();
  for (std::size_t t = 0; t < one.bars.size(); ++t) {
    Outputs out;
    if (one.result.status == Status::ok) one.result.status = one.end.commit(one.bars[t], out);
    if (one.result.status != Status::ok) out = {};
    one.result.bars += one.result.status == Status::ok;
    to.average[t] = out.average;
    to.growth[t] = out.growth;
    to.direction[t] = out.direction;
    to.event[t] = out.event;
    for (std::size_t f = 0; f < kFamilies; ++f) {
      to.signal[f][t] = out.signal[f];
      to.equity[f][t] = out.equity[f];
    }
  }
}

template <class T>
bool is_same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

std::vector<Series> draw(std::uint64_t seed) {
  Rng rng(seed);
  const AtcConfig config =
      rng.chance(30) ? AtcConfig{} : random_config(rng, static_cast<int>(rng.between(9, 80)));
  const auto params = AtcParams::create(config, static_cast<int>(rng.between(0, 8)));
  std::vector<Series> all;
  const std::int64_t series = rng.between(1, 26);
  for (std::int64_t i = 0; i < series; ++i) {
    const auto bars = static_cast<std::size_t>(rng.between(200, 4000));
    all.push_back(
        {params, random_bars(rng, bars, params->price_ticks_max()), Columns(bars), AtcState(params), {}});
    commit_all(all.back());
  }
  return all;
}

/// What differs; empty: nothing.
std::string difference(const std::vector<Series>& all, Backend backend, std::uint64_t seed) {
  BatchOptions options;
  options.backend = backend;
  options.threads = 1 + static_cast<int>(seed % 2);
  options.chunk_bars = seed % 3 == 0 ? 1 + static_cast<int>(seed % 97) : 0;
  std::vector<Columns> columns;
  std::vector<AtcState> ends;
  std::vector<BatchSeries> series(all.size());
  std::vector<BatchResult> results(all.size());
  columns.reserve(all.size());
  for (const Series& one : all) {
    columns.emplace_back(one.bars.size());
    ends.emplace_back(one.params);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    series[i].params = all[i].params.get();
    series[i].bars = all[i].bars;
    series[i].out = columns[i].outputs();
    series[i].end_state = &ends[i];
  }
  const BatchReport report = Batch(options).recompute(series, results);
  if (report.backend != backend) return report.failures.front().reason;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string where = "series " + std::to_string(i) + ": ";
    if (!(results[i] == all[i].result)) return where + "result";
    if (!is_same(columns[i].doubles, all[i].expected.doubles)) return where + "outputs";
    if (!is_same(columns[i].direction, all[i].expected.direction)) return where + "direction";
    if (!is_same(columns[i].event, all[i].expected.event)) return where + "event";
    if (bytes_of(ends[i]) != bytes_of(all[i].end)) return where + "end state";
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t wanted = argc > 1 ? std::atoll(argv[1]) : 100'000'000;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const double seconds_max = argc > 3 ? std::atof(argv[3]) : 1e9;
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::map<Backend, std::int64_t> compared;
  std::int64_t bars = 0, refused = 0;
  std::uint64_t seed = first;
  for (; bars < wanted && seconds() < seconds_max; ++seed) {
    const std::vector<Series> all = draw(seed);
    std::int64_t taken = 0;
    for (const Series& one : all) {
      taken += one.result.bars;
      refused += one.result.status != Status::ok;
    }
    for (const Backend backend : available_backends()) {
      const std::string found = difference(all, backend, seed);
      if (!found.empty()) {
        std::printf("seed %llu: %s: %s DIFFERS\n", static_cast<unsigned long long>(seed),
                    to_string(backend).data(), found.c_str());
        return 1;
      }
      compared[backend] += taken;
    }
    bars += taken;
  }
  std::printf("seeds %llu to %llu: %lld bars of symbols, %lld series refused a bar, %.0f s\n",
              static_cast<unsigned long long>(first), static_cast<unsigned long long>(seed - 1),
              static_cast<long long>(bars), static_cast<long long>(refused), seconds());
  for (const auto& [backend, count] : compared) {
    std::printf("  %-8s %lld equal AtcState to the bit\n", to_string(backend).data(),
                static_cast<long long>(count));
  }
  return 0;
}
