// The bars of some series out of a journal, with what was recorded and what comes out of them again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal/player.hpp"
#include "engine/journal/segments.hpp"
#include "engine/journal/settings_book.hpp"
#include "engine/journal/snapshot.hpp"
#include "engine/journal/storage.hpp"

namespace lockstep::engine::audit {

/// The first closed bar of which the journal holds another digest than its bars give.
struct RecordedDifference {
  std::uint64_t record = 0;
  std::size_t bar = 0;  ///< index into WalkedSeries::bars; its size at the end: no bar was taken then
  Digest recorded{}, replayed{};
};

/// One series: asked for by name and position, filled by the walk.
struct WalkedSeries {
  std::string name;                  ///< venue symbol interval
  std::uint64_t until = UINT64_MAX;  ///< the last record of which it is given anything

  bool is_found = false;
  /// The bars since the series last began anew; false: those before a snapshot are gone (retention).
  bool has_beginning = true;
  std::vector<BarTicks> bars;
  std::vector<Digest> digests;  ///< after each bar, as replayed bar by bar
  /// The running digest after every kMarkEvery bars: marks[i] is after bar (i + 1) * kMarkEvery - 1.
  std::vector<RunningDigest> marks;
  std::optional<RecordedDifference> difference;
  std::unique_ptr<LiveSeries> replayed;  ///< as of after record `until`; lives as long as the walk
  const journal::SettingsBook::Entry* entry = nullptr;  ///< what it ran with
  std::int64_t interval_ms = 0;

  static constexpr std::size_t kMarkEvery = 64;
};

/// Reads only; the journal may be growing meanwhile.
class JournalWalk final : SeriesSink {
 public:
  /// `breathe` is asked between records; false ends the walk early.
  JournalWalk(journal::Storage& storage, const std::string& data_dir, std::function<bool()> breathe);

  /// Fills the series; false when breathe() ended it. Throws StorageError when the journal cannot be read up
  /// to the last `until`, ConfigError when a configuration in it is not of this version. Once.
  bool run(const std::vector<WalkedSeries*>& wanted);
  /// Where reading ended before its time: only where the `until` of all series had not been reached.
  const std::optional<journal::Damage>& damage() const { return damage_; }
  std::uint64_t records() const { return records_; }

 private:
  void publish(const Signal&) override {}
  void request(const core::BackfillRequest&) override {}
  void committed(core::SeriesId id, const BarTicks& bar, const Outputs& outputs) override;
  void started_over(core::SeriesId id) override;

  std::unique_ptr<LiveSeries> make(const journal::SeriesRecord& info);
  std::uint64_t first_record();
  void begin_from(const journal::Snapshot& snapshot);
  bool take(const journal::RecordView& record);
  void take_event(const journal::RecordView& record);
  void note_mismatches();
  WalkedSeries* find(core::SeriesId id);
  void begin_anew(WalkedSeries& series);

  journal::Storage& storage_;
  const std::string journal_, snapshots_;
  const std::function<bool()> breathe_;
  std::map<std::string, WalkedSeries*> by_name_;
  std::vector<std::optional<WalkedSeries*>> by_id_;  // of the present start; null inside: not wanted
  std::uint64_t until_min_ = UINT64_MAX, until_max_ = 0;
  journal::SettingsBook book_;
  journal::SettingsBook::Entry* entry_ = nullptr;
  journal::Player player_;
  std::size_t mismatches_seen_ = 0;
  std::size_t bars_before_ = 0;  // of the series that is given an event, before it
  std::uint64_t records_ = 0;
  bool is_ended_ = false;
  std::optional<journal::Damage> damage_;
};

/// Names of the series of the last start, "venue symbol interval". Throws StorageError.
std::vector<std::string> series_of_last_start(journal::Storage& storage, const std::string& data_dir);

}  // namespace lockstep::engine::audit
