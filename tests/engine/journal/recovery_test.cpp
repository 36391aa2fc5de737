// Kill it anywhere, cut the power, turn any bit: what comes back is the truth up to some record, or nothing.
#include "engine/journal/recovery.hpp"

#include "tests/engine/journal/journal_rig.hpp"
#include "tests/support/same_bits.hpp"

namespace lockstep::engine::journal::test {
namespace {

using engine::test::history_anchor;
using engine::test::rolling_anchor;
using lockstep::test::draws;
using lockstep::test::first_difference;

/// Everything that anybody has seen of closed bars, over all starts.
class Seen {
 public:
  Seen(const Market& market, const Config& config, int series) : market_(market) {
    const SeriesSettings settings = engine::test::make_settings(config.engine.anchor, config.atc);
    for (int i = 0; i < series; ++i)
      oracles_.emplace_back(settings, kMinute, market.truth(static_cast<core::SeriesId>(i)));
    bars_.resize(static_cast<std::size_t>(series));
  }
  void take(const std::vector<Signal>& signals) {
    for (const Signal& signal : signals) {
      REQUIRE(signal.is_valid == (signal.state == SeriesState::live));
      if (!signal.is_closed()) continue;
      CAPTURE(signal.series, signal.bar.ts_open_ms, signal.revision);
      const auto index = static_cast<std::size_t>((signal.bar.ts_open_ms - kStart) / kMinute);
      REQUIRE(signal.bar == market_.truth(signal.series).at(index));
      REQUIRE(first_difference(oracles_[signal.series].closed(index), signal.outputs) == "");
      REQUIRE(signal.revision == 0);
      auto& seen = bars_[signal.series];
      const auto [at, is_new] = seen.emplace(index, signal);
      if (!is_new) {
        REQUIRE(at->second.bar == signal.bar);
        REQUIRE(at->second.digest == signal.digest);
        REQUIRE(first_difference(at->second.outputs, signal.outputs) == "");
        ++again_;
      }
    }
  }
  /// No bar between the first and the last was left out, but those that `known` has (journalled, and killed
  /// before they were shown).
  std::size_t missing(core::SeriesId id, std::size_t last) const {
    std::size_t count = 0;
    for (std::size_t i = bars_[id].begin()->first; i <= last; ++i) count += !bars_[id].contains(i);
    return count;
  }
  std::size_t again() const { return again_; }

 private:
  const Market& market_;
  std::vector<engine::test::Oracle> oracles_;
  std::vector<std::map<std::size_t, Signal>> bars_;
  std::size_t again_ = 0;
};

/// A market's day with kills in it; gives how often it was killed.
int live_with_kills(std::uint64_t seed, const Anchor& anchor, bool cuts_power, bool has_snapshots) {
  constexpr int kSeries = 2;
  const Config config = rig_config(anchor);
  const core::Catalog catalog = rig_catalog(kSeries);
  Market market(seed, kSeries, 420);
  Seen seen(market, config, kSeries);
  Rng rng(seed);
  MemoryStorage storage;
  int kills = 0;
  std::size_t unseen = 0;
  while (!market.is_over()) {
    Engine engine(storage, config, catalog);
    for (const std::string& finding : engine.recovered().findings) {
      CAPTURE(finding);
      REQUIRE(finding.find("torn tail") != std::string::npos);
    }
    market.attach(engine);
    const auto life = rng.between(1, 400);
    for (std::int64_t i = 0; i < life && !market.is_over(); ++i) {
      market.step(engine, market.open_index() > 380);
      // Not every step is written at once: a kill finds some events applied only.
      if (rng.chance(80)) seen.take(engine.commit());
      if (has_snapshots && rng.chance(2)) engine.write_snapshot_now();
    }
    if (market.is_over()) {
      seen.take(engine.commit());
      for (core::SeriesId id = 0; id < kSeries; ++id) {
        REQUIRE(engine.series(id).state() == SeriesState::live);
        REQUIRE(seen.missing(id, market.open_index() - 1) <= unseen);
      }
      break;
    }
    ++kills;
    unseen += 10;
    if (cuts_power) {
      MemoryStorage left = storage.after_power_cut(rng);
      storage.files = left.files;
      storage.durable_names = left.durable_names;
    }
  }
  REQUIRE(kills > 0);
  return kills;
}

}  // namespace

TEST_CASE("P1: killed at any moment, no bar is lost, doubled or altered", "[journal][recovery][fault][P1]") {
  const bool has_snapshots = GENERATE(false, true);
  int kills = 0;
  for (int draw = 0; draw < draws(15); ++draw) {
    CAPTURE(draw, has_snapshots);
    kills +=
        live_with_kills(static_cast<std::uint64_t>(draw) + 1, rolling_anchor(60, 10), false, has_snapshots);
  }
  REQUIRE(kills > 30);
}

TEST_CASE("P1, S9: with the power cut at any moment, neither", "[journal][recovery][fault][P1][S9]") {
  const bool has_snapshots = GENERATE(false, true);
  for (int draw = 0; draw < draws(15); ++draw) {
    CAPTURE(draw, has_snapshots);
    live_with_kills(static_cast<std::uint64_t>(draw) + 101, rolling_anchor(40, 1), true, has_snapshots);
  }
}

namespace {

/// A small journal of one series, and what it was worth after each record.
struct SmallJournal {
  explicit SmallJournal(bool has_snapshot)
      : config(rig_config(rolling_anchor(40, 10))), catalog(rig_catalog(1)) {
    config.journal.segment_bytes = 4'000;
    Market market(5, 1, 300);
    Engine engine(storage, config, catalog);
    market.attach(engine);
    for (int i = 0; i < 70; ++i) {
      market.step(engine, true);
      engine.commit();
      digests.push_back(engine.series(0).digest());
      if (has_snapshot && i == 40) engine.write_snapshot_now();
    }
    digests.push_back({});
    records = engine.writer().sequence() - 1;
    is_promised = true;
  }
  /// What recovery makes of `files`.
  Recovered recover_from(MemoryStorage& from) const {
    settings = engine::test::make_settings(config.engine.anchor, config.atc);
    return recover(from, kData, catalog, settings, settings_fingerprint(config));
  }
  bool is_prefix(const Digest& digest) const {
    return std::find(digests.begin(), digests.end(), digest) != digests.end() || history.contains(digest.low);
  }
  /// Digests between two commits are prefixes, too: those of every event.
  void note_events() {
    read_journal(storage, journal_folder(kData), 1, [&](const RecordView& record, const SegmentFile&) {
      EventRecord event;
      if (decode(record.payload, event)) history[event.digest_after.low] = true;
      return true;
    });
  }

