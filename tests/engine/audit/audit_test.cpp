// The self-audit on one thread: no false alarm over a life with faults, and every planted bit is found.
#include <cstddef>
#include <map>

#include "engine/audit/series_check.hpp"
#include "engine/audit/words.hpp"
#include "engine/planted_fault.hpp"
#include "incremental/detail/state_block.hpp"
#include "kernels/detail/fault.hpp"
#include "tests/engine/journal/journal_rig.hpp"

namespace lockstep::engine::audit::test {
namespace {

using engine::test::history_anchor;
using engine::test::rolling_anchor;
using engine::test::time_anchor;
using journal::test::Engine;
using journal::test::kData;
using journal::test::kMinute;
using journal::test::kStart;
using journal::test::Market;
using journal::test::MemoryStorage;
using lockstep::detail::StateBlock;

constexpr int kSeries = 2;

/// What the daemon's audit does for all series: states as held now, against the journal. Gives the verdicts.
std::vector<Verdict> audit(Engine& engine, MemoryStorage& storage, const core::Catalog& catalog,
                           std::int64_t* bars = nullptr, std::optional<Backend> backend = std::nullopt) {
  std::vector<WalkedSeries> walked(catalog.size());
  std::vector<WalkedSeries*> wanted;
  for (core::SeriesId id = 0; id < catalog.size(); ++id) {
    walked[id].name = "binance_spot " + catalog[id].symbol + " 1m";
    walked[id].until = engine.writer().sequence() - 1;
    wanted.push_back(&walked[id]);
  }
  JournalWalk walk(storage, kData, [] { return true; });
  REQUIRE(walk.run(wanted));
  REQUIRE_FALSE(walk.damage());
  SeriesChecker checker([] { return true; }, backend);
  std::vector<Verdict> verdicts;
  for (core::SeriesId id = 0; id < catalog.size(); ++id) {
    REQUIRE(walked[id].is_found);
    verdicts.push_back(checker.check(walked[id], &engine.series(id)));
    if (bars != nullptr) *bars += verdicts.back().bars;
  }
  return verdicts;
}

void require_fine(const std::vector<Verdict>& verdicts) {
  for (const Verdict& verdict : verdicts) {
    if (verdict.difference) FAIL(to_text(*verdict.difference));
    if (verdict.backend_difference) FAIL(to_text(*verdict.backend_difference));
  }
}

/// An engine that has been live for a while.
struct Live {
  explicit Live(const Anchor& anchor, std::uint64_t seed = 5)
      : config(journal::test::rig_config(anchor)),
        catalog(journal::test::rig_catalog(kSeries)),
        market(seed, kSeries, 420),
        engine(storage, config, catalog) {
    market.attach(engine);
    for (int i = 0; i < 600; ++i) step();
  }
  void step() {
    market.step(engine, true);
    for (const Signal& signal : engine.commit()) signals.push_back(signal);
  }
  /// Until the next bar has closed.
  void close_a_bar() {
    const std::size_t open = market.open_index();
    while (market.open_index() == open) step();
  }

