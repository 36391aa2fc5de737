// A journal, lived through again: the same series take the same events, and must come to the same digests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "engine/journal/player.hpp"
#include "engine/journal/segments.hpp"

namespace lockstep::replay {

struct ReplayOptions {
  std::string journal;                  ///< a data directory, or its journal folder
  double speed = 0;                     ///< venue seconds a second; 0: as fast as it goes
  std::optional<std::int64_t> from_ms;  ///< nothing is published before; states are right all the same
  std::optional<std::int64_t> to_ms;    ///< ends with the first event of a later time
};

/// What a series came to.
struct ReplayedSeries {
  std::string name;        ///< venue symbol interval
  std::uint64_t bars = 0;  ///< closed bars taken, in all starts
  Digest digest{};
};

struct ReplayReport {
  std::uint64_t starts = 0, records = 0, events = 0, bars = 0, publications = 0;
  double seconds = 0;      ///< wall time; without pacing all of it is work
  double cpu_seconds = 0;  ///< of this thread
  std::vector<ReplayedSeries> series;
  std::vector<engine::journal::Mismatch> mismatches;  ///< where a digest was not the recorded one
  std::optional<engine::journal::Damage> damage;      ///< reading ended there
  std::string snapshot;  ///< began from it, since the journal's beginning is gone; empty: from the beginning
};

/// What comes out. All may be empty. Called in the journal's order; without on_signal, from_ms, to_ms and
/// speed it is kept for each series only.
struct ReplayHooks {
  std::function<void(const engine::journal::SeriesRecord&, const engine::Signal&)> on_signal;
  /// A closed bar that a series took, history included.
  std::function<void(const engine::journal::SeriesRecord&, const engine::Config&, const BarTicks&,
                     int price_scale, const Outputs&)>
      on_bar;
  /// The bars of a series so far are void: it begins anew (a revision, other settings).
  std::function<void(const engine::journal::SeriesRecord&)> on_start_over;
};

/// The folder with the segments that `path` means. Throws StorageError when there is none.
std::string find_journal_folder(const std::string& path);

/// Reads only; a running daemon's journal may be replayed as far as it has come. Throws StorageError when it
/// cannot be read, ConfigError when a configuration in it is not of this version.
ReplayReport replay_journal(const ReplayOptions& options, const ReplayHooks& hooks = {});

/// A series' bars as a journal has them, for other ways of computing them.
struct JournalSeries {
  std::string name;
  AtcConfig config;
  Anchor anchor;
  std::int64_t interval_ms = 0;  ///< kCalendarMonth for months
  int price_scale = 0;
  std::vector<BarTicks> bars;    ///< since the series last began anew, oldest first
  std::vector<Outputs> outputs;  ///< of each, as replayed; the journal's digests have been compared
  Digest digest{};               ///< after the last
};

/// Every series of the last start, with its bars; `report` says what the replay found. Where the journal's
/// beginning is gone (report.snapshot), bars before that snapshot are missing.
std::vector<JournalSeries> read_journal_series(const std::string& journal, ReplayReport& report);

}  // namespace lockstep::replay
