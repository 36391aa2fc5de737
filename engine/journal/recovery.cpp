#include "engine/journal/recovery.hpp"

#include <algorithm>
#include <deque>
#include <random>

#include "engine/core/defence.hpp"
#include "engine/journal/crc32c.hpp"

namespace lockstep::engine::journal {
namespace {

/// Publications were made when the records were new.
class NoSink final : public SeriesSink {
 public:
  void publish(const Signal&) override {}
  void request(const core::BackfillRequest&) override {}
};

JournalId random_id() {
  std::random_device device;
  JournalId id;
  for (auto& byte : id) byte = static_cast<std::uint8_t>(device());
  return id;
}

void check(int error, const char* call, const std::string& path) {
  if (error != 0) throw StorageError(io_text(call, path, error));
}

class Recovery {
 public:
  Recovery(Storage& storage, const std::string& data_dir, const core::Catalog& catalog,
           const SeriesSettings& settings, std::uint64_t fingerprint)
      : storage_(storage),
        journal_(journal_folder(data_dir)),
        snapshots_(snapshot_folder(data_dir)),
        damaged_(damaged_folder(data_dir)),
        catalog_(catalog),
        settings_(settings),
        fingerprint_(fingerprint) {}

  Recovered run() {
    out_.series.resize(catalog_.size());
    for (const std::string& folder : {journal_, snapshots_}) {
      check(storage_.make_folder(folder), "create", folder);
      remove_temporaries(folder);
    }
    std::vector<std::string> names = list_snapshots(storage_, snapshots_);
    std::reverse(names.begin(), names.end());
    bool is_done = false;
    for (const std::string& name : names) is_done = is_done || try_snapshot(name);
    if (!is_done) try_journal_alone();
    take_best();
    repair();
    make_durable();
    set_position();
    return std::move(out_);
  }

 private:
  /// One way to the present: series after all records that could be read.
  struct Attempt {
    std::unique_ptr<Player> player;
    JournalEnd end;
    std::string snapshot;
    bool is_bad_payload = false;
  };

  void find(std::string text) { out_.findings.push_back(std::move(text)); }

  void remove_temporaries(const std::string& folder) {
    std::vector<FileInfo> files;
    check(storage_.list(folder, files), "list", folder);
    for (const FileInfo& file : files) {
      if (file.name.ends_with(kTemporaryEnding)) storage_.remove(folder + "/" + file.name);
    }
  }

  std::unique_ptr<LiveSeries> make(const SeriesRecord& info) const {
    const auto interval = core::Interval::parse(info.interval);
    const auto id = interval ? catalog_.find(info.venue, info.symbol, *interval) : std::nullopt;
    return id ? std::make_unique<LiveSeries>(catalog_[*id], settings_) : nullptr;
  }

  Attempt begin_attempt() {
    Attempt attempt;
    attempt.player = std::make_unique<Player>(
        [this](const SeriesRecord& info) {
          return current_fingerprint_ == fingerprint_ ? make(info) : nullptr;
        },
        [this](const StartRecord& start, const std::string& text) -> const SeriesSettings& {
          current_fingerprint_ = start.fingerprint;
          return configure(text);
        },
        no_sink_);
    return attempt;
  }

  /// A start before this one may have run with other deadlines: what they led to must come out again.
  const SeriesSettings& configure(const std::string& text) {
    then_.push_back(settings_);
    try {
      then_.back().late_ms = late_ms(parse_config(text, "the journal's configuration"));
    } catch (const ConfigError&) {
      // Another version's. If it made a difference, the digests show it.
    }
    return then_.back();
  }

  void read_from(Attempt& attempt, std::uint64_t sequence) {
    attempt.end =
        read_journal(storage_, journal_, sequence, [&](const RecordView& record, const SegmentFile&) {
          attempt.is_bad_payload = !attempt.player->apply(record);
          // States of other settings are of no use, from here on.
          if (record.type() == RecordType::configuration && current_fingerprint_ != fingerprint_)
            attempt.player->forget();
          return !attempt.is_bad_payload;
        });
    if (attempt.is_bad_payload && !attempt.end.damage) {
      // Whole, but not what a writer of this format writes: another version's.
      const std::uint64_t sequence_bad = attempt.end.next_sequence - 1;
      throw StorageError(
          "journal record " + std::to_string(sequence_bad) +
          " is not one that this version of lockstep writes; run the version that wrote it, or "
          "give another data_dir");
    }
  }

