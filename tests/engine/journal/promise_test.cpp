// What the journal promises beside its appends: whole segments, snapshots that know no more than the disk,
// and nothing taken away that is still needed.
#include "engine/journal/keeper.hpp"
#include "tests/engine/journal/journal_rig.hpp"

namespace lockstep::engine::journal::test {
namespace {

using engine::test::rolling_anchor;

const std::string kFolder = journal_folder(kData);

EventRecord numbered(std::int64_t number) {
  EventRecord record;
  record.event.kind = core::EventKind::bar;
  record.event.is_closed = 1;
  record.event.bar = {number, 1, 1, 1, 1};
  return record;
}

void write(Writer& writer, Port& port, std::int64_t from, std::int64_t to) {
  for (std::int64_t i = from; i <= to; ++i) port.append(numbered(i));
  port.flush();
  REQUIRE(writer.step() == Writer::Step::written);
}

/// How many of the records 1, 2, 3 ... are there.
std::uint64_t readable(MemoryStorage storage) {
  std::uint64_t count = 0;
  const JournalEnd end = read_journal(storage, kFolder, 1, [&](const RecordView& record, const SegmentFile&) {
    REQUIRE(record.header.sequence == ++count);
    return true;
  });
  CAPTURE(end.damage ? end.damage->text() : "");
  REQUIRE((!end.damage || end.damage->is_torn_tail));
  return count;
}

/// A lived-in journal of one series, in small segments.
struct Lived {
  explicit Lived(FsyncPolicy fsync = FsyncPolicy::always, int snapshot_at = -1)
      : config(rig_config(rolling_anchor(40, 10))), catalog(rig_catalog(1)) {
    config.journal.segment_bytes = 2'000;
    config.journal.fsync = fsync;
    Market market(5, 1, 300);
    Engine engine(storage, config, catalog);
    market.attach(engine);
    for (int i = 0; i < 1'900; ++i) {
      market.step(engine, true);
      engine.commit();
      digests.push_back(engine.series(0).digest());
      if (i == snapshot_at) engine.write_snapshot_now();
    }
  }
  Recovered recover_from(MemoryStorage& from) {
    settings = engine::test::make_settings(config.engine.anchor, config.atc);
    return recover(from, kData, catalog, settings, settings_fingerprint(config));
  }
  std::vector<std::string> segments() const {
    std::vector<std::string> paths;
    for (const auto& [path, content] : storage.files) {
      if (path.starts_with(kFolder)) paths.push_back(path);
    }
    return paths;
  }

