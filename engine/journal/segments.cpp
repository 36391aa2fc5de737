#include "engine/journal/segments.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/core/defence.hpp"

namespace lockstep::engine::journal {
namespace {

constexpr const char* kEnding = ".jnl";
constexpr const char* kCompressedEnding = ".jnl.zst";
/// Segments are at most 1 GiB and one group of records.
constexpr std::size_t kSegmentBytesMax = (std::size_t{1} << 30) + (std::size_t{64} << 20);

std::optional<SegmentFile> parse_name(const FileInfo& info) {
  unsigned long long number = 0, first = 0;
  if (std::sscanf(info.name.c_str(), "%llu-%llu.jnl", &number, &first) != 2) return std::nullopt;
  SegmentFile file;
  file.number = number;
  file.first_sequence = first;
  file.bytes = info.bytes;
  if (file.name() == info.name) return file;
  file.is_compressed = true;
  return file.name() == info.name ? std::optional(file) : std::nullopt;
}

constexpr std::size_t kPieceBytes = 1 << 20;

/// Reads one segment into `end`; false when there is no going on to the next.
class Walk {
 public:
  Walk(Storage& storage, const std::string& folder, const RecordVisitor& visit, JournalEnd& end)
      : storage_(storage), folder_(folder), visit_(visit), end_(end) {}

  /// `expected`: this segment must go on where the one before ended.
  bool take(const SegmentFile& file, bool is_expected, bool is_last, std::uint64_t from_sequence) {
    if (!load_front(file)) return false;
    SegmentCursor cursor(bytes_);
    if (!cursor.open()) {
      // A new segment's header can be torn as any other write, and no record follows it then.
      const bool is_torn = is_last && bytes_.size() <= sizeof(SegmentHeader);
      return damage(file, 0, cursor.problem(), is_torn);
    }
    if (const std::string wrong = wrong_place(file, cursor.header(), is_expected); !wrong.empty())
      return damage(file, 0, wrong, false);
    end_.segment = cursor.header();
    end_.file = file;
    return read(file, cursor, is_last, from_sequence);
  }

 private:
  bool read(const SegmentFile& file, SegmentCursor& cursor, bool is_last, std::uint64_t from_sequence) {
    for (RecordView record;;) {
      const SegmentCursor::Step step = cursor.next(record);
      end_.good_bytes = cursor.offset();
      end_.next_sequence = cursor.next_sequence();
      end_.chain = cursor.chain();
      if (step != SegmentCursor::Step::record && has_more_) {
        if (!load_more(file, cursor)) return false;
        continue;
      }
      if (step == SegmentCursor::Step::end) return true;
      if (step == SegmentCursor::Step::bad)
        return damage(file, cursor.offset(), cursor.problem(), is_last && !cursor.is_damage());
      if (record.header.sequence >= from_sequence && !visit_(record, file)) return false;
    }
  }

  /// A piece after the other stays in the caches until it has been read; a whole segment does not. But what
  /// is no record is looked at with everything behind it.
  bool load_front(const SegmentFile& file) {
    const int error =
        file.is_compressed ? ENOTSUP : storage_.read_part(path_of(file), 0, kPieceBytes, bytes_);
    has_more_ = error == 0 && bytes_.size() == kPieceBytes;
    piece_offset_ = 0;
    return error == 0 || load_whole(file);
  }

  bool load_more(const SegmentFile& file, SegmentCursor& cursor) {
    const bool has_gone_on = cursor.offset() > piece_offset_;
    piece_offset_ = cursor.offset();
    if (has_gone_on && storage_.read_part(path_of(file), piece_offset_, kPieceBytes, bytes_) == 0) {
      has_more_ = bytes_.size() == kPieceBytes;
      cursor.go_on(bytes_);
      return true;
    }
    has_more_ = false;
    if (!load_whole(file)) return false;
    cursor.go_on(std::span(bytes_).subspan(std::min<std::size_t>(piece_offset_, bytes_.size())));
    return true;
  }

  bool load_whole(const SegmentFile& file) {
    std::string problem;
    return load_segment(storage_, folder_, file, bytes_, problem) || damage(file, 0, problem, false);
  }

  std::string path_of(const SegmentFile& file) const { return folder_ + "/" + file.name(); }

  std::string wrong_place(const SegmentFile& file, const SegmentHeader& header, bool is_expected) const {
    if (header.segment != file.number || header.first_sequence != file.first_sequence)
      return "is named as segment " + std::to_string(file.number) + ", but holds " +
             std::to_string(header.segment);
    if (!is_expected || !end_.segment || !LOCKSTEP_DEFENCE(segment_chain)) return "";
    if (header.journal != end_.segment->journal) return "belongs to another journal";
    if (header.segment != end_.segment->segment + 1)
      return "segment " + std::to_string(end_.segment->segment + 1) + " is missing before it";
    if (header.first_sequence != end_.next_sequence || header.chain != end_.chain)
      return "does not go on where the segment before ends (record " + std::to_string(end_.next_sequence) +
             ")";
    return "";
  }

