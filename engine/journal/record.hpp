// What a journal holds, byte for byte; docs/journal.md has the same in tables.
//
// A segment is a header and records. A record is a header and a payload whose first byte is its type. The
// checksum of a record is seeded with that of its segment's header, so a right record in a wrong place is
// wrong (fault S13); `chain` is the checksum of the record before.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/event.hpp"
#include "incremental/digest.hpp"

namespace lockstep::engine::journal {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::array<char, 8> kSegmentMagic = {'l', 'k', 's', 't', 'j', 'r', 'n', 'l'};
/// A configuration is the largest record.
inline constexpr std::size_t kPayloadBytesMax = (16 << 20) + 1024;

/// Drawn once per journal: segments of another one are not taken for ours.
using JournalId = std::array<std::uint8_t, 16>;

struct SegmentHeader {
  std::array<char, 8> magic = kSegmentMagic;
  std::uint32_t version = kFormatVersion;
  std::uint32_t checksum = 0;  ///< CRC-32C of all other fields
  JournalId journal{};
  std::uint64_t segment = 0;         ///< 1, 2, 3 ...
  std::uint64_t first_sequence = 0;  ///< of its first record
  std::uint32_t chain = 0;           ///< checksum of the last record of the segment before, 0 in the first
  std::uint32_t reserved = 0;
  std::int64_t ts_created_ms = 0;  ///< wall time, for retention and people
};
static_assert(sizeof(SegmentHeader) == 64);

struct RecordHeader {
  std::uint32_t length = 0;    ///< of the payload, at least 1
  std::uint32_t checksum = 0;  ///< CRC-32C of the header's other fields and the payload
  std::uint64_t sequence = 0;  ///< of the journal, contiguous from 1
  std::uint32_t chain = 0;     ///< checksum of the record before
  /// This many records before this one (itself counted) were not synced when it was written. What lies
  /// further back was promised to survive a power cut; what does not may have been torn by one.
  std::uint32_t unsynced = 0;
};
static_assert(sizeof(RecordHeader) == 24);

enum class RecordType : std::uint8_t {
  start = 1,      ///< a daemon started: StartRecord
  configuration,  ///< the TOML in force, as text
  series,         ///< a series of this start: SeriesRecord
  event,          ///< an event that a series was given: EventRecord
  note,           ///< what that event meant, for people: NoteRecord
  stop,           ///< the daemon stopped in order
  held = 254,     ///< never in a file: bytes of a series on their way to the self-audit
  state = 255,    ///< never in a file: bytes of a series on their way to a snapshot
};
const char* to_string(RecordType type);

/// First record of each daemon start.
struct StartRecord {
  std::uint64_t epoch = 0;         ///< 1, 2, 3 ...
  std::uint64_t fingerprint = 0;   ///< of indicator settings and anchor
  std::int64_t ts_started_ms = 0;  ///< wall time
  std::string version;             ///< of lockstep
};

/// The configuration in force, as TOML that sets it; never holds a secret.
struct ConfigurationRecord {
  std::string text;
};

/// One series at a start. `id` is this journal's, the same at every start.
struct SeriesRecord {
  std::uint32_t id = 0;
  bool is_continued = false;  ///< goes on from its state before; false: starts without a bar
  Digest digest{};            ///< of that state
  std::int64_t bars = 0;      ///< closed bars in it since its anchor
  std::string venue, symbol, interval;
};

/// An event, what the series had published before it, and what its digest was after it.
struct EventRecord {
  core::MarketEvent event{};  ///< series: the journal's id; ts_recv_ns is not kept
  std::uint64_t sequence_before = 0;
  Digest digest_after{};
};

enum class NoteKind : std::uint8_t { gap = 1, revision, scale_change, hole };
const char* to_string(NoteKind kind);

struct NoteRecord {
  NoteKind kind{};
  std::uint32_t series = 0;
  std::int64_t ts_open_ms = 0;  ///< the bar it is about
};

/// Payload bytes, type first, appended to `out`.
void encode(const StartRecord& record, std::vector<std::byte>& out);
void encode(const SeriesRecord& record, std::vector<std::byte>& out);
void encode(const EventRecord& record, std::vector<std::byte>& out);
void encode(const NoteRecord& record, std::vector<std::byte>& out);
void encode(const ConfigurationRecord& record, std::vector<std::byte>& out);
void encode_stop(std::vector<std::byte>& out);

/// False when the payload is not that record, whole and in range.
bool decode(std::span<const std::byte> payload, StartRecord& record);
bool decode(std::span<const std::byte> payload, SeriesRecord& record);
bool decode(std::span<const std::byte> payload, EventRecord& record);
bool decode(std::span<const std::byte> payload, NoteRecord& record);
bool decode(std::span<const std::byte> payload, ConfigurationRecord& record);

std::uint32_t checksum_of(const SegmentHeader& header);
/// `seed`: the checksum of the segment's header.
std::uint32_t checksum_of(const RecordHeader& header, std::span<const std::byte> payload, std::uint32_t seed);

/// One record as it lies in a segment.
struct RecordView {
  RecordHeader header{};
  std::size_t offset = 0;  ///< of its header in the segment
  std::span<const std::byte> payload;
  RecordType type() const { return static_cast<RecordType>(payload[0]); }
};

/// Reads a segment from its bytes. Takes anything for bytes.
class SegmentCursor {
 public:
  enum class Step : std::uint8_t { record, end, bad };

  explicit SegmentCursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The header; false when it is not one of this format: problem().
  bool open();
  const SegmentHeader& header() const { return header_; }
  /// Goes on in other bytes: those of the segment from offset() on.
  void go_on(std::span<const std::byte> bytes) {
    base_ += offset_;
    offset_ = 0;
    bytes_ = bytes;
    problem_.clear();
  }
  /// The next record; `bad` stays bad: problem() says what is wrong at offset().
  Step next(RecordView& record);
  std::size_t offset() const { return base_ + offset_; }
  const std::string& problem() const { return problem_; }
  std::uint64_t next_sequence() const { return next_sequence_; }
  /// Checksum of the last record taken.
  std::uint32_t chain() const { return chain_; }

  /// After `bad`: a record further on is whole and was written when the bad place had been synced. Then the
  /// damage is in what was promised to be safe, and is no torn tail (fault S3).
  bool is_damage() const;
  /// After `bad`: a whole record lies further on.
  bool has_more() const;

 private:
  bool read_at(std::size_t offset, RecordView& record) const;
  template <class Wanted>
  bool finds_beyond(const Wanted& is_wanted) const;

  std::span<const std::byte> bytes_;
  SegmentHeader header_;
  std::size_t base_ = 0;    // of bytes_ in the segment
  std::size_t offset_ = 0;  // in bytes_
  std::uint64_t next_sequence_ = 0;
  std::uint32_t chain_ = 0;
  std::string problem_;
};

}  // namespace lockstep::engine::journal
