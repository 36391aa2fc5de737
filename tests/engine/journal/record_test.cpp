// Records, checksums, and reading a segment from bytes.
#include "engine/journal/record.hpp"

#include <cstring>

#include "engine/journal/crc32c.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_series.hpp"

namespace lockstep::engine::journal {
namespace {

using lockstep::test::Rng;

std::vector<std::byte> random_bytes(Rng& rng, std::int64_t size) {
  std::vector<std::byte> bytes;
  for (std::int64_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(rng.between(0, 255)));
  return bytes;
}

EventRecord random_event(Rng& rng) {
  EventRecord record;
  record.event.kind = static_cast<core::EventKind>(rng.between(0, 8));
  record.event.reason = static_cast<core::Reason>(rng.between(0, 20));
  record.event.is_closed = static_cast<std::uint8_t>(rng.between(0, 1));
  record.event.price_scale = static_cast<std::uint8_t>(rng.between(0, 18));
  record.event.series = static_cast<core::SeriesId>(rng.between(0, 5000));
  record.event.request_id = static_cast<std::uint32_t>(rng.between(0, 1 << 30));
  record.event.ts_event_ms = rng.between(0, INT64_MAX);
  if (record.event.kind == core::EventKind::bar || record.event.kind == core::EventKind::backfill_bar) {
    record.event.bar = {rng.between(0, INT64_MAX), rng.between(1, 1 << 30), rng.between(1, 1 << 30),
                        rng.between(1, 1 << 30), rng.between(1, 1 << 30)};
    record.event.volume = rng.uniform();
  }
  record.sequence_before = static_cast<std::uint64_t>(rng.between(0, INT64_MAX));
  record.digest_after = {static_cast<std::uint64_t>(rng.between(0, INT64_MAX)), 7};
  return record;
}

}  // namespace

TEST_CASE("crc32c gives the published check value, with and without the CPU's instruction",
          "[journal][record]") {
  const std::string_view digits = "123456789";
  REQUIRE(crc32c(std::as_bytes(std::span(digits))) == 0xE3069283);
  REQUIRE(crc32c_portable(std::as_bytes(std::span(digits))) == 0xE3069283);
  Rng rng(1);
  for (int draw = 0; draw < 200; ++draw) {
    const auto bytes = random_bytes(rng, rng.between(0, 100));
    const std::span<const std::byte> all(bytes);
    const auto cut = static_cast<std::size_t>(rng.between(0, static_cast<std::int64_t>(bytes.size())));
    REQUIRE(crc32c(all) == crc32c_portable(all));
    REQUIRE(crc32c(all.subspan(cut), crc32c(all.first(cut))) == crc32c(all));
  }
}

TEST_CASE("every record comes back as it was, and no part of one is taken for one", "[journal][record]") {
  Rng rng(2);
  for (int draw = 0; draw < 500; ++draw) {
    const EventRecord record = random_event(rng);
    std::vector<std::byte> bytes;
    encode(record, bytes);
    EventRecord read;
    REQUIRE(decode(bytes, read));
    std::vector<std::byte> again;
    encode(read, again);
    REQUIRE(again == bytes);
    REQUIRE(read.event.bar == record.event.bar);
    REQUIRE(read.digest_after == record.digest_after);
    REQUIRE(read.sequence_before == record.sequence_before);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      REQUIRE_FALSE(decode(std::span<const std::byte>(bytes).first(size), read));
    bytes.push_back({});
    REQUIRE_FALSE(decode(bytes, read));
  }
  const SeriesRecord series{7, true, {1, 2}, 99, "binance_spot", "币安人生USDT", "1m"};
  std::vector<std::byte> bytes;
  encode(series, bytes);
  SeriesRecord read;
  REQUIRE(decode(bytes, read));
  REQUIRE((read.id == 7 && read.is_continued && read.digest == Digest{1, 2} && read.bars == 99));
  REQUIRE((read.venue == "binance_spot" && read.symbol == "币安人生USDT" && read.interval == "1m"));
}

TEST_CASE("S13: a whole record that belongs to another history is not taken",
          "[journal][record][fault][S13]") {
  SegmentHeader header;
  header.segment = 3;
  header.first_sequence = 10;
  header.checksum = checksum_of(header);
  const std::vector<std::byte> payload(20, static_cast<std::byte>(RecordType::stop));
  // What is changed of the second record, its checksum made right again.
  const auto read_with = [&](std::uint64_t sequence, std::uint32_t chain_error, std::uint32_t seed_error) {
    std::vector<std::byte> bytes(sizeof header);
    std::memcpy(bytes.data(), &header, sizeof header);
    std::uint32_t chain = 0;
    for (const bool is_second : {false, true}) {
      RecordHeader record;
      record.length = static_cast<std::uint32_t>(payload.size());
      record.sequence = is_second ? sequence : 10;
      record.chain = chain + (is_second ? chain_error : 0);
      record.checksum = checksum_of(record, payload, header.checksum + (is_second ? seed_error : 0));
      chain = record.checksum;
      const auto head = std::as_bytes(std::span(&record, 1));
      bytes.insert(bytes.end(), head.begin(), head.end());
      bytes.insert(bytes.end(), payload.begin(), payload.end());
    }
    SegmentCursor cursor(bytes);
    REQUIRE(cursor.open());
    RecordView record;
    REQUIRE(cursor.next(record) == SegmentCursor::Step::record);
    return cursor.next(record);
  };
  REQUIRE(read_with(11, 0, 0) == SegmentCursor::Step::record);
  REQUIRE(read_with(12, 0, 0) == SegmentCursor::Step::bad);
  REQUIRE(read_with(11, 1, 0) == SegmentCursor::Step::bad);
  REQUIRE(read_with(11, 0, 1) == SegmentCursor::Step::bad);
}

TEST_CASE("any bytes can be read as a segment, and give an answer", "[journal][record]") {
  Rng rng(3);
  for (int draw = 0; draw < 2000; ++draw) {
    auto bytes = random_bytes(rng, rng.between(0, 300));
    if (bytes.size() >= sizeof(SegmentHeader) && rng.chance(80)) {
      SegmentHeader header;
      header.first_sequence = 1;
      header.checksum = checksum_of(header);
      std::memcpy(bytes.data(), &header, sizeof header);
    }
    SegmentCursor cursor(bytes);
    if (!cursor.open()) {
      REQUIRE_FALSE(cursor.problem().empty());
      continue;
    }
    RecordView record;
    while (cursor.next(record) == SegmentCursor::Step::record) {
    }
    (void)cursor.is_damage();
  }
}

}  // namespace lockstep::engine::journal
