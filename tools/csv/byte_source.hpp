// The bytes of a file or of standard input, decompressed when they are gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace lockstep::tools {

/// The gzip data is cut or damaged. The text names no place: whoever counts lines adds it.
struct DamagedGzip : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Whether bytes are gzip is told by their first two, never by the name.
class ByteSource {
 public:
  /// `file` "-" reads from `stdin_fd`. CommandError (environment) when it cannot be opened.
  explicit ByteSource(const std::string& file, int stdin_fd = 0);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Up to `size` bytes; 0 at the end only. CommandError (environment) when reading fails, DamagedGzip.
  std::size_t read(char* out, std::size_t size);
  /// A second pass is possible: it is a regular file.
  bool can_rewind() const { return bytes_total_ >= 0; }
  void rewind();

  /// "stdin", or the file as given.
  const std::string& name() const { return name_; }
  /// How much of the file was read, 0 to 1; 0 when its size is not known.
  double progress() const;

 private:
  struct Inflater;
  void start();
  void refill();
  std::size_t read_fd(char* out, std::size_t size);
  std::size_t inflate_some(char* out, std::size_t size);

  std::string name_;
  int fd_;
  bool owns_fd_;
  std::int64_t bytes_total_ = -1;
  std::int64_t bytes_read_ = 0;
  std::vector<char> input_;  // what the descriptor gave
  std::size_t input_next_ = 0;
  std::size_t input_end_ = 0;
  std::unique_ptr<Inflater> inflater_;  // null: plain
};

}  // namespace lockstep::tools