  bool damage(const SegmentFile& file, std::uint64_t offset, std::string what, bool is_torn) {
    end_.damage = Damage{file.name(), offset, end_.next_sequence, std::move(what), is_torn};
    return false;
  }

  Storage& storage_;
  const std::string& folder_;
  const RecordVisitor& visit_;
  JournalEnd& end_;
  std::vector<std::byte> bytes_;  // of the segment: whole, or a piece of it
  bool has_more_ = false;         // it goes on behind this piece
  std::size_t piece_offset_ = 0;
};

}  // namespace

std::string SegmentFile::name() const {
  char text[64];
  std::snprintf(text, sizeof text, "%08llu-%016llu", static_cast<unsigned long long>(number),
                static_cast<unsigned long long>(first_sequence));
  return std::string(text) + (is_compressed ? kCompressedEnding : kEnding);
}

std::string Damage::text() const {
  return file + " at byte " + std::to_string(offset) + " (record " + std::to_string(sequence) + "): " + what;
}

std::string journal_folder(const std::string& data_dir) {
  return data_dir + "/journal";
}
std::string snapshot_folder(const std::string& data_dir) {
  return data_dir + "/snapshots";
}
std::string damaged_folder(const std::string& data_dir) {
  return data_dir + "/damaged";
}

std::vector<SegmentFile> list_segments(Storage& storage, const std::string& folder) {
  std::vector<FileInfo> files;
  if (const int error = storage.list(folder, files); error != 0)
    throw StorageError(io_text("list", folder, error));
  std::vector<SegmentFile> segments;
  for (const FileInfo& info : files) {
    if (const auto file = parse_name(info)) segments.push_back(*file);
  }
  const auto place = [](const SegmentFile& file) { return std::pair(file.number, file.is_compressed); };
  std::sort(segments.begin(), segments.end(),
            [&](const SegmentFile& a, const SegmentFile& b) { return place(a) < place(b); });
  const auto is_twin = [](const SegmentFile& a, const SegmentFile& b) {
    return a.number == b.number && !a.is_compressed && b.is_compressed;
  };
  segments.erase(std::unique(segments.begin(), segments.end(), is_twin), segments.end());
  return segments;
}

std::vector<std::byte> compress(std::span<const std::byte> bytes, int level) {
  std::vector<std::byte> out(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), level);
  if (ZSTD_isError(size)) throw StorageError(std::string("zstd: ") + ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

bool decompress(std::span<const std::byte> compressed, std::size_t bytes_max, std::vector<std::byte>& out) {
  const unsigned long long size = ZSTD_getFrameContentSize(compressed.data(), compressed.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > bytes_max) return false;
  out.resize(size);
  return ZSTD_decompress(out.data(), out.size(), compressed.data(), compressed.size()) == size;
}

bool load_segment(Storage& storage, const std::string& folder, const SegmentFile& file,
                  std::vector<std::byte>& bytes, std::string& problem) {
  const std::string path = folder + "/" + file.name();
  if (!file.is_compressed) {
    const int error = storage.read(path, bytes);
    if (error != 0) problem = io_text("read", path, error);
    return error == 0;
  }
  std::vector<std::byte> compressed;
  if (const int error = storage.read(path, compressed); error != 0) {
    problem = io_text("read", path, error);
    return false;
  }
  if (decompress(compressed, kSegmentBytesMax, bytes)) return true;
  problem = "is not a whole zstd frame";
  return false;
}

JournalEnd read_journal(Storage& storage, const std::string& folder, std::uint64_t from_sequence,
                        const RecordVisitor& visit) {
  const std::vector<SegmentFile> files = list_segments(storage, folder);
  JournalEnd end;
  if (files.empty()) return end;
  end.first_sequence = files.front().first_sequence;
  std::size_t first = 0;
  while (first + 1 < files.size() && files[first + 1].first_sequence <= from_sequence) ++first;
  // A segment that was only just being made may have no header: then the one before says where writing goes
  // on.
  const bool is_begun_only = first + 1 == files.size() && files[first].bytes <= sizeof(SegmentHeader);
  if (first > 0 && is_begun_only) --first;
  end.next_sequence = files[first].first_sequence;
  Walk walk(storage, folder, visit, end);
  for (std::size_t i = first; i < files.size(); ++i) {
    if (!walk.take(files[i], i > first, i + 1 == files.size(), from_sequence)) break;
  }
  return end;
}

std::vector<Damage> check_journal(Storage& storage, const std::string& folder, const RecordVisitor& visit) {
  const std::vector<SegmentFile> files = list_segments(storage, folder);
  std::vector<Damage> damages;
  JournalEnd end;
  Walk walk(storage, folder, visit, end);
  bool is_expected = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!is_expected) end.next_sequence = files[i].first_sequence;
    is_expected = walk.take(files[i], is_expected, i + 1 == files.size(), 0);
    if (is_expected) continue;
    if (!end.damage) break;  // the visitor has seen enough
    damages.push_back(*std::exchange(end.damage, std::nullopt));
  }
  return damages;
}

}  // namespace lockstep::engine::journal