  Config config;
  core::Catalog catalog;
  MemoryStorage storage;
  std::vector<Digest> digests;
  SeriesSettings settings;
};

}  // namespace

TEST_CASE("S9: a segment that was ended is whole on the disk, whatever the policy", "[journal][fault][S9]") {
  JournalConfig config;
  config.segment_bytes = 4'000;
  config.fsync = FsyncPolicy::interval;
  MemoryStorage storage;
  Writer writer(storage, kFolder, config, {}, {});
  Port& port = writer.add_port();
  Rng rng(1);
  std::uint64_t ended = 0;
  for (std::int64_t i = 1; i < 500; i += 5) {
    const std::uint64_t segment = writer.segment();
    write(writer, port, i, i + 4);
    if (writer.segment() != segment) ended = writer.sequence() - 1;
    REQUIRE(readable(storage.after_power_cut(PowerLoss::dropped, rng)) >= ended);
  }
  REQUIRE(ended > 400);
}

TEST_CASE("S7: a snapshot never knows more than the disk does, whatever the policy", "[journal][fault][S7]") {
  JournalConfig config;
  config.fsync = GENERATE(FsyncPolicy::interval, FsyncPolicy::never);
  MemoryStorage storage;
  Rng rng(2);
  std::uint64_t known = 0, looks = 0;
  WriterHooks hooks;
  hooks.on_state = [&](std::uint32_t, std::uint64_t sequence, std::span<const std::byte>) {
    known = sequence;
  };
  hooks.on_durable = [&](std::uint64_t) {
    MemoryStorage left(storage);
    // Policy `never` does not sync names either; the keeper's snapshot then does.
    left.sync_folder(kFolder);
    REQUIRE(readable(left.after_power_cut(PowerLoss::dropped, rng)) >= known);
    ++looks;
  };
  Writer writer(storage, kFolder, config, {}, hooks);
  Port& port = writer.add_port();
  for (std::int64_t i = 1; i < 100; i += 10) {
    port.append(numbered(i));
    port.append_state(0, {});
    write(writer, port, i + 1, i + 9);
  }
  REQUIRE((looks == 10 && known == 91));
}

TEST_CASE("S7: compression may be cut off by a power cut anywhere", "[journal][fault][S7]") {
  JournalConfig config;
  config.segment_bytes = 4'000;
  MemoryStorage storage;
  Writer writer(storage, kFolder, config, {}, {});
  Port& port = writer.add_port();
  for (std::int64_t i = 1; i <= 300; i += 10) write(writer, port, i, i + 9);
  Rng rng(3);
  int cuts = 0;
  storage.changed = [&] {
    for (const PowerLoss way : kPowerLosses) {
      CAPTURE(static_cast<int>(way), cuts);
      REQUIRE(readable(storage.after_power_cut(way, rng)) == 300);
    }
    ++cuts;
  };
  REQUIRE(compact_journal(storage, kFolder, writer.segment()) > 5);
  REQUIRE(cuts > 30);
}

TEST_CASE("S8: what a start goes on from is on the disk, even where the run before had not synced it",
          "[journal][fault][S8][S9]") {
  Lived lived(FsyncPolicy::interval);
  Rng rng(4);
  // The process ended; the machine went on, and a new start read what the system had not written yet.
  const Recovered first = lived.recover_from(lived.storage);
  REQUIRE(first.findings.empty());
  REQUIRE(first.series[0]->digest() == lived.digests.back());
  MemoryStorage left = lived.storage.after_power_cut(PowerLoss::dropped, rng);
  const Recovered second = lived.recover_from(left);
  REQUIRE(second.position.sequence == first.position.sequence);
  REQUIRE(second.series[0]->digest() == first.series[0]->digest());
}

TEST_CASE("S13: a segment that is missing, or of another journal, is found and named",
          "[journal][fault][S3][S13]") {
  Lived lived;
  const Lived other;
  const std::vector<std::string> paths = lived.segments();
  REQUIRE(paths.size() > 4);
  const bool is_missing = GENERATE(true, false);
  MemoryStorage storage(lived.storage);
  if (is_missing) {
    storage.files.erase(paths[2]);
  } else {
    REQUIRE(other.storage.files.contains(paths[2]));
    storage.files[paths[2]] = other.storage.files.at(paths[2]);
  }
  const Recovered recovered = lived.recover_from(storage);
  REQUIRE(recovered.findings.size() == 1);
  REQUIRE_THAT(recovered.findings[0],
               Catch::Contains(is_missing ? "segment 3 is missing" : "belongs to another journal"));
  REQUIRE(recovered.series[0]->digest() != lived.digests.back());
  REQUIRE(std::find(lived.digests.begin(), lived.digests.end(), recovered.series[0]->digest()) !=
          lived.digests.end());
  REQUIRE(lived.recover_from(storage).findings.empty());
}

TEST_CASE("S9, S13: a journal whose beginning is gone, and no snapshot, is begun anew",
          "[journal][fault][S9][S13]") {
  Lived lived;
  MemoryStorage storage(lived.storage);
  storage.files.erase(lived.segments()[0]);
  const Recovered recovered = lived.recover_from(storage);
  REQUIRE(recovered.findings.size() == 1);
  REQUIRE_THAT(recovered.findings[0], Catch::Contains("the journal's beginning is no longer there"));
  REQUIRE(recovered.series[0] == nullptr);
}

TEST_CASE("S7: a snapshot of more than the journal holds is not used", "[journal][fault][S7]") {
  Lived lived(FsyncPolicy::always, 1'500);
  MemoryStorage storage(lived.storage);
  const std::vector<std::string> paths = lived.segments();
  for (std::size_t i = 2; i < paths.size(); ++i) storage.files.erase(paths[i]);
  const Recovered recovered = lived.recover_from(storage);
  REQUIRE(recovered.findings.size() == 1);
  REQUIRE_THAT(recovered.findings[0], Catch::Contains("do not belong together"));
  REQUIRE(recovered.snapshot.empty());
}

TEST_CASE("S7: a segment is removed only when two good snapshots do without it", "[journal][fault][S7]") {
  MemoryStorage storage;
  JournalConfig config;
  config.segment_bytes = 100'000;
  config.compress = false;
  config.keep_mb = 1;
  Writer writer(storage, kFolder, config, {}, {});
  Port& port = writer.add_port();
  for (std::int64_t i = 1; i <= 20'000; i += 500) write(writer, port, i, i + 499);
  Keeper keeper(storage, kData, config, {}, writer);
  const std::size_t segments = list_segments(storage, kFolder).size();
  REQUIRE(segments > 10);
  const auto first_left = [&] { return list_segments(storage, kFolder).front().first_sequence; };

  Snapshot snapshot;
  snapshot.series.resize(1);
  snapshot.series[0].state = compress_state({});
  const auto write_at = [&](std::uint64_t position) {
    snapshot.series[0].position = position;
    REQUIRE(write_snapshot(storage, snapshot_folder(kData), snapshot) == 0);
    keeper.tidy();
  };
  keeper.tidy();
  REQUIRE(first_left() == 1);
  write_at(9'000);
  REQUIRE(first_left() == 1);
  // A damaged one counts for nothing.
  write_at(9'500);
  REQUIRE(first_left() > 1);
  REQUIRE(first_left() <= 9'001);
  const std::uint64_t left = first_left();
  storage.files.rbegin()->second.bytes.back() ^= std::byte{1};
  write_at(19'000);
  REQUIRE(first_left() == left);
}

TEST_CASE("S12: a start reads the newest snapshot and what came after it, however long the journal is",
          "[journal][fault][S12]") {
  constexpr std::uint64_t kEvery = 200;
  const Config config = rig_config(rolling_anchor(40, 10));
  const core::Catalog catalog = rig_catalog(1);
  const SeriesSettings settings = engine::test::make_settings(config.engine.anchor, config.atc);
  MemoryStorage storage;
  Market market(8, 1, 4'000);
  Engine engine(storage, config, catalog);
  market.attach(engine);
  std::uint64_t next_snapshot = kEvery, starts = 0;
  while (!market.is_over()) {
    market.step(engine, true);
    engine.commit();
    if (engine.writer().sequence() < next_snapshot) continue;
    // Just before the next one a start has the most to do.
    MemoryStorage left(storage);
    std::uint64_t bytes = 0, all = 0;
    for (const auto& [path, content] : left.files) all += content.bytes.size();
    left.fault = [&](const Call& call) {
      if (call.name == "read") bytes += left.files.at(call.path).bytes.size();
      return 0;
    };
    const Recovered recovered = recover(left, kData, catalog, settings, settings_fingerprint(config));
    REQUIRE(recovered.findings.empty());
    CAPTURE(engine.writer().sequence(), recovered.events, bytes, all);
    if (starts > 0) {
      REQUIRE_FALSE(recovered.snapshot.empty());
      REQUIRE(recovered.events <= kEvery + 10);
      // A segment may begin before the snapshot's record.
      const std::size_t snapshot_bytes =
          left.files.at(snapshot_folder(kData) + "/" + recovered.snapshot).bytes.size();
      REQUIRE(bytes <=
              snapshot_bytes + 200 * kEvery + 2 * static_cast<std::uint64_t>(config.journal.segment_bytes));
    }
    engine.write_snapshot_now();
    next_snapshot += kEvery;
    ++starts;
  }
  REQUIRE(starts > 15);
}

}  // namespace lockstep::engine::journal::test
