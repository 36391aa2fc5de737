// Looking back: closed bars kept in memory, recomputed to the bit, and found again in the journal.
#include <bit>
#include <map>
#include <thread>

#include "engine/api/api_server.hpp"
#include "engine/daemon.hpp"
#include "engine/history_page.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/exchange_feed.hpp"
#include "tests/support/random_series.hpp"

namespace lockstep::engine::test {
namespace {

using namespace std::chrono_literals;

std::uint64_t bits(double value) {
  return std::bit_cast<std::uint64_t>(value);
}

void require_same(const Outputs& a, const Outputs& b) {
  REQUIRE(bits(a.average) == bits(b.average));
  REQUIRE(bits(a.growth) == bits(b.growth));
  for (std::size_t f = 0; f < kFamilies; ++f) {
    REQUIRE(bits(a.signal[f]) == bits(b.signal[f]));
    REQUIRE(bits(a.equity[f]) == bits(b.equity[f]));
  }
  REQUIRE(a.direction == b.direction);
  REQUIRE(a.event == b.event);
}

/// A state that takes bars, with its log and what it gave.
struct Run {
  Run(const Anchor& anchor_rule, std::size_t bars_max)
      : anchor(anchor_rule), state(params, anchor_rule, 60'000), log(bars_max, /*phase=*/100) {}

  void take(const BarTicks& bar) {
    Outputs outputs;
    REQUIRE(state.commit(bar, outputs) == Status::ok);
    truth[bar.ts_open_ms] = outputs;
    log.append(bar, state);
  }
  HistoryPage page(std::size_t limit) const {
    HistoryQuery query;
    query.limit = limit;
    return make_history_page(query, log.read(), params, anchor, 60'000);
  }

  std::shared_ptr<const AtcParams> params = AtcParams::create({}, 2);
  Anchor anchor;
  AnchoredState state;
  BarLog log;
  std::map<std::int64_t, Outputs> truth;
};

std::vector<BarTicks> some_bars(std::size_t count) {
  lockstep::test::Rng rng(5);
  return lockstep::test::random_bars(rng, count, 5'000'000);
}

TEST_CASE("a log gives back every bar and its outputs, whatever the anchor", "[engine][history]") {
  const auto bars = some_bars(700);
  for (const Anchor& anchor :
       {Anchor{Anchor::Kind::history}, Anchor{Anchor::Kind::time, bars[100].ts_open_ms},
        Anchor{Anchor::Kind::rolling, 0, 100, 20}}) {
    Run run(anchor, 10'000);
    for (const BarTicks& bar : bars) run.take(bar);
    const HistoryPage page = run.page(10'000);
    REQUIRE(page.rows.size() == bars.size());
    CHECK_FALSE(page.has_older);
    for (const HistoryRow& row : page.rows) require_same(row.outputs, run.truth[row.bar.ts_open_ms]);
  }
}

TEST_CASE("a log that has dropped old bars gives exact outputs or none", "[engine][history]") {
  const auto bars = some_bars(3'000);
  for (const Anchor& anchor :
       {Anchor{Anchor::Kind::history}, Anchor{Anchor::Kind::time, bars[100].ts_open_ms},
        Anchor{Anchor::Kind::rolling, 0, 300, 20}}) {
    Run run(anchor, 1'000);
    for (const BarTicks& bar : bars) run.take(bar);
    const HistoryPage page = run.page(10'000);
    CAPTURE(static_cast<int>(anchor.kind), page.rows.size());
    CHECK(page.rows.size() >= 999);
    CHECK(page.rows.size() <= 1'000 + 2 * BarLog::kChunkBars);
    std::size_t exact = 0;
    for (const HistoryRow& row : page.rows) {
      if (is_undefined(row.outputs.average)) continue;
      ++exact;
      require_same(row.outputs, run.truth[row.bar.ts_open_ms]);
    }
    CHECK(exact >= page.rows.size() - 330);
    require_same(page.rows.back().outputs, run.truth[bars.back().ts_open_ms]);
  }
}

TEST_CASE("a history that was computed as a whole is dropped as a whole", "[engine][history]") {
  const auto bars = some_bars(6'000);
  constexpr std::size_t kHistory = 1'500, kBarsMax = 1'000;
  Run run(Anchor{Anchor::Kind::history}, kBarsMax);
  Run begin(Anchor{Anchor::Kind::history}, kBarsMax);
  for (std::size_t i = 0; i < kHistory; ++i) begin.take(bars[i]);
  run.state = begin.state;
  run.truth = begin.truth;
  run.log.append_history(std::span(bars).first(kHistory), run.state);
  for (std::size_t i = kHistory; i < bars.size(); ++i) {
    run.take(bars[i]);
    if (i % 100 != 0) continue;
    const HistoryPage page = run.page(10'000);
    REQUIRE(page.rows.size() >= kBarsMax - 1);
    REQUIRE(page.rows.size() <= kBarsMax + kHistory + 2 * BarLog::kChunkBars);
    for (const HistoryRow& row : page.rows) require_same(row.outputs, run.truth[row.bar.ts_open_ms]);
  }
  CHECK(run.page(10'000).rows.size() <= kBarsMax + 2 * BarLog::kChunkBars);
}

TEST_CASE("a log that was cleared knows nothing of before", "[engine][history]") {
  const auto bars = some_bars(500);
  Run run(Anchor{Anchor::Kind::history}, 1'000);
  for (std::size_t i = 0; i < 300; ++i) run.take(bars[i]);
  run.log.clear();
  run.state.reset();
  for (std::size_t i = 200; i < 500; ++i) run.take(bars[i]);
  const HistoryPage page = run.page(1'000);
  REQUIRE(page.rows.size() == 300);
  for (const HistoryRow& row : page.rows) require_same(row.outputs, run.truth[row.bar.ts_open_ms]);
}

TEST_CASE("a reader may look while bars come", "[engine][history]") {
  const auto bars = some_bars(5'000);
  Run run(Anchor{Anchor::Kind::history}, 1'000);
  std::atomic<bool> is_done{false};
  std::atomic<int> looks{0};
  std::thread reader([&] {
    while (!is_done) {
      const BarRun seen = run.log.read();
      for (std::size_t i = 1; i < seen.bars.size(); ++i) {
        if (seen.bars[i - 1].ts_open_ms >= seen.bars[i].ts_open_ms) std::terminate();
      }
      ++looks;
    }
  });
  for (const BarTicks& bar : bars) run.take(bar);
  while (looks == 0) std::this_thread::yield();
  is_done = true;
  reader.join();
}

/// One daemon run: until every series is valid and has closed `bars` live bars; what it published, by bar.
using Published = std::map<std::pair<core::SeriesId, std::int64_t>, Outputs>;

class HistoryDaemon {
 public:
  explicit HistoryDaemon(const Config& config) : daemon(config), closed(daemon.catalog().size()) {}

  /// Runs, asks each series for its whole history once `bars` are closed, gives the pages by series.
  std::vector<HistoryPage> run(int bars, Published& published, const HistoryQuery& query) {
    std::vector<HistoryPage> pages(closed.size());
    bool has_asked = false;
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    daemon.start();
    daemon.run_outputs(
        5,
        [&] {
          if (std::chrono::steady_clock::now() > deadline) return daemon.stop();
          const bool is_time =
              std::all_of(closed.begin(), closed.end(), [&](int count) { return count >= bars; });
          if (!is_time || has_asked) return;
          has_asked = true;
          for (core::SeriesId id = 0; id < pages.size(); ++id) {
            HistoryQuery own = query;
            own.series = id;
            daemon.ask_history(own, [&, id](const HistoryPage& page) {
              pages[id] = page;
              if (++answered == pages.size()) daemon.stop();
            });
          }
        },
        [&](const Signal& signal) {
          if (!signal.is_closed()) return;
          published[{signal.series, signal.bar.ts_open_ms}] = signal.outputs;
          closed[signal.series] += signal.is_valid;
        });
    REQUIRE(answered == pages.size());
    return pages;
  }

  Daemon daemon;
  std::vector<int> closed;
  std::atomic<std::size_t> answered{0};
};

TEST_CASE("history over two starts of a daemon is what was published, to the bit",
          "[engine][history][fault][A12]") {
  const std::string anchor = GENERATE(as<std::string>(), "rolling:300/20", "history");
  CAPTURE(anchor);
  sim::SimConfig exchange_config;
  exchange_config.symbols = 3;
  exchange_config.speed = 600;
  exchange_config.history_bars = 800;
  sim::ExchangeSim exchange(exchange_config);
  exchange.start();
  std::string folder = (std::filesystem::temp_directory_path() / "lockstep-history-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  Config config = parse_config(
      "[engine]\nanchor = \"" + anchor + "\"\nlate_s = 600\ndata_dir = \"" + folder + "\"\n[api]\nport = 0\n",
      "test");
  config.feeds = {lockstep::test::feed_from(exchange)};
  config.journal.fsync = FsyncPolicy::never;
  Published published;
  HistoryQuery query;
  query.limit = 100'000;
  const auto first = HistoryDaemon(config).run(5, published, query);
  for (const HistoryPage& page : first) REQUIRE(page.rows.size() > 300);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    CAPTURE(entry.path().string());
    constexpr auto kOthers = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    CHECK((entry.status().permissions() & kOthers) == std::filesystem::perms::none);
  }
  const auto second = HistoryDaemon(config).run(5, published, query);
  std::size_t compared = 0;
  for (core::SeriesId id = 0; id < second.size(); ++id) {
    CAPTURE(id);
    CHECK(second[id].rows.front().bar == first[id].rows.front().bar);
    CHECK(second[id].rows.size() >= first[id].rows.size() + 5);
    for (const HistoryRow& row : second[id].rows) {
      const auto found = published.find({id, row.bar.ts_open_ms});
      if (found == published.end()) continue;  // history before the first publication
      require_same(row.outputs, found->second);
      ++compared;
    }
  }
  CHECK(compared >= 3 * 10);
  // With little memory the same comes from the journal.
  config.api.history_bars = 1;
  const auto third = HistoryDaemon(config).run(1, published, query);
  for (core::SeriesId id = 0; id < third.size(); ++id) {
    CHECK(third[id].rows.front().bar == first[id].rows.front().bar);
    for (std::size_t i = 0; i < second[id].rows.size(); ++i) {
      REQUIRE(third[id].rows[i].bar == second[id].rows[i].bar);
      require_same(third[id].rows[i].outputs, second[id].rows[i].outputs);
    }
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lockstep::engine::test
