#include "engine/audit/journal_walk.hpp"

#include <algorithm>

namespace lockstep::engine::audit {

using journal::EventRecord;
using journal::Player;
using journal::RecordType;
using journal::RecordView;
using journal::SeriesRecord;
using journal::Snapshot;
using journal::StorageError;

namespace {

constexpr std::uint64_t kRecordsBetweenBreaths = 256;

}  // namespace

JournalWalk::JournalWalk(journal::Storage& storage, const std::string& data_dir,
                         std::function<bool()> breathe)
    : storage_(storage),
      journal_(journal::journal_folder(data_dir)),
      snapshots_(journal::snapshot_folder(data_dir)),
      breathe_(std::move(breathe)),
      player_([this](const SeriesRecord& info) { return make(info); },
              [this](const journal::StartRecord&, const std::string& text) -> const SeriesSettings& {
                entry_ = &book_.add(text);
                return entry_->series;
              },
              *this) {
  player_.go_on_when_wrong();
}

bool JournalWalk::run(const std::vector<WalkedSeries*>& wanted) {
  for (WalkedSeries* series : wanted) {
    by_name_[series->name] = series;
    until_min_ = std::min(until_min_, series->until);
    until_max_ = std::max(until_max_, series->until);
  }
  const std::uint64_t from = first_record();
  const journal::JournalEnd end =
      journal::read_journal(storage_, journal_, from, [this](const RecordView& record, const auto&) {
        return record.header.sequence <= until_max_ && take(record);
      });
  const bool is_reached = end.next_sequence > until_max_ || (until_max_ == UINT64_MAX && !end.damage);
  if (end.damage && !is_reached && !is_ended_) damage_ = end.damage;
  for (Player::Slot& slot : player_.slots()) {
    if (!slot.series) continue;
    const auto found = by_name_.find(name_of(slot.info));
    if (found == by_name_.end()) continue;
    found->second->is_found = true;
    found->second->replayed = std::move(slot.series);
  }
  return !is_ended_;
}

WalkedSeries* JournalWalk::find(core::SeriesId id) {
  if (id >= by_id_.size()) by_id_.resize(id + 1);
  if (!by_id_[id]) {
    const auto found = by_name_.find(name_of(player_.slots()[id].info));
    by_id_[id] = found == by_name_.end() ? nullptr : found->second;
  }
  return *by_id_[id];
}

void JournalWalk::begin_anew(WalkedSeries& series) {
  series.bars.clear();
  series.digests.clear();
  series.marks.clear();
  series.difference.reset();
  series.has_beginning = true;
  bars_before_ = 0;
}

std::unique_ptr<LiveSeries> JournalWalk::make(const SeriesRecord& info) {
  const auto wanted = by_name_.find(name_of(info));
  if (wanted == by_name_.end()) return nullptr;
  const auto interval = core::Interval::parse(info.interval);
  if (!interval) throw StorageError("journal: \"" + info.interval + "\" is not an interval");
  begin_anew(*wanted->second);
  wanted->second->interval_ms = interval->ms();
  wanted->second->entry = entry_;
  return std::make_unique<LiveSeries>(core::Series{info.id, 0, info.venue, info.symbol, *interval},
                                      entry_->series);
}

/// From the beginning; where that is gone, from the oldest snapshot that the journal still reaches.
std::uint64_t JournalWalk::first_record() {
  const auto files = journal::list_segments(storage_, journal_);
  if (files.empty() || files.front().first_sequence == 1) return 1;
  for (const std::string& name : journal::list_snapshots(storage_, snapshots_)) {
    Snapshot snapshot;
    std::string problem;
    if (!read_snapshot(storage_, snapshots_, name, snapshot, problem)) continue;
    if (snapshot.position_min() + 1 < files.front().first_sequence) continue;
    if (snapshot.layout != LiveSeries::layout()) continue;
    begin_from(snapshot);
    return snapshot.position_min() + 1;
  }
  throw StorageError("the journal " + journal_ + " begins at record " +
                     std::to_string(files.front().first_sequence) +
                     ", and no snapshot that can be used reaches back to it");
}

void JournalWalk::begin_from(const Snapshot& snapshot) {
  entry_ = &book_.add(snapshot.configuration);
  for (const journal::SnapshotSeries& each : snapshot.series) {
    auto series = make(each.series);
    if (!series) continue;
    if (!series->from_bytes(each.state)) throw StorageError("a snapshot's state cannot be used");
    WalkedSeries& walked = *by_name_.at(name_of(each.series));
    walked.has_beginning = series->indicator() == nullptr || series->indicator()->bars_total() == 0;
    player_.put(each.series, each.position, std::move(series));
  }
}

bool JournalWalk::take(const RecordView& record) {
  if (++records_ % kRecordsBetweenBreaths == 0 && breathe_ && !breathe_()) {
    is_ended_ = true;
    return false;
  }
  if (record.type() == RecordType::event) {
    take_event(record);
    return true;
  }
  if (record.type() == RecordType::configuration) by_id_.clear();
  if (record.type() == RecordType::series) bars_before_ = SIZE_MAX;
  if (!player_.apply(record))
    throw StorageError("journal record " + std::to_string(record.header.sequence) +
                       " is not one that this version of lockstep writes");
  note_mismatches();
  return true;
}

void JournalWalk::take_event(const RecordView& record) {
  EventRecord event;
  if (!decode(record.payload, event) || event.event.series >= player_.slots().size())
    throw StorageError("journal record " + std::to_string(record.header.sequence) +
                       " is not one that this version of lockstep writes");
  const core::SeriesId id = event.event.series;
  Player::Slot& slot = player_.slots()[id];
  WalkedSeries* const series = slot.series ? find(id) : nullptr;
  if (series == nullptr || record.header.sequence > series->until) return;
  bars_before_ = series->bars.size();
  player_.apply(record);
  note_mismatches();
  // What was wrong before has been found then, and what follows began anew.
  if (event.event.kind == core::EventKind::audit_failed) {
    slot.is_wrong = false;
    series->difference.reset();
  }
}

/// A series is compared on after its first difference, so that its state can be compared, too.
void JournalWalk::note_mismatches() {
  const auto& mismatches = player_.mismatches();
  for (; mismatches_seen_ < mismatches.size(); ++mismatches_seen_) {
    const journal::Mismatch& mismatch = mismatches[mismatches_seen_];
    const auto found = by_name_.find(mismatch.series);
    if (found == by_name_.end() || found->second->difference) continue;
    WalkedSeries& series = *found->second;
    series.difference = RecordedDifference{mismatch.sequence, std::min(bars_before_, series.bars.size()),
                                           mismatch.recorded, mismatch.replayed};
  }
}

void JournalWalk::committed(core::SeriesId id, const BarTicks& bar, const Outputs&) {
  WalkedSeries* const series = find(id);
  if (series == nullptr) return;
  const AtcState& state = player_.slots()[id].series->indicator()->state();
  series->bars.push_back(bar);
  series->digests.push_back(state.digest());
  if (series->bars.size() % WalkedSeries::kMarkEvery == 0) series->marks.push_back(state.running_digest());
}

void JournalWalk::started_over(core::SeriesId id) {
  if (WalkedSeries* const series = find(id)) begin_anew(*series);
}

std::vector<std::string> series_of_last_start(journal::Storage& storage, const std::string& data_dir) {
  std::vector<std::string> names;
  const auto add = [&](const SeriesRecord& series) {
    if (series.id >= names.size()) names.resize(series.id + 1);
    names[series.id] = name_of(series);
  };
  // A start whose records are gone is known from its snapshots.
  Snapshot snapshot;
  std::string problem;
  const std::string folder = journal::snapshot_folder(data_dir);
  for (const std::string& name : journal::list_snapshots(storage, folder)) {
    if (!read_snapshot(storage, folder, name, snapshot, problem)) continue;
    for (const auto& each : snapshot.series) add(each.series);
  }
  journal::read_journal(storage, journal::journal_folder(data_dir), 1,
                        [&](const RecordView& record, const auto&) {
                          SeriesRecord series;
                          if (record.type() == RecordType::start) names.clear();
                          if (record.type() == RecordType::series && decode(record.payload, series))
                            add(series);
                          return true;
                        });
  std::erase(names, std::string());
  return names;
}

}  // namespace lockstep::engine::audit
