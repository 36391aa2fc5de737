// Gives a journal's records to series again: recovery and replay are the same walk.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/journal/record.hpp"
#include "engine/live_series.hpp"
#include "kernels/rolling_runs.hpp"

namespace lockstep::engine::journal {

/// The first record after which a series was not what the journal says it was.
struct Mismatch {
  std::string series;           ///< venue symbol interval
  std::uint64_t sequence = 0;   ///< of the record
  std::int64_t ts_open_ms = 0;  ///< its bar; 0: it had none
  Digest recorded{}, replayed{};
  std::string text() const;
};

/// "venue symbol interval".
std::string name_of(const SeriesRecord& series);

class Player {
 public:
  /// Makes a series without a bar, null: this one is of no interest.
  using MakeSeries = std::function<std::unique_ptr<LiveSeries>(const SeriesRecord&)>;
  /// What series of a start with this configuration run with; it must outlive them. Throws ConfigError.
  using Configure =
      std::function<const SeriesSettings&(const StartRecord&, const std::string& configuration)>;
  struct Slot {
    SeriesRecord info;
    std::unique_ptr<LiveSeries> series;
    std::uint64_t position = 0;  ///< records up to here are in its state already
    bool is_wrong = false;       ///< see mismatches(); takes no more events
  };

  /// The sink must outlive the player.
  Player(MakeSeries make, Configure configure, SeriesSink& sink)
      : make_(std::move(make)), configure_(std::move(configure)), sink_(sink) {}

  /// A series from a snapshot, before any record.
  void put(const SeriesRecord& info, std::uint64_t position, std::unique_ptr<LiveSeries> series);
  /// The next record. False when a payload is not what its type says.
  bool apply(const RecordView& record);
  /// Each series takes its events in the journal's order, but many of one series before those of the next: so
  /// that its state stays in the caches. Ended by flush(); with rolling anchors, whose runs are built
  /// together for several series, nothing is put off.
  void group_by_series() { puts_off_ = true; }
  /// Gives what was put off. Before anything is read from here, and at the end.
  void flush();
  /// A series that is wrong takes events all the same; its first mismatch alone is noted.
  void go_on_when_wrong() { goes_on_ = true; }
  /// Drops the states of all series: those that come are new.
  void forget();

  /// Series of the present start, by the journal's id.
  std::vector<Slot>& slots() { return slots_; }
  const std::vector<Mismatch>& mismatches() const { return mismatches_; }
  /// The last start record; epoch 0 before the first.
  const StartRecord& start() const { return start_; }
  std::uint64_t events() const { return events_; }

 private:
  bool begin_series(const RecordView& record);
  bool apply_event(const RecordView& record);
  bool put_off(const RecordView& record);
  void prefetch_event(std::uint32_t at) const;
  void prefetch_series(std::size_t id, std::size_t& ahead) const;
  /// The records so far are what is left of a start whose beginning is gone: nobody knows their series.
  bool is_before_start() const { return start_.epoch == 0; }
  void give(Slot& slot, std::uint64_t sequence, const EventRecord& event);
  void see_to_next_run(LiveSeries& series);
  void note_mismatch(Slot& slot, std::uint64_t sequence, const EventRecord& event);
  Slot& slot_at(std::uint32_t id);

  MakeSeries make_;
  Configure configure_;
  SeriesSink& sink_;
  std::vector<Slot> slots_;
  std::map<std::string, Slot> carried_;  // series of the start before, by name
  StartRecord start_;
  const SeriesSettings* settings_ = nullptr;  // of the present start
  std::vector<Mismatch> mismatches_;
  std::uint64_t events_ = 0;
  bool goes_on_ = false;
  bool puts_off_ = false;
  /// An event that was put off, and the next one of its series.
  struct Later {
    std::uint64_t sequence;
    EventRecord event;
    std::uint32_t next;
  };
  struct Chain {
    std::uint32_t first, last;
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::vector<Later> later_;   // in the journal's order
  std::vector<Chain> chains_;  // into later_, by the journal's id
  RollingRuns rolling_runs_;
  std::vector<AnchoredState*> due_;  // re-anchor at their next bar
};

}  // namespace lockstep::engine::journal
