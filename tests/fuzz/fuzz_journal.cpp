// Any bytes as a segment, a record's payload, a snapshot: an answer, and nothing else. Checksums are not
// compared in this build, so that what lies behind them is reached.
#include <cstdlib>

#include "engine/journal/record.hpp"
#include "engine/journal/snapshot.hpp"

using namespace lockstep::engine::journal;

namespace {

/// What was read is written as it was.
template <class Record>
void check_round_trip(std::span<const std::byte> payload) {
  Record record;
  if (!decode(payload, record)) return;
  std::vector<std::byte> again;
  encode(record, again);
  if (again.size() != payload.size()) abort();
  Record twice;
  if (!decode(again, twice)) abort();
}

void read_segment(std::span<const std::byte> bytes) {
  SegmentCursor cursor(bytes);
  if (!cursor.open()) return;
  RecordView record;
  std::uint64_t count = 0;
  while (cursor.next(record) == SegmentCursor::Step::record) {
    ++count;
    check_round_trip<StartRecord>(record.payload);
    check_round_trip<ConfigurationRecord>(record.payload);
    check_round_trip<SeriesRecord>(record.payload);
    check_round_trip<EventRecord>(record.payload);
    check_round_trip<NoteRecord>(record.payload);
  }
  if (cursor.next_sequence() != cursor.header().first_sequence + count) abort();
  if (cursor.offset() > bytes.size()) abort();
  (void)cursor.is_damage();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  read_segment(bytes);
  for (auto* check :
       {check_round_trip<StartRecord>, check_round_trip<SeriesRecord>, check_round_trip<EventRecord>,
        check_round_trip<NoteRecord>, check_round_trip<ConfigurationRecord>})
    check(bytes);
  Snapshot snapshot;
  std::string problem;
  if (!decode_snapshot(bytes, snapshot, problem) && problem.empty()) abort();
  return 0;
}