  bool try_snapshot(const std::string& name) {
    Snapshot snapshot;
    std::string problem;
    if (!read_snapshot(storage_, snapshots_, name, snapshot, problem)) {
      find("snapshot " + name + " " + problem + "; an older one, or the journal, takes its place");
      return false;
    }
    newest_epoch_ = std::max(newest_epoch_, snapshot.epoch);
    if (snapshot.fingerprint != fingerprint_ || snapshot.layout != LiveSeries::layout()) return false;
    Attempt attempt = begin_attempt();
    current_fingerprint_ = snapshot.fingerprint;
    const SeriesSettings& settings = configure(snapshot.configuration);
    for (const SnapshotSeries& each : snapshot.series) {
      auto series = make(each.series);
      if (series && !series->from_bytes(each.state)) {
        find("snapshot " + name + ": the state of " + name_of(each.series) + " cannot be used");
        return false;
      }
      if (series) series->use(settings, each.series.id);
      attempt.player->put(each.series, each.position, std::move(series));
    }
    attempt.snapshot = name;
    read_from(attempt, snapshot.position_min() + 1);
    if (!attempt.end.segment || attempt.end.segment->journal != snapshot.journal ||
        attempt.end.first_sequence > snapshot.position_min() + 1 ||
        (attempt.end.next_sequence <= snapshot.position_max() && LOCKSTEP_DEFENCE(snapshot_within_journal))) {
      find("snapshot " + name + " and the journal do not belong together: it ends at record " +
           std::to_string(snapshot.position_max()) + ", the journal holds " +
           std::to_string(attempt.end.first_sequence) + " to " +
           std::to_string(attempt.end.next_sequence - 1));
      return false;
    }
    return keep(std::move(attempt));
  }

  bool try_journal_alone() {
    Attempt attempt = begin_attempt();
    current_fingerprint_ = 0;
    read_from(attempt, 1);
    if (attempt.end.first_sequence > 1) {
      attempt.player->forget();  // what is left begins in the middle
      find(
          "no snapshot can be used, and the journal's beginning is no longer there: history comes anew from "
          "the venues");
    }
    return keep(std::move(attempt));
  }

  /// True when nothing is wrong with it: no other need be tried.
  bool keep(Attempt attempt) {
    const bool is_right = attempt.player->mismatches().empty();
    for (const Mismatch& mismatch : attempt.player->mismatches()) {
      find((attempt.snapshot.empty() ? std::string("journal: ") : "snapshot " + attempt.snapshot + ": ") +
           mismatch.text());
    }
    const auto wrong = [](const Attempt& each) { return each.player->mismatches().size(); };
    if (!best_ || wrong(attempt) < wrong(*best_)) best_ = std::move(attempt);
    return is_right;
  }

  void take_best() {
    out_.snapshot = best_->snapshot;
    out_.events = best_->player->events();
    newest_epoch_ = std::max(newest_epoch_, best_->player->start().epoch);
    for (Player::Slot& slot : best_->player->slots()) {
      if (!slot.series) continue;
      if (slot.is_wrong) {
        find(name_of(slot.info) + ": its history comes anew from the venue");
        continue;
      }
      const auto id =
          catalog_.find(slot.info.venue, slot.info.symbol, *core::Interval::parse(slot.info.interval));
      slot.series->use(settings_, *id);
      out_.series[*id] = std::move(slot.series);
    }
  }

  void set_aside(const std::string& name, std::span<const std::byte> bytes) {
    check(storage_.make_folder(damaged_), "create", damaged_);
    check(write_whole(storage_, damaged_, name, bytes), "write", damaged_ + "/" + name);
  }