  Config config;
  core::Catalog catalog;
  MemoryStorage storage;
  std::vector<Digest> digests;
  std::map<std::uint64_t, bool> history;
  std::uint64_t records = 0;
  bool is_promised = false;
  mutable SeriesSettings settings;
};

std::string last_segment(const MemoryStorage& storage) {
  std::string last;
  for (const auto& [path, content] : storage.files) {
    if (path.ends_with(".jnl")) last = path;
  }
  return last;
}

}  // namespace

TEST_CASE("S1, S4: cut at any byte, a journal gives what was before the cut, says so, and goes on",
          "[journal][recovery][fault][S1][S4]") {
  SmallJournal journal(false);
  journal.note_events();
  const std::string path = last_segment(journal.storage);
  const std::size_t size = journal.storage.files[path].bytes.size();
  REQUIRE(size > 500);
  std::size_t torn = 0;
  for (std::size_t cut = 0; cut < size; ++cut) {
    CAPTURE(cut);
    MemoryStorage storage(journal.storage);
    storage.files[path].bytes.resize(cut);
    if (cut % 3 == 1) storage.files[path].bytes.resize(cut + 100);  // zeros, as some file systems leave them
    const Recovered recovered = journal.recover_from(storage);
    REQUIRE(recovered.series[0]);
    REQUIRE(journal.is_prefix(recovered.series[0]->digest()));
    torn += recovered.findings.size();
    // Done again, there is nothing left to find, and the same comes out.
    const Recovered again = journal.recover_from(storage);
    REQUIRE(again.findings.empty());
    REQUIRE(again.series[0]->digest() == recovered.series[0]->digest());
    REQUIRE(again.position.sequence == recovered.position.sequence);
  }
  REQUIRE(torn > size / 2);
}

TEST_CASE(
    "S3, S13: no flipped bit of a journal changes a state: it is found, named, and what follows set aside",
    "[journal][recovery][fault][S3][S13]") {
  SmallJournal journal(false);
  journal.note_events();
  Rng rng(6);
  std::size_t flips = 0;
  for (const auto& [path, content] : journal.storage.files) {
    for (std::size_t at = 0; at < content.bytes.size(); at += static_cast<std::size_t>(rng.between(1, 5))) {
      const auto bit = static_cast<std::byte>(1 << rng.between(0, 7));
      CAPTURE(path, at);
      MemoryStorage storage(journal.storage);
      storage.files[path].bytes[at] ^= bit;
      const Recovered recovered = journal.recover_from(storage);
      REQUIRE_FALSE(recovered.findings.empty());
      if (recovered.series[0]) REQUIRE(journal.is_prefix(recovered.series[0]->digest()));
      bool is_kept = false;
      for (const auto& [name, aside] : storage.files) is_kept = is_kept || name.starts_with("/data/damaged/");
      REQUIRE(is_kept);
      REQUIRE(journal.recover_from(storage).findings.empty());
      ++flips;
    }
  }
  REQUIRE(flips > 2000);
}

TEST_CASE("S7: a damaged snapshot is named and the journal takes its place",
          "[journal][recovery][fault][S7]") {
  SmallJournal journal(true);
  const Digest live = journal.digests[journal.digests.size() - 2];
  std::string path;
  for (const auto& [name, content] : journal.storage.files) {
    if (name.ends_with(".snapshot")) path = name;
  }
  {
    MemoryStorage storage(journal.storage);
    const Recovered recovered = journal.recover_from(storage);
    REQUIRE(recovered.findings.empty());
    REQUIRE_FALSE(recovered.snapshot.empty());
    REQUIRE(recovered.series[0]->digest() == live);
    REQUIRE(recovered.events < 60);
  }
  Rng rng(7);
  for (int draw = 0; draw < draws(300); ++draw) {
    MemoryStorage storage(journal.storage);
    auto& bytes = storage.files[path].bytes;
    if (rng.chance(30)) {
      bytes.resize(static_cast<std::size_t>(rng.between(0, static_cast<std::int64_t>(bytes.size()) - 1)));
    } else {
      bytes[static_cast<std::size_t>(rng.between(0, static_cast<std::int64_t>(bytes.size()) - 1))] ^=
          static_cast<std::byte>(1 << rng.between(0, 7));
    }
    const Recovered recovered = journal.recover_from(storage);
    REQUIRE(recovered.findings.size() == 1);
    REQUIRE(recovered.findings[0].find("snapshot") != std::string::npos);
    REQUIRE(recovered.snapshot.empty());
    REQUIRE(recovered.series[0]->digest() == live);
  }
}

TEST_CASE("S8: recovery can be cut off at any call and done again", "[journal][recovery][fault][S8]") {
  SmallJournal journal(true);
  const std::string path = last_segment(journal.storage);
  MemoryStorage broken(journal.storage);
  broken.files[path].bytes.resize(broken.files[path].bytes.size() - 5);
  Digest expected;
  {
    MemoryStorage storage(broken);
    expected = journal.recover_from(storage).series[0]->digest();
  }
  for (int calls = 0;; ++calls) {
    MemoryStorage storage(broken);
    int left = calls;
    storage.fault = [&](const Call&) { return left-- > 0 ? 0 : EIO; };
    bool is_cut = false;
    try {
      journal.recover_from(storage);
    } catch (const StorageError&) {
      is_cut = true;
    }
    storage.fault = {};
    const Recovered recovered = journal.recover_from(storage);
    CAPTURE(calls);
    REQUIRE(recovered.series[0]->digest() == expected);
    if (!is_cut && left > 0) break;
  }
}

TEST_CASE("S10: states of other settings are not used", "[journal][recovery][fault][S10]") {
  SmallJournal journal(true);
  journal.config.atc.lambda = 0.5;
  const Recovered recovered = journal.recover_from(journal.storage);
  REQUIRE(recovered.series[0] == nullptr);
  REQUIRE(recovered.epoch == 2);
}

TEST_CASE("a restored series goes on as the one that was never stopped", "[journal][recovery]") {
  const Anchor anchor = GENERATE(rolling_anchor(60, 10), history_anchor());
  const Config config = rig_config(anchor);
  const core::Catalog catalog = rig_catalog(1);
  MemoryStorage storage;
  Market market(9, 1, 300);
  Engine first(storage, config, catalog);
  market.attach(first);
  for (int i = 0; i < 500; ++i) {
    market.step(first, false);
    first.commit();
    if (i % 50 != 49) continue;
    std::vector<std::byte> bytes, again;
    first.series(0).to_bytes(bytes);
    const SeriesSettings settings = engine::test::make_settings(anchor, config.atc);
    LiveSeries restored(catalog[0], settings);
    REQUIRE(restored.from_bytes(bytes));
    restored.to_bytes(again);
    REQUIRE(again == bytes);
    MemoryStorage copy(storage);
    Engine second(copy, config, catalog);
    REQUIRE(second.recovered().findings.empty());
    REQUIRE(second.series(0).digest() == first.series(0).digest());
    REQUIRE(second.series(0).expected_ms() == first.series(0).expected_ms());
    REQUIRE(second.series(0).revision() == first.series(0).revision());
    REQUIRE(second.series(0).counters().bars == first.series(0).counters().bars);
    REQUIRE(second.series(0).counters().gaps == first.series(0).counters().gaps);
    REQUIRE(second.series(0).sequence() > first.series(0).sequence());
  }
}

}  // namespace lockstep::engine::journal::test
