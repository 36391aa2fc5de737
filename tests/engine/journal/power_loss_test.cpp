// A long life of a journal with the power cut at every boundary between two calls, in five ways at each.
#include <cstdlib>

#include "engine/journal/keeper.hpp"
#include "tests/engine/journal/journal_rig.hpp"

namespace lockstep::engine::journal::test {
namespace {

using engine::test::rolling_anchor;

constexpr int kSeries = 2;
constexpr std::uint64_t kRecords = 10'000;
constexpr std::uint64_t kSnapshotEvery = 400;

/// What recovery made of one cut. Records were still being written then, so it is judged a little later.
struct Outcome {
  std::uint64_t boundary = 0;
  PowerLoss way{};
  std::uint64_t promised = 0;  ///< the last record of which the writer had said that it is safe
  std::uint64_t last = 0;      ///< the last record that recovery found
  std::array<Digest, kSeries> digests{};
  std::vector<std::string> findings;
};

/// States after each record, as the live run had them.
class Truth {
 public:
  void read_on(MemoryStorage& storage) {
    read_journal(storage, journal_folder(kData), last_ + 1,
                 [&](const RecordView& record, const SegmentFile&) {
                   last_ = record.header.sequence;
                   EventRecord event;
                   if (decode(record.payload, event))
                     digests_[event.event.series][last_] = event.digest_after;
                   return true;
                 });
  }
  Digest after(std::uint64_t sequence, core::SeriesId id) const {
    const auto next = digests_[id].upper_bound(sequence);
    return next == digests_[id].begin() ? Digest{} : std::prev(next)->second;
  }
  std::uint64_t last() const { return last_; }

 private:
  std::uint64_t last_ = 0;
  std::array<std::map<std::uint64_t, Digest>, kSeries> digests_;
};

class Life {
 public:
  /// Looks at every `stride`-th boundary.
  Life(FsyncPolicy fsync, std::uint64_t stride)
      : config_(rig_config(rolling_anchor(40, 10))), catalog_(rig_catalog(kSeries)), stride_(stride) {
    config_.journal.fsync = fsync;
    settings_ = engine::test::make_settings(config_.engine.anchor, config_.atc);
  }

  void live() {
    storage_.changed = [this] { look(); };
    Engine engine(storage_, config_, catalog_);
    Market market(3, kSeries, 6'000);
    market.attach(engine);
    settle(engine);
    std::uint64_t snapshot_at = kSnapshotEvery;
    while (engine.writer().sequence() <= kRecords) {
      REQUIRE_FALSE(market.is_over());
      market.step(engine, rng_.chance(70));
      if (!rng_.chance(90)) continue;
      engine.commit();
      if (rng_.chance(20)) sync(engine);
      settle(engine);
      if (engine.writer().sequence() < snapshot_at) continue;
      snapshot_at += kSnapshotEvery;
      keep_house(engine);
      settle(engine);
    }
  }

  std::uint64_t boundaries() const { return boundaries_; }
  std::uint64_t cuts() const { return cuts_; }
  std::uint64_t torn() const { return torn_; }
  std::uint64_t beyond_promise() const { return beyond_promise_; }

 private:
  /// What the keeper does: a snapshot, two of them kept, sealed segments compressed.
  void keep_house(Engine& engine) {
    engine.write_snapshot_now();
    const std::string folder = snapshot_folder(kData);
    const std::vector<std::string> names = list_snapshots(storage_, folder);
    for (std::size_t i = 0; i + 2 < names.size(); ++i) storage_.remove(folder + "/" + names[i]);
    compact_journal(storage_, journal_folder(kData), engine.writer().segment());
  }

  void look() {
    if (boundaries_++ % stride_ != 0) return;
    for (const PowerLoss way : kPowerLosses) {
      MemoryStorage left = storage_.after_power_cut(way, rng_);
      Recovered recovered = recover(left, kData, catalog_, settings_, settings_fingerprint(config_));
      Outcome outcome{boundaries_, way, promised_, recovered.position.sequence - 1, {}, recovered.findings};
      for (core::SeriesId id = 0; id < kSeries; ++id) {
        if (recovered.series[id]) outcome.digests[id] = recovered.series[id]->digest();
      }
      if (++cuts_ % 100 == 0) recover_again(left, outcome);
      outcomes_.push_back(std::move(outcome));
    }
  }

  /// Repaired, there is nothing left to find.
  void recover_again(MemoryStorage& storage, const Outcome& before) {
    const Recovered again = recover(storage, kData, catalog_, settings_, settings_fingerprint(config_));
    CAPTURE(before.boundary, static_cast<int>(before.way));
    REQUIRE(again.findings.empty());
    REQUIRE(again.position.sequence == before.last + 1);
  }

  /// Between two commits: all that was written is known now, and promised.
  void settle(Engine& engine) {
    truth_.read_on(storage_);
    for (const Outcome& outcome : outcomes_) judge(outcome);
    outcomes_.clear();
    if (config_.journal.fsync == FsyncPolicy::always) promised_ = engine.writer().sequence() - 1;
  }

  /// What policy `interval` does now and then.
  void sync(Engine& engine) {
    REQUIRE(engine.writer().sync_now());
    promised_ = engine.writer().sequence() - 1;
  }

  void judge(const Outcome& outcome) {
    CAPTURE(outcome.boundary, static_cast<int>(outcome.way), outcome.promised, outcome.last, truth_.last());
    REQUIRE(outcome.last >= outcome.promised);
    REQUIRE(outcome.last <= truth_.last());
    for (core::SeriesId id = 0; id < kSeries; ++id)
      REQUIRE(outcome.digests[id] == truth_.after(outcome.last, id));
    for (const std::string& finding : outcome.findings) {
      CAPTURE(finding);
      REQUIRE(finding.find("torn tail") != std::string::npos);
      ++torn_;
    }
    beyond_promise_ += outcome.last > outcome.promised ? 1 : 0;
  }

  Config config_;
  core::Catalog catalog_;
  SeriesSettings settings_;
  MemoryStorage storage_;
  Rng rng_{17};
  Truth truth_;
  std::vector<Outcome> outcomes_;
  const std::uint64_t stride_;
  std::uint64_t promised_ = 0, boundaries_ = 0, cuts_ = 0, torn_ = 0, beyond_promise_ = 0;
};

}  // namespace

TEST_CASE("S9, P1: 10,000 records with the power cut between any two calls, in five ways",
          "[journal][power_loss][fault][S1][S9][P1]") {
  // LOCKSTEP_POWER_CUTS=all looks at every boundary.
  const char* const wish = std::getenv("LOCKSTEP_POWER_CUTS");
  const bool is_whole = wish != nullptr && std::string_view(wish) == "all";
  const FsyncPolicy fsync = GENERATE(FsyncPolicy::always, FsyncPolicy::interval);
  CAPTURE(static_cast<int>(fsync));
  Life life(fsync, is_whole ? 1 : 23);
  life.live();
  if (is_whole) {
    WARN(life.boundaries() << " boundaries, " << life.cuts() << " cuts: " << life.torn() << " torn tails, "
                           << life.beyond_promise() << " with more than was promised");
  }
  REQUIRE(life.boundaries() > 9'000);
  REQUIRE(life.torn() > 50);
  REQUIRE(life.beyond_promise() > 50);
}

}  // namespace lockstep::engine::journal::test