  /// Cuts the journal behind its last good record; what lay there is kept aside.
  void repair() {
    const JournalEnd& end = best_->end;
    if (!end.damage) return;
    find("journal " + end.damage->text() +
         (end.damage->is_torn_tail
              ? "; a torn tail, as a power cut or kill leaves it: cut off, kept in damaged/"
              : "; damaged where it had been safe on the disk: it and what follows are kept in damaged/, "
                "bars from "
                "there on come anew from the venues"));
    // Later segments first, so that a cut in between leaves the damage to be found again.
    std::vector<SegmentFile> files = list_segments(storage_, journal_);
    std::reverse(files.begin(), files.end());
    const bool has_good = end.segment.has_value();
    for (const SegmentFile& file : files) {
      if (has_good && file.number <= end.file.number) break;
      move_aside(file);
    }
    if (has_good && end.damage->file == end.file.name()) cut(end);
    check(storage_.sync_folder(journal_), "sync", journal_);
  }

  void move_aside(const SegmentFile& file) {
    std::vector<std::byte> bytes;
    const std::string path = journal_ + "/" + file.name();
    if (storage_.read(path, bytes) == 0) set_aside(file.name(), bytes);
    check(storage_.remove(path), "remove", path);
  }

  void cut(const JournalEnd& end) {
    std::vector<std::byte> bytes;
    std::string problem;
    if (!load_segment(storage_, journal_, end.file, bytes, problem)) throw StorageError(problem);
    const std::span<const std::byte> all(bytes);
    set_aside(end.file.name() + ".from-" + std::to_string(end.good_bytes), all.subspan(end.good_bytes));
    SegmentFile plain = end.file;
    plain.is_compressed = false;
    const std::string path = journal_ + "/" + plain.name();
    if (end.file.is_compressed) {
      check(write_whole(storage_, journal_, plain.name(), all.first(end.good_bytes)), "write", path);
      check(storage_.remove(journal_ + "/" + end.file.name()), "remove", end.file.name());
      return;
    }
    std::unique_ptr<File> file;
    check(storage_.open(path, file), "open", path);
    check(file->truncate(end.good_bytes), "truncate", path);
    check(file->sync(), "sync", path);
    check(file->close(), "close", path);
  }

  /// The run before may have ended between writing and syncing: what it wrote is read, and rested on from
  /// here on, but it would still be lost with the power.
  void make_durable() {
    const JournalEnd& end = best_->end;
    if (!end.segment || end.file.is_compressed || !LOCKSTEP_DEFENCE(recovery_sync)) return;
    const std::string path = journal_ + "/" + end.file.name();
    std::unique_ptr<File> file;
    check(storage_.open(path, file), "open", path);
    check(file->sync(), "sync", path);
    check(file->close(), "close", path);
    check(storage_.sync_folder(journal_), "sync", journal_);
  }

  void set_position() {
    const JournalEnd& end = best_->end;
    out_.epoch = newest_epoch_ + 1;
    WriterPosition& position = out_.position;
    if (!end.segment) {
      position.journal = random_id();
      return;
    }
    position.journal = end.segment->journal;
    position.segment = end.segment->segment + 1;
    position.sequence = end.next_sequence;
    position.chain = end.chain;
  }

  Storage& storage_;
  const std::string journal_, snapshots_, damaged_;
  const core::Catalog& catalog_;
  const SeriesSettings& settings_;
  const std::uint64_t fingerprint_;
  std::uint64_t current_fingerprint_ = 0;  // of the start whose records are being read
  std::uint64_t newest_epoch_ = 0;
  NoSink no_sink_;
  std::deque<SeriesSettings> then_;  // of starts before this one
  std::optional<Attempt> best_;
  Recovered out_;
};

}  // namespace

Recovered recover(Storage& storage, const std::string& data_dir, const core::Catalog& catalog,
                  const SeriesSettings& settings, std::uint64_t fingerprint) {
  return Recovery(storage, data_dir, catalog, settings, fingerprint).run();
}

std::int64_t late_ms(const Config& config) {
  return std::int64_t{1000} * config.engine.late_s;
}

std::uint64_t settings_fingerprint(const Config& config) {
  const std::string anchor = engine::to_string(config.engine.anchor);
  const std::uint64_t text = crc32c(std::as_bytes(std::span(anchor)));
  return AtcParams::create(config.atc, 0)->fingerprint() ^ (text << 32 | text);
}

}  // namespace lockstep::engine::journal
