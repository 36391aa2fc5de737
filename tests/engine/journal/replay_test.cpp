// A journal lived through again comes to the digests that were recorded, and one changed tick is found.
#include "replay/journal_replay.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/engine/journal/journal_rig.hpp"
#include "tests/tools/temporary_folder.hpp"
#include "tools/verify_command.hpp"

namespace lockstep::engine::journal::test {
namespace {

using engine::test::rolling_anchor;

/// A life of two series with two restarts in it.
struct Recorded {
  explicit Recorded(const Anchor& anchor = rolling_anchor(40, 10))
      : config(rig_config(anchor)), catalog(rig_catalog(2)), market(11, 2, 420) {
    for (int start = 0; start < 3; ++start) {
      Engine engine(storage, config, catalog);
      market.attach(engine);
      for (int i = 0; i < 400; ++i) {
        market.step(engine, false);
        for (const Signal& signal : engine.commit()) {
          if (signal.is_closed()) closed[{signal.series, signal.bar.ts_open_ms}] = signal;
        }
      }
      for (core::SeriesId id = 0; id < 2; ++id) digests[id] = engine.series(id).digest();
    }
  }
  static void dump(const MemoryStorage& from, const std::string& folder) {
    for (const auto& [path, content] : from.files) {
      const std::filesystem::path to = folder + path;
      std::filesystem::create_directories(to.parent_path());
      std::ofstream(to, std::ios::binary)
          .write(reinterpret_cast<const char*>(content.bytes.data()),
                 static_cast<std::streamsize>(content.bytes.size()));
    }
  }

