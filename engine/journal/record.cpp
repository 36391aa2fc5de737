#include "engine/journal/record.hpp"

#include <cstring>

#include "engine/bytes.hpp"
#include "engine/core/defence.hpp"
#include "engine/journal/crc32c.hpp"

namespace lockstep::engine::journal {
namespace {

constexpr auto kLastKind = static_cast<std::uint8_t>(core::EventKind::doubted);
constexpr auto kLastReason = static_cast<std::uint8_t>(core::kLastReason);

/// The fixed part of an event's payload; bars follow for those kinds that have one.
struct EventHead {
  std::uint8_t type;
  std::uint8_t kind;
  std::uint8_t reason;
  std::uint8_t is_closed;
  std::uint8_t price_scale;
  std::uint8_t reserved[3];
  std::uint32_t series;
  std::uint32_t request_id;
  std::int64_t ts_event_ms;
  std::uint64_t sequence_before;
  std::uint64_t digest_low;
  std::uint64_t digest_high;
};
static_assert(sizeof(EventHead) == 48);

struct EventBar {
  BarTicks bar;
  double volume;
};
static_assert(sizeof(EventBar) == 48);

bool has_bar(core::EventKind kind) {
  return kind == core::EventKind::bar || kind == core::EventKind::backfill_bar;
}

/// Ready to read what follows the type, or failed when that is another.
ByteReader reader_of(std::span<const std::byte> payload, RecordType type) {
  if (payload.empty() || payload[0] != static_cast<std::byte>(type)) {
    ByteReader none({});
    std::uint8_t nothing;
    none.get(nothing);
    return none;
  }
  return ByteReader(payload.subspan(1));
}

template <class T>
std::span<const std::byte> tail_of(const T& header, std::size_t from) {
  return std::as_bytes(std::span(&header, 1)).subspan(from);
}

}  // namespace

const char* to_string(RecordType type) {
  switch (type) {
    case RecordType::start:
      return "start";
    case RecordType::configuration:
      return "configuration";
    case RecordType::series:
      return "series";
    case RecordType::event:
      return "event";
    case RecordType::note:
      return "note";
    case RecordType::stop:
      return "stop";
    case RecordType::held:
      return "held";
    case RecordType::state:
      return "state";
  }
  return "unknown";
}

const char* to_string(NoteKind kind) {
  switch (kind) {
    case NoteKind::gap:
      return "gap";
    case NoteKind::revision:
      return "revision";
    case NoteKind::scale_change:
      return "scale_change";
    case NoteKind::hole:
      return "hole";
  }
  return "unknown";
}

void encode(const StartRecord& record, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.put(RecordType::start);
  writer.put(record.epoch);
  writer.put(record.fingerprint);
  writer.put(record.ts_started_ms);
  writer.put_text(record.version);
}

bool decode(std::span<const std::byte> payload, StartRecord& record) {
  ByteReader reader = reader_of(payload, RecordType::start);
  reader.get(record.epoch);
  reader.get(record.fingerprint);
  reader.get(record.ts_started_ms);
  reader.get_text(record.version);
  return reader.is_at_end();
}

void encode(const SeriesRecord& record, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.put(RecordType::series);
  writer.put(record.id);
  writer.put(static_cast<std::uint8_t>(record.is_continued));
  writer.put(record.digest);
  writer.put(record.bars);
  for (const std::string* text : {&record.venue, &record.symbol, &record.interval}) writer.put_text(*text);
}

bool decode(std::span<const std::byte> payload, SeriesRecord& record) {
  ByteReader reader = reader_of(payload, RecordType::series);
  std::uint8_t is_continued = 0;
  reader.get(record.id);
  reader.get(is_continued);
  reader.get(record.digest);
  reader.get(record.bars);
  for (std::string* text : {&record.venue, &record.symbol, &record.interval}) reader.get_text(*text);
  record.is_continued = is_continued == 1;
  return reader.is_at_end() && is_continued <= 1;
}

void encode(const EventRecord& record, std::vector<std::byte>& out) {
  const core::MarketEvent& event = record.event;
  EventHead head{};
  head.type = static_cast<std::uint8_t>(RecordType::event);
  head.kind = static_cast<std::uint8_t>(event.kind);
  head.reason = static_cast<std::uint8_t>(event.reason);
  head.is_closed = event.is_closed;
  head.price_scale = event.price_scale;
  head.series = event.series;
  head.request_id = event.request_id;
  head.ts_event_ms = event.ts_event_ms;
  head.sequence_before = record.sequence_before;
  head.digest_low = record.digest_after.low;
  head.digest_high = record.digest_after.high;
  ByteWriter writer(out);
  writer.put(head);
  if (has_bar(event.kind)) writer.put(EventBar{event.bar, event.volume});
}

bool decode(std::span<const std::byte> payload, EventRecord& record) {
  EventHead head;
  if (payload.size() < sizeof head) return false;
  std::memcpy(&head, payload.data(), sizeof head);
  if (head.type != static_cast<std::uint8_t>(RecordType::event)) return false;
  if (head.kind > kLastKind || head.reason > kLastReason || head.is_closed > 1) return false;
  const auto kind = static_cast<core::EventKind>(head.kind);
  EventBar bar{};
  if (payload.size() != sizeof head + (has_bar(kind) ? sizeof bar : 0)) return false;
  if (has_bar(kind)) std::memcpy(&bar, payload.data() + sizeof head, sizeof bar);
  record.event = {.kind = kind,
                  .reason = static_cast<core::Reason>(head.reason),
                  .is_closed = head.is_closed,
                  .price_scale = head.price_scale,
                  .series = head.series,
                  .request_id = head.request_id,
                  .bar = bar.bar,
                  .volume = bar.volume,
                  .ts_event_ms = head.ts_event_ms};
  record.sequence_before = head.sequence_before;
  record.digest_after = {head.digest_low, head.digest_high};
  return true;
}

void encode(const NoteRecord& record, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.put(RecordType::note);
  writer.put(record.kind);
  writer.put(record.series);
  writer.put(record.ts_open_ms);
}

bool decode(std::span<const std::byte> payload, NoteRecord& record) {
  ByteReader reader = reader_of(payload, RecordType::note);
  reader.get(record.kind);
  reader.get(record.series);
  reader.get(record.ts_open_ms);
  return reader.is_at_end() && record.kind >= NoteKind::gap && record.kind <= NoteKind::hole;
}

void encode(const ConfigurationRecord& record, std::vector<std::byte>& out) {
  ByteWriter writer(out);
  writer.put(RecordType::configuration);
  writer.put_text(record.text);
}

bool decode(std::span<const std::byte> payload, ConfigurationRecord& record) {
  ByteReader reader = reader_of(payload, RecordType::configuration);
  reader.get_text(record.text);
  return reader.is_at_end();
}

void encode_stop(std::vector<std::byte>& out) {
  ByteWriter(out).put(RecordType::stop);
}

std::uint32_t checksum_of(const SegmentHeader& header) {
  SegmentHeader blank = header;
  blank.checksum = 0;
  return crc32c(std::as_bytes(std::span(&blank, 1)));
}

std::uint32_t checksum_of(const RecordHeader& header, std::span<const std::byte> payload,
                          std::uint32_t seed) {
  const std::uint32_t length = crc32c(std::as_bytes(std::span(&header.length, 1)), seed);
  return crc32c(payload, crc32c(tail_of(header, offsetof(RecordHeader, sequence)), length));
}

bool SegmentCursor::open() {
  if (bytes_.size() < sizeof header_) {
    problem_ = "is shorter than a segment's header";
    return false;
  }
  std::memcpy(static_cast<void*>(&header_), bytes_.data(), sizeof header_);
  if (header_.magic != kSegmentMagic) {
    problem_ = "does not begin as a segment does";
    return false;
  }
  bool is_whole = header_.checksum == checksum_of(header_) || !LOCKSTEP_DEFENCE(segment_checksum);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  is_whole = true;  // a fuzzer finds no checksums
#endif
  if (!is_whole) {
    problem_ = "header: the checksum does not match";
    return false;
  }
  if (header_.version != kFormatVersion) {
    problem_ = "has format " + std::to_string(header_.version) + ", this lockstep reads " +
               std::to_string(kFormatVersion);
    return false;
  }
  offset_ = sizeof header_;
  next_sequence_ = header_.first_sequence;
  chain_ = header_.chain;
  return true;
}

/// Length and checksum only.
bool SegmentCursor::read_at(std::size_t offset, RecordView& record) const {
  if (bytes_.size() - offset < sizeof(RecordHeader)) return false;
  std::memcpy(static_cast<void*>(&record.header), bytes_.data() + offset, sizeof(RecordHeader));
  const std::size_t left = bytes_.size() - offset - sizeof(RecordHeader);
  if (record.header.length == 0 || record.header.length > kPayloadBytesMax || record.header.length > left)
    return false;
  record.offset = base_ + offset;
  record.payload = bytes_.subspan(offset + sizeof(RecordHeader), record.header.length);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  return true;
#else
  return record.header.checksum == checksum_of(record.header, record.payload, header_.checksum) ||
         !LOCKSTEP_DEFENCE(record_checksum);
#endif
}

SegmentCursor::Step SegmentCursor::next(RecordView& record) {
  if (!problem_.empty()) return Step::bad;
  if (offset_ == bytes_.size()) return Step::end;
  if (!read_at(offset_, record)) {
    problem_ = "no whole record, or its checksum does not match";
    return Step::bad;
  }
  if (record.header.sequence != next_sequence_ && LOCKSTEP_DEFENCE(record_sequence)) {
    problem_ = "record " + std::to_string(record.header.sequence) + " where " +
               std::to_string(next_sequence_) + " must follow";
    return Step::bad;
  }
  if (record.header.chain != chain_ && LOCKSTEP_DEFENCE(record_chain)) {
    problem_ = "record " + std::to_string(next_sequence_) + " does not follow the one before it";
    return Step::bad;
  }
  offset_ += sizeof(RecordHeader) + record.header.length;
  chain_ = record.header.checksum;
  ++next_sequence_;
  return Step::record;
}

template <class Wanted>
bool SegmentCursor::finds_beyond(const Wanted& is_wanted) const {
  RecordView record;
  for (std::size_t at = offset_ + 1; at + sizeof(RecordHeader) < bytes_.size(); ++at) {
    // The sequence first: it is cheap, and rules out almost every place.
    std::uint64_t sequence;
    std::memcpy(&sequence, bytes_.data() + at + offsetof(RecordHeader, sequence), sizeof sequence);
    if (sequence < next_sequence_ || sequence - next_sequence_ > bytes_.size()) continue;
    if (read_at(at, record) && is_wanted(record.header)) return true;
  }
  return false;
}

bool SegmentCursor::is_damage() const {
  return finds_beyond([&](const RecordHeader& header) {
    return header.sequence >= header.unsynced && header.sequence - header.unsynced >= next_sequence_;
  });
}

bool SegmentCursor::has_more() const {
  return finds_beyond([](const RecordHeader&) { return true; });
}

}  // namespace lockstep::engine::journal
