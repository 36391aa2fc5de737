// A cold start of many symbols: their histories through one shard, and the same one by one.
#include <algorithm>
#include <memory>
#include <stdexcept>

#include "engine/shard.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

constexpr std::int64_t kFirstOpenMs = 1'700'000'040'000;
constexpr std::size_t kHistory = 1500;
/// As venues send them.
constexpr std::size_t kPageBars = 500;

struct CountingSink final : engine::SeriesSink {
  void publish(const engine::Signal& signal) override { live += signal.is_valid; }
  void request(const core::BackfillRequest&) override {}
  std::size_t live = 0;
};

struct Times {
  double all_ms;      ///< CPU time of all events
  double longest_ms;  ///< wall time of the longest event: how long another symbol's tick may have to wait
};

/// What all symbols' events are, page by page, each page with the bars of one symbol.
class ColdStart {
 public:
  explicit ColdStart(std::size_t symbols) {
    settings_.params_at = [params = AtcParams::create({}, kWalkScale)](int) { return params; };
    settings_.history_bars = kHistory;
    for (std::size_t i = 0; i < symbols; ++i) {
      ids_.push_back(*catalog_.add("bench", "S" + std::to_string(i), *core::Interval::parse("1m")));
      PriceWalk walk(i + 1, kFirstOpenMs);
      histories_.push_back(walk_bars(walk, kHistory));
    }
  }

  /// `give(event)` for every event.
  template <class Give>
  Times run(const Give& give) const {
    Times times{};
    const auto timed = [&](const core::MarketEvent& event) {
      const std::int64_t begin = wall_ns();
      give(event);
      times.longest_ms = std::max(times.longest_ms, static_cast<double>(wall_ns() - begin) * 1e-6);
    };
    for (const core::SeriesId id : ids_) {
      give(event_of(core::EventKind::listed, id));
      give(event_of(core::EventKind::stream_up, id));
    }
    const std::int64_t begin = thread_cpu_ns();
    for (std::size_t at = 0; at < kHistory; at += kPageBars) {
      for (const core::SeriesId id : ids_) {
        core::MarketEvent event = event_of(core::EventKind::backfill_bar, id);
        event.is_closed = 1;
        for (std::size_t i = at; i < at + kPageBars; ++i) {
          event.bar = histories_[id][i];
          give(event);
        }
        if (at + kPageBars < kHistory) continue;
        event.kind = core::EventKind::backfill_done;
        event.ts_event_ms = event.bar.ts_open_ms + kMinuteMs;
        timed(event);
      }
    }
    times.all_ms = static_cast<double>(thread_cpu_ns() - begin) * 1e-6;
    return times;
  }

  Times together() const {
    CountingSink sink;
    engine::Shard shard(catalog_, ids_, settings_, sink);
    Times times = run([&](const core::MarketEvent& event) { shard.apply(event); });
    const std::int64_t begin = thread_cpu_ns();
    shard.finish_cold_starts();
    times.all_ms += static_cast<double>(thread_cpu_ns() - begin) * 1e-6;
    check(sink);
    return times;
  }

  Times one_by_one() const {
    CountingSink sink;
    std::vector<engine::LiveSeries> series;
    series.reserve(ids_.size());
    for (const core::SeriesId id : ids_) series.emplace_back(catalog_[id], settings_);
    const Times times = run([&](const core::MarketEvent& event) { series[event.series].apply(event, sink); });
    check(sink);
    return times;
  }

 private:
  static core::MarketEvent event_of(core::EventKind kind, core::SeriesId id) {
    core::MarketEvent event;
    event.kind = kind;
    event.series = id;
    event.price_scale = kWalkScale;
    event.request_id = 1;  // the first of each series
    return event;
  }
  void check(const CountingSink& sink) const {
    if (sink.live != ids_.size()) throw std::runtime_error("bench: a cold start did not end live");
  }

  core::Catalog catalog_;
  std::vector<core::SeriesId> ids_;
  engine::SeriesSettings settings_;
  std::vector<std::vector<BarTicks>> histories_;
};

}  // namespace

Json measure_cold_start(const BenchOptions& options) {
  const ColdStart cold_start(options.is_quick ? 50 : 1000);
  std::vector<double> together, one_by_one, longest;
  for (int i = 0; i < (options.is_quick ? 1 : 7); ++i) {
    const Times times = cold_start.together();
    together.push_back(times.all_ms);
    longest.push_back(times.longest_ms);
    one_by_one.push_back(cold_start.one_by_one().all_ms);
  }
  Json json;
  json["ms_1000x1500"] = rounded(median(together), 1);
  json["one_by_one_ms_1000x1500"] = rounded(median(one_by_one), 1);
  json["longest_wait_ms"] = rounded(median(longest), 2);
  return json;
}

}  // namespace lockstep::bench
