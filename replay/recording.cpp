#include "replay/recording.hpp"

#include <cstring>
#include <filesystem>

#include "engine/bytes.hpp"
#include "engine/journal/crc32c.hpp"
#include "engine/journal/segments.hpp"

namespace lockstep::replay {

using engine::ByteReader;
using engine::ByteWriter;
using engine::journal::crc32c;
using engine::journal::StorageError;

namespace {

/// In front of every block.
struct BlockHeader {
  std::uint32_t packed_bytes = 0;  ///< of the zstd frame that follows
  std::uint32_t raw_bytes = 0;     ///< of the records in it
  std::uint32_t checksum = 0;      ///< CRC-32C of the other fields, the number and the frame
  std::uint32_t number = 0;        ///< 1, 2, 3 ... in this file
};
static_assert(sizeof(BlockHeader) == 16);

/// In front of every record of a block.
struct RecordHeader {
  std::uint8_t type = 0;
  std::uint8_t reserved = 0;
  std::uint16_t connection = 0;
  std::uint32_t length = 0;
  std::int64_t recv_ns = 0;
};
static_assert(sizeof(RecordHeader) == 16);

/// A frame is at most 1 MiB (fault N16), a configuration 16 MiB.
constexpr std::size_t kBlockBytesMax = 32 << 20;
constexpr int kCompression = 3;

std::uint32_t checksum_of(BlockHeader header, std::span<const std::byte> packed) {
  header.checksum = 0;
  return crc32c(packed, crc32c(std::as_bytes(std::span(&header, 1))));
}

bool is_known(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(RecordingType::configuration) &&
         type <= static_cast<std::uint8_t>(RecordingType::digests);
}

/// False when the block's bytes are not records.
bool read_block(std::span<const std::byte> raw, RecordingEnd& end,
                const std::function<void(const RecordingView&)>& visit) {
  // All of it is looked at before any of it is given out.
  for (const bool gives : {false, true}) {
    ByteReader reader(raw);
    while (reader.left() > 0) {
      RecordHeader header;
      if (!reader.get(header) || !is_known(header.type)) return false;
      const auto payload = reader.get_bytes(header.length);
      if (!reader.is_ok()) return false;
      if (!gives) continue;
      ++end.records;
      visit({static_cast<RecordingType>(header.type),
             header.connection,
             header.recv_ns,
             {reinterpret_cast<const char*>(payload.data()), payload.size()}});
    }
  }
  return true;
}

std::string numbered(const std::string& path, int number) {
  char text[16];
  std::snprintf(text, sizeof text, ".%04d", number);
  return number == 1 ? path : path + text;
}

}  // namespace

bool is_recording(std::span<const std::byte> bytes) {
  return bytes.size() >= kRecordingMagic.size() &&
         std::memcmp(bytes.data(), kRecordingMagic.data(), kRecordingMagic.size()) == 0;
}

RecordingEnd read_recording(std::span<const std::byte> bytes,
                            const std::function<void(const RecordingView&)>& visit) {
  RecordingEnd end;
  if (!is_recording(bytes)) {
    end.problem = "does not begin as a recording does";
    return end;
  }
  std::size_t at = kRecordingMagic.size();
  std::vector<std::byte> raw;
  for (std::uint32_t number = 1; at < bytes.size(); ++number) {
    end.good_bytes = at;
    BlockHeader header;
    if (bytes.size() - at < sizeof header) {
      end.problem = "ends inside the header of block " + std::to_string(number);
      end.is_torn = true;
      return end;
    }
    std::memcpy(&header, bytes.data() + at, sizeof header);
    const auto left = bytes.subspan(at + sizeof header);
    if (header.packed_bytes > left.size()) {
      end.problem = "ends inside block " + std::to_string(number);
      end.is_torn = true;
      return end;
    }
    const auto packed = left.first(header.packed_bytes);
    const bool is_last = packed.size() == left.size();
    bool is_right = header.number == number && header.raw_bytes <= kBlockBytesMax && header.packed_bytes > 0;
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
    is_right = is_right && header.checksum == checksum_of(header, packed);
#endif
    is_right = is_right && engine::journal::decompress(packed, kBlockBytesMax, raw) &&
               raw.size() == header.raw_bytes && read_block(raw, end, visit);
    if (!is_right) {
      end.problem = "block " + std::to_string(number) + " is damaged";
      end.is_torn = is_last || header.packed_bytes == 0;
      return end;
    }
    at += sizeof header + packed.size();
  }
  end.good_bytes = at;
  return end;
}

RecordingWriter::RecordingWriter(engine::journal::Storage& storage, std::string path,
                                 std::string configuration, const Limits& limits)
    : storage_(storage), path_(std::move(path)), configuration_(std::move(configuration)), limits_(limits) {
  open();
  if (!problem_.empty()) throw StorageError(problem_);
}

RecordingWriter::~RecordingWriter() {
  flush();
  if (file_) file_->close();
}

void RecordingWriter::fail(const char* call, int error) {
  problem_ = engine::journal::io_text(call, file_path_, error);
  file_.reset();
  block_.clear();
}

void RecordingWriter::open() {
  file_path_ = numbered(path_, ++file_number_);
  std::size_t written = 0;
  if (const int error = storage_.create(file_path_, file_); error != 0) return fail("create", error);
  if (const int error = write_all(*file_, std::as_bytes(std::span(kRecordingMagic)), written); error != 0)
    return fail("write", error);
  total_bytes_ += written;
  file_bytes_ = written;
  file_begin_ns_ = block_begin_ns_ = 0;
  block_number_ = 0;
  put(RecordingType::configuration, 0, 0, configuration_);
  for (std::size_t i = 0; i < connections_.size(); ++i)
    put(RecordingType::connection, static_cast<std::uint16_t>(i), 0, connections_[i]);
}

std::uint16_t RecordingWriter::add_connection(const std::string& venue, const std::string& name) {
  const std::string text = venue + '\n' + name;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    if (connections_[i] == text) return static_cast<std::uint16_t>(i);
  }
  connections_.push_back(text);
  const auto number = static_cast<std::uint16_t>(connections_.size() - 1);
  put(RecordingType::connection, number, 0, text);
  return number;
}

