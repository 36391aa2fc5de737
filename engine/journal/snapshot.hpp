// All series of a daemon at one place of the journal, in one file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal/segments.hpp"

namespace lockstep::engine::journal {

/// One series in a snapshot. Its state is as of after record `position`; each series has its own, since
/// shards write theirs at different moments.
struct SnapshotSeries {
  SeriesRecord series;
  std::uint64_t position = 0;
  std::vector<std::byte> state;  ///< LiveSeries::to_bytes(); compressed in files and while one is built
};

struct Snapshot {
  JournalId journal{};
  std::uint64_t fingerprint = 0;  ///< of settings and anchor
  std::uint64_t layout = 0;       ///< LiveSeries::layout()
  std::uint64_t epoch = 0;        ///< of the start that wrote it
  std::string configuration;      ///< in force then
  std::vector<SnapshotSeries> series;

  std::uint64_t position_min() const;
  std::uint64_t position_max() const;
};

/// Name: HIGHEST_POSITION.snapshot. Oldest first. Throws StorageError.
std::vector<std::string> list_snapshots(Storage& storage, const std::string& folder);

/// Takes states compressed with compress_state(). 0 or errno.
int write_snapshot(Storage& storage, const std::string& folder, const Snapshot& snapshot);
std::vector<std::byte> compress_state(std::span<const std::byte> state);

/// Reads and checks a whole file; states are uncompressed. `problem` says why it cannot be used.
bool read_snapshot(Storage& storage, const std::string& folder, const std::string& name, Snapshot& snapshot,
                   std::string& problem);
/// The same from bytes.
bool decode_snapshot(std::span<const std::byte> bytes, Snapshot& snapshot, std::string& problem);
/// The oldest that a journal which begins at record `first_sequence` goes on from, and that can be used: it
/// is whole and of this layout. `name` is its file's.
std::optional<Snapshot> find_oldest_snapshot(Storage& storage, const std::string& folder,
                                             std::uint64_t first_sequence, std::uint64_t layout,
                                             std::string& name);

}  // namespace lockstep::engine::journal