  Config config;
  core::Catalog catalog;
  Market market;
  MemoryStorage storage;
  std::vector<Signal> signals;
  Engine engine;
};

core::MarketEvent audit_event(core::SeriesId id, const Difference& difference) {
  core::MarketEvent event =
      engine::test::make_event(core::EventKind::audit_failed, core::Reason::audit_difference);
  event.series = id;
  event.ts_event_ms = difference.wrong_from_ms;
  return event;
}

}  // namespace

TEST_CASE("a life with gaps, revisions, restarts and snapshots gives no false alarm", "[audit][journal]") {
  const Anchor anchor = GENERATE(rolling_anchor(40, 10), history_anchor(), time_anchor(kStart + 70 * kMinute),
                                 rolling_anchor(33, 7));
  const std::uint64_t seed = GENERATE(1, 2, 3);
  CAPTURE(static_cast<int>(anchor.kind), anchor.bars, seed);
  const Config config = journal::test::rig_config(anchor);
  const core::Catalog catalog = journal::test::rig_catalog(kSeries);
  Market market(seed, kSeries, 420);
  MemoryStorage storage;
  lockstep::test::Rng rng(seed);
  std::int64_t bars = 0;
  for (int start = 0; start < 4; ++start) {
    Engine engine(storage, config, catalog);
    market.attach(engine);
    for (int i = 0; i < 300; ++i) {
      market.step(engine, false);
      if (rng.chance(1)) {
        // A correction that the venue takes back when it is asked for history.
        const auto& truth = market.truth(0);
        BarTicks revised = truth[market.open_index() - 2];
        ++revised.high;
        core::MarketEvent event = engine::test::bar_event(revised, true, 0);
        event.price_scale = 2;
        engine.apply(event);
      }
      if (rng.chance(1)) {
        core::MarketEvent doubted =
            engine::test::make_event(core::EventKind::doubted, core::Reason::suspended);
        doubted.series = static_cast<core::SeriesId>(rng.between(0, kSeries - 1));
        engine.apply(doubted);
      }
      engine.commit();
      if (i == 120) engine.write_snapshot_now();
      if (i % 60 == 59) require_fine(audit(engine, storage, catalog, &bars));
    }
  }
  REQUIRE(bars > 4 * 5 * kSeries * 20);
}

TEST_CASE("the oldest segments are gone: what is left is audited from a snapshot", "[audit][journal]") {
  Live live(rolling_anchor(40, 10));
  live.engine.write_snapshot_now();
  for (int i = 0; i < 1200; ++i) live.step();
  const std::string folder = journal::journal_folder(kData);
  const auto position = live.engine.writer().sequence();
  // Everything that the snapshot does not need.
  journal::Snapshot snapshot;
  std::string problem;
  const auto names = journal::list_snapshots(live.storage, journal::snapshot_folder(kData));
  REQUIRE(read_snapshot(live.storage, journal::snapshot_folder(kData), names.back(), snapshot, problem));
  const auto files = journal::list_segments(live.storage, folder);
  int removed = 0;
  for (std::size_t i = 0; i + 1 < files.size() && files[i + 1].first_sequence <= snapshot.position_min() + 1;
       ++i)
    removed += live.storage.remove(folder + "/" + files[i].name()) == 0;
  REQUIRE(removed > 0);
  REQUIRE(position > snapshot.position_max());
  std::int64_t bars = 0;
  require_fine(audit(live.engine, live.storage, live.catalog, &bars));
  REQUIRE(bars > 50);
  // The part that can be recomputed is compared.
  flip_bit(live.engine.series(1).indicator()->state(), offsetof(StateBlock, held) + 8, 0);
  REQUIRE(audit(live.engine, live.storage, live.catalog)[1].difference);
}

TEST_CASE("one flipped bit of a live state is found before it reaches an output", "[audit][fault]") {
  Live live(rolling_anchor(40, 10));
  require_fine(audit(live.engine, live.storage, live.catalog));
  const auto [offset, field] = GENERATE(table<std::size_t, std::string>({
      {offsetof(StateBlock, equity) + 8 * 8, "state: layer 1 equity 8"},
      {offsetof(StateBlock, equity2), "state: layer 2 equity 0"},
      {offsetof(StateBlock, eight), "state: average 0"},
      {offsetof(StateBlock, prefix), "state: prefix sum"},
      {sizeof(StateBlock), "state: window word 0"},
  }));
  CAPTURE(field);
  flip_bit(live.engine.series(1).indicator()->state(), offset, 0);
  const auto verdicts = audit(live.engine, live.storage, live.catalog);
  REQUIRE_FALSE(verdicts[0].difference);
  REQUIRE(verdicts[1].difference);
  const Difference& found = *verdicts[1].difference;
  REQUIRE(found.series == "binance_spot S1USDT 1m");
  REQUIRE(found.found_in == "live state");
  REQUIRE(found.field == field);
  REQUIRE((found.expected ^ found.actual) == 1);
  REQUIRE(found.inputs.size() == kInputsShown);
  REQUIRE(found.inputs.back() == live.market.truth(1)[live.market.open_index() - 1]);
  // Nothing wrong has been published yet.
  REQUIRE(found.wrong_from_ms == found.inputs.back().ts_open_ms + kMinute);
}

TEST_CASE(
    "a wrong output is named by its bar and field, the series is invalid until it is rebuilt, and valid then",
    "[audit][fault]") {
  Live live(rolling_anchor(40, 10));
  flip_bit(live.engine.series(1).indicator()->state(), offsetof(StateBlock, equity2), 0);
  const std::int64_t wrong_from_ms = live.market.truth(1)[live.market.open_index()].ts_open_ms;
  live.close_a_bar();
  {
    const auto verdicts = audit(live.engine, live.storage, live.catalog);
    REQUIRE_FALSE(verdicts[0].difference);
    REQUIRE(verdicts[1].difference);
    const Difference& found = *verdicts[1].difference;
    CAPTURE(to_text(found));
    REQUIRE(found.found_in == "live output");
    REQUIRE(found.field == "ema_equity");
    REQUIRE(found.ts_open_ms == wrong_from_ms);
    REQUIRE(found.expected != found.actual);
    REQUIRE(to_json(found).find("\"actual_bits\"") != std::string::npos);
  }
  live.close_a_bar();
  live.close_a_bar();
  const auto verdicts = audit(live.engine, live.storage, live.catalog);
  REQUIRE(verdicts[1].difference);
  const Difference& found = *verdicts[1].difference;
  REQUIRE(found.ts_open_ms == wrong_from_ms);
  REQUIRE(found.wrong_from_ms == wrong_from_ms);
  live.signals.clear();
  live.engine.apply(audit_event(1, found));
  for (const Signal& signal : live.engine.commit()) live.signals.push_back(signal);
  REQUIRE(live.signals.size() == 1);
  REQUIRE(live.signals[0].series == 1);
  REQUIRE(live.signals[0].is_valid == false);
  REQUIRE(live.signals[0].reason == core::Reason::audit_difference);
  for (int i = 0; i < 3; ++i) live.close_a_bar();
  // The wrong bars came again, right, as revision 1; and the series is live.
  std::map<std::int64_t, Signal> again;
  for (const Signal& signal : live.signals) {
    if (signal.series == 1 && signal.is_closed()) again[signal.bar.ts_open_ms] = signal;
  }
  REQUIRE(again.contains(wrong_from_ms));
  REQUIRE(again[wrong_from_ms].revision == 1);
  REQUIRE(again.begin()->first == wrong_from_ms);
  REQUIRE(live.engine.series(1).state() == SeriesState::live);
  // What was wrong then is known, and no alarm any more; also after a restart.
  require_fine(audit(live.engine, live.storage, live.catalog));
  Engine next(live.storage, live.config, live.catalog);
  live.market.attach(next);
  for (int i = 0; i < 60; ++i) {
    live.market.step(next, true);
    next.commit();
  }
  require_fine(audit(next, live.storage, live.catalog));
}

TEST_CASE("a batch backend that is wrong alone is told from a series that is", "[audit][fault]") {
  Live live(history_anchor());
  const Backend backend = available_backends().back();
  if (backend == Backend::scalar) return;  // the scalar backend is the definition
  lockstep::detail::PlantedFault fault;
  fault.backend = backend;
  fault.bar = 100;
  lockstep::detail::plant_fault(fault);
  const auto verdicts = audit(live.engine, live.storage, live.catalog, nullptr, backend);
  lockstep::detail::plant_fault(std::nullopt);
  REQUIRE(verdicts[0].backend_difference);
  REQUIRE_FALSE(verdicts[0].difference);
  REQUIRE(verdicts[0].backend_difference->field == "average");
  REQUIRE(verdicts[0].backend_difference->found_in == "batch " + std::string(to_string(backend)));
  REQUIRE_FALSE(verdicts[1].difference);
}

}  // namespace lockstep::engine::audit::test