void RecordingWriter::put(RecordingType type, std::uint16_t connection, std::int64_t recv_ns,
                          std::string_view payload) {
  if (!problem_.empty()) return;
  RecordHeader header;
  header.type = static_cast<std::uint8_t>(type);
  header.connection = connection;
  header.length = static_cast<std::uint32_t>(payload.size());
  header.recv_ns = recv_ns;
  ByteWriter writer(block_);
  writer.put(header);
  writer.put_bytes(std::as_bytes(std::span(payload)));
}

void RecordingWriter::append(RecordingType type, std::uint16_t connection, std::int64_t recv_ns,
                             std::string_view payload) {
  if (file_begin_ns_ == 0) file_begin_ns_ = recv_ns;
  if (block_begin_ns_ == 0) block_begin_ns_ = recv_ns;
  put(type, connection, recv_ns, payload);
  if (block_.size() >= limits_.block_bytes) flush();
}

void RecordingWriter::tick(std::int64_t now_ns, const std::function<void()>& before_rotation) {
  if (block_begin_ns_ != 0 && now_ns - block_begin_ns_ >= limits_.block_ns_max) flush();
  const bool is_old =
      limits_.file_ns_max > 0 && file_begin_ns_ != 0 && now_ns - file_begin_ns_ >= limits_.file_ns_max;
  if (!problem_.empty() || (!is_old && file_bytes_ < limits_.file_bytes_max)) return;
  before_rotation();
  flush();
  if (!problem_.empty()) return;
  if (const int error = file_->close(); error != 0) return fail("close", error);
  open();
}

void RecordingWriter::flush() {
  if (!problem_.empty() || block_.empty()) return;
  const std::vector<std::byte> packed = engine::journal::compress(block_, kCompression);
  BlockHeader header;
  header.packed_bytes = static_cast<std::uint32_t>(packed.size());
  header.raw_bytes = static_cast<std::uint32_t>(block_.size());
  header.number = block_number_ + 1;
  header.checksum = checksum_of(header, packed);
  std::vector<std::byte> bytes;
  ByteWriter writer(bytes);
  writer.put(header);
  writer.put_bytes(packed);
  std::size_t written = 0;
  if (const int error = write_all(*file_, bytes, written); error != 0) return fail("write", error);
  if (const int error = file_->sync(); error != 0) return fail("sync", error);
  ++block_number_;
  file_bytes_ += bytes.size();
  total_bytes_ += bytes.size();
  block_.clear();
  block_begin_ns_ = 0;
}

std::vector<std::string> recording_files(const std::string& path) {
  std::vector<std::string> files = {path};
  std::error_code error;
  for (int number = 2; std::filesystem::exists(numbered(path, number), error); ++number)
    files.push_back(numbered(path, number));
  return files;
}

}  // namespace lockstep::replay
