// The segments of a journal's folder, and reading across them.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal/record.hpp"
#include "engine/journal/storage.hpp"

namespace lockstep::engine::journal {

/// Name of a segment's file: NUMBER-FIRST_SEQUENCE.jnl, compressed .jnl.zst.
struct SegmentFile {
  std::uint64_t number = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t bytes = 0;  ///< on disk
  bool is_compressed = false;
  std::string name() const;
};

/// A place in a journal that is not as it was written.
struct Damage {
  std::string file;            ///< name within the folder
  std::uint64_t offset = 0;    ///< byte, in the uncompressed segment
  std::uint64_t sequence = 0;  ///< of the record that is missing or wrong
  std::string what;
  bool is_torn_tail = false;  ///< the end of the last segment, nothing promised lies behind it
  std::string text() const;
};

/// The folders of a data directory.
std::string journal_folder(const std::string& data_dir);
std::string snapshot_folder(const std::string& data_dir);
std::string damaged_folder(const std::string& data_dir);

/// By number. A segment that is there in both forms counts as the uncompressed one. Throws StorageError.
std::vector<SegmentFile> list_segments(Storage& storage, const std::string& folder);

/// The uncompressed bytes. `problem` says what is wrong where they cannot be had; false then.
bool load_segment(Storage& storage, const std::string& folder, const SegmentFile& file,
                  std::vector<std::byte>& bytes, std::string& problem);

/// zstd. decompress() gives false for what is no whole frame, or one of more than `bytes_max`.
std::vector<std::byte> compress(std::span<const std::byte> bytes, int level);
bool decompress(std::span<const std::byte> compressed, std::size_t bytes_max, std::vector<std::byte>& out);

/// Where reading came to an end.
struct JournalEnd {
  std::optional<Damage> damage;          ///< nothing: all of it was read
  std::optional<SegmentHeader> segment;  ///< the last one that was opened
  SegmentFile file;
  std::uint64_t good_bytes = 0;      ///< of that segment: what was read without complaint
  std::uint64_t next_sequence = 1;   ///< of the record that would follow
  std::uint64_t first_sequence = 1;  ///< the oldest record there is
  std::uint32_t chain = 0;
};

/// What a reader does with a record; false: stop here.
using RecordVisitor = std::function<bool(const RecordView&, const SegmentFile&)>;

/// Gives every record from `from_sequence` on, in order, up to the first damage. Segments before it are not
/// looked at. Throws StorageError when the folder cannot be read.
JournalEnd read_journal(Storage& storage, const std::string& folder, std::uint64_t from_sequence,
                        const RecordVisitor& visit);

/// Reads everything: every damage, at most one a segment.
std::vector<Damage> check_journal(Storage& storage, const std::string& folder, const RecordVisitor& visit);

}  // namespace lockstep::engine::journal
