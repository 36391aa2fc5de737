// Raw frames as they were received, in files that can be cut off anywhere. docs/recording.md has the format.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journal/storage.hpp"

namespace lockstep::replay {

enum class RecordingType : std::uint8_t {
  configuration = 1,  ///< payload: the configuration in force, TOML; first of every file
  connection,         ///< payload: VENUE '\n' NAME: what the number means in this file
  opened,             ///< the connection is up
  frame,              ///< payload: the frame, byte for byte
  lost,               ///< the connection is gone
  digests,            ///< payload: what the live run had come to by now, see FramePipeline::digests_text()
};

/// One record; `payload` holds during the visit.
struct RecordingView {
  RecordingType type{};
  std::uint16_t connection = 0;
  std::int64_t recv_ns = 0;  ///< wall time, ns since 1970 UTC
  std::string_view payload;
};

/// How much of a file could be read.
struct RecordingEnd {
  std::uint64_t records = 0;
  std::uint64_t good_bytes = 0;
  std::string problem;   ///< empty: all of it. Else what is wrong at good_bytes; what lies behind is not read
  bool is_torn = false;  ///< the problem is a block that was being written when the power went
};

inline constexpr std::string_view kRecordingMagic = "lkstrec1";

/// The bytes begin as a recording does.
bool is_recording(std::span<const std::byte> bytes);
/// Gives every record up to the first damage. Takes anything for bytes.
RecordingEnd read_recording(std::span<const std::byte> bytes,
                            const std::function<void(const RecordingView&)>& visit);

/// Collects records into blocks and appends these to a file. One thread. After a failure nothing is written
/// any more: problem() says why.
class RecordingWriter {
 public:
  struct Limits {
    std::uint64_t file_bytes_max = std::uint64_t{1} << 30;  ///< then the next file begins
    std::int64_t file_ns_max = 0;                           ///< the same by time, ns; 0: never
    std::size_t block_bytes = 1 << 20;                      ///< uncompressed; a full block is written
    std::int64_t block_ns_max = 1'000'000'000;              ///< and one that is so old
  };
  /// `path`: the first file; those after it are PATH.0002, PATH.0003 ... None may exist. Throws StorageError.
  RecordingWriter(engine::journal::Storage& storage, std::string path, std::string configuration,
                  const Limits& limits);
  ~RecordingWriter();

  /// The number of a connection, known from now on in every file.
  std::uint16_t add_connection(const std::string& venue, const std::string& name);
  void append(RecordingType type, std::uint16_t connection, std::int64_t recv_ns, std::string_view payload);
  /// To be called at times: writes a block that is old enough, and begins the next file when it is due.
  /// `before_rotation` is called while the file that ends still takes records.
  void tick(std::int64_t now_ns, const std::function<void()>& before_rotation);
  /// Writes and syncs what there is.
  void flush();
  const std::string& problem() const { return problem_; }
  std::uint64_t bytes() const { return total_bytes_; }
  int files() const { return file_number_; }

 private:
  void open();
  void put(RecordingType type, std::uint16_t connection, std::int64_t recv_ns, std::string_view payload);
  void fail(const char* call, int error);

  engine::journal::Storage& storage_;
  const std::string path_, configuration_;
  const Limits limits_;
  std::vector<std::string> connections_;
  std::unique_ptr<engine::journal::File> file_;
  std::string file_path_;
  int file_number_ = 0;
  std::uint64_t file_bytes_ = 0, total_bytes_ = 0;
  std::int64_t file_begin_ns_ = 0, block_begin_ns_ = 0;
  std::vector<std::byte> block_;
  std::uint32_t block_number_ = 0;
  std::string problem_;
};

/// The files of a recording, oldest first: `path` and those that rotation put behind it.
std::vector<std::string> recording_files(const std::string& path);

}  // namespace lockstep::replay