  Config config;
  core::Catalog catalog;
  Market market;
  MemoryStorage storage;
  std::map<std::pair<core::SeriesId, std::int64_t>, Signal> closed;
  Digest digests[2];
};

/// The same journal with the close of one bar a tick higher, every checksum right.
std::uint64_t forge(const Recorded& recorded, MemoryStorage& forged, std::uint64_t bar_number) {
  MemoryStorage from(recorded.storage);
  Writer writer(forged, journal_folder(kData), recorded.config.journal, {}, {});
  Port& port = writer.add_port();
  std::uint64_t bars = 0, sequence = 0;
  read_journal(from, journal_folder(kData), 1, [&](const RecordView& record, const SegmentFile&) {
    StartRecord start;
    ConfigurationRecord configuration;
    SeriesRecord series;
    EventRecord event;
    if (decode(record.payload, start)) port.append(start);
    if (decode(record.payload, configuration)) port.append(configuration);
    if (decode(record.payload, series)) port.append(series);
    if (decode(record.payload, event)) {
      const bool is_bar = event.event.kind == core::EventKind::bar && event.event.is_closed != 0;
      if (is_bar && ++bars == bar_number) {
        ++event.event.bar.high;
        ++event.event.bar.close;
        sequence = port.last_ticket() + 1;
      }
      port.append(event);
    }
    return true;
  });
  port.flush();
  REQUIRE(writer.step() == Writer::Step::written);
  return sequence;
}

}  // namespace

TEST_CASE("a replay comes to the live run's digests, bar by bar, over restarts", "[journal][replay]") {
  const Recorded recorded;
  const lockstep::test::TemporaryFolder folder;
  Recorded::dump(recorded.storage, folder.path("live"));
  replay::ReplayOptions options;
  options.journal = folder.path("live") + kData;
  std::map<std::pair<std::string, std::int64_t>, Signal> replayed;
  replay::ReplayHooks hooks;
  hooks.on_signal = [&](const SeriesRecord& series, const Signal& signal) {
    if (signal.is_closed()) replayed[{name_of(series), signal.bar.ts_open_ms}] = signal;
  };
  const replay::ReplayReport report = replay::replay_journal(options, hooks);
  REQUIRE(report.mismatches.empty());
  REQUIRE_FALSE(report.damage);
  REQUIRE(report.starts == 3);
  REQUIRE(report.series.size() == 2);
  for (std::size_t id = 0; id < 2; ++id) REQUIRE(report.series[id].digest == recorded.digests[id]);
  REQUIRE(recorded.closed.size() > 100);
  for (const auto& [key, live] : recorded.closed) {
    const core::Series& series = recorded.catalog[key.first];
    const auto found = replayed.find({series.venue + " " + series.symbol + " 1m", key.second});
    REQUIRE(found != replayed.end());
    REQUIRE(engine::test::difference(live, found->second) == "");
  }
  // The same with other ends: what is published is less, what comes out is not.
  options.from_ms = kStart + 150 * kMinute;
  options.to_ms = kStart + 200 * kMinute;
  std::int64_t first = INT64_MAX, last = 0;
  hooks.on_signal = [&](const SeriesRecord&, const Signal& signal) {
    if (!signal.is_closed()) return;
    first = std::min(first, signal.ts_event_ms);
    last = std::max(last, signal.ts_event_ms);
  };
  REQUIRE(replay::replay_journal(options, hooks).mismatches.empty());
  REQUIRE(first >= *options.from_ms);
  REQUIRE(last <= *options.to_ms);
}

TEST_CASE("events taken series by series come to what they come to in their order", "[journal][replay]") {
  for (const Anchor& anchor : {Anchor{}, rolling_anchor(40, 10)}) {
    const Recorded recorded(anchor);
    const lockstep::test::TemporaryFolder folder;
    Recorded::dump(recorded.storage, folder.path("live"));
    replay::ReplayOptions options;
    options.journal = folder.path("live") + kData;
    std::vector<std::string> order;
    std::map<std::string, std::vector<std::pair<BarTicks, Outputs>>> in_order, by_series;
    replay::ReplayHooks hooks;
    hooks.on_bar = [&](const SeriesRecord& series, const Config&, const BarTicks& bar, int,
                       const Outputs& outputs) {
      by_series[name_of(series)].push_back({bar, outputs});
      if (order.empty() || order.back() != name_of(series)) order.push_back(name_of(series));
    };
    const replay::ReplayReport grouped = replay::replay_journal(options, hooks);
    const std::size_t turns_grouped = order.size();
    order.clear();
    std::swap(in_order, by_series);
    hooks.on_signal = [](const SeriesRecord&, const Signal&) {};
    const replay::ReplayReport plain = replay::replay_journal(options, hooks);
    std::swap(in_order, by_series);
    CHECK((turns_grouped < order.size()) == (anchor.kind != Anchor::Kind::rolling));
    REQUIRE(grouped.mismatches.empty());
    REQUIRE(plain.mismatches.empty());
    REQUIRE(grouped.events == plain.events);
    REQUIRE(grouped.publications == plain.publications);
    REQUIRE(grouped.bars == plain.bars);
    for (std::size_t id = 0; id < 2; ++id) {
      REQUIRE(grouped.series[id].bars == plain.series[id].bars);
      REQUIRE(grouped.series[id].digest == recorded.digests[id]);
      REQUIRE(plain.series[id].digest == recorded.digests[id]);
    }
    REQUIRE(in_order.size() == 2);
    for (const auto& [name, bars] : in_order) {
      REQUIRE(bars.size() == by_series[name].size());
      for (std::size_t i = 0; i < bars.size(); ++i) {
        REQUIRE(bars[i].first == by_series[name][i].first);
        REQUIRE(lockstep::test::first_difference(bars[i].second, by_series[name][i].second) == "");
      }
    }
  }
}

TEST_CASE("a bar that was altered by one tick, checksums and all, is found and named", "[journal][replay]") {
  for (const Anchor& anchor : {Anchor{}, rolling_anchor(40, 10)}) {
    const Recorded recorded(anchor);
    for (const std::uint64_t bar : {3, 40, 77}) {
      MemoryStorage forged;
      const std::uint64_t sequence = forge(recorded, forged, bar);
      const lockstep::test::TemporaryFolder folder;
      Recorded::dump(forged, folder.path("forged"));
      replay::ReplayOptions options;
      options.journal = folder.path("forged") + kData;
      const replay::ReplayReport report = replay::replay_journal(options);
      CAPTURE(bar);
      REQUIRE(report.mismatches.size() == 1);
      REQUIRE(report.mismatches[0].sequence == sequence);
      REQUIRE(report.mismatches[0].text().find("USDT 1m: after record") != std::string::npos);
    }
  }
}

TEST_CASE("the bars of a journal are those that its series took", "[journal][replay]") {
  const Recorded recorded;
  const lockstep::test::TemporaryFolder folder;
  Recorded::dump(recorded.storage, folder.path("live"));
  replay::ReplayReport report;
  const auto all = replay::read_journal_series(folder.path("live") + kData, report);
  REQUIRE(all.size() == 2);
  for (core::SeriesId id = 0; id < 2; ++id) {
    REQUIRE(all[id].digest == recorded.digests[id]);
    AnchoredState state(AtcParams::create(all[id].config, all[id].price_scale), all[id].anchor,
                        all[id].interval_ms);
    for (std::size_t i = 0; i < all[id].bars.size(); ++i) {
      Outputs outputs;
      REQUIRE(state.commit(all[id].bars[i], outputs) == Status::ok);
      REQUIRE(lockstep::test::first_difference(outputs, all[id].outputs[i]) == "");
    }
    REQUIRE(state.state().digest() == all[id].digest);
  }
}

TEST_CASE("verify compares a journal's bars by every path with what was recorded",
          "[journal][replay][verify]") {
  const Recorded recorded;
  const lockstep::test::TemporaryFolder folder;
  const auto verify = [&](const std::string& name, std::string& text) {
    tools::VerifyOptions options;
    options.journal = folder.path(name) + kData;
    std::ostringstream out, errors;
    const int exit_code = tools::run_verify(options, out, errors);
    text = out.str() + errors.str();
    return exit_code;
  };
  std::string text;
  Recorded::dump(recorded.storage, folder.path("live"));
  CHECK(verify("live", text) == 0);
  CAPTURE(text);
  CHECK(text.find("every path gives the same bits") != std::string::npos);
  CHECK(text.find(recorded.digests[1].hex()) != std::string::npos);
  CHECK(text.find("scalar") != std::string::npos);

  MemoryStorage forged;
  forge(recorded, forged, 40);
  Recorded::dump(forged, folder.path("forged"));
  CHECK(verify("forged", text) == 1);
  CHECK(text.find("the journal's digest is not the replayed one") != std::string::npos);

  CHECK(verify("nowhere", text) == 3);
  tools::VerifyOptions both;
  both.journal = folder.path("live") + kData;
  both.files = {"bars.csv"};
  std::ostringstream out, errors;
  CHECK(tools::run_verify(both, out, errors) == 2);
}

}  // namespace lockstep::engine::journal::test
