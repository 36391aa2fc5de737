// The lines of a text file, in bounded memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/csv/byte_source.hpp"

namespace lockstep::tools {

inline constexpr std::size_t kLineBytesMax = 64 << 10;

/// Lines end with LF or CRLF, the last one may end with the file. A UTF-8 byte order mark at the start is
/// skipped.
class LineReader {
 public:
  /// The source must outlive the reader.
  explicit LineReader(ByteSource& source);

  /// The next line, without its end; it lives until the next call. False at the end of the file.
  /// CommandError (data): a line over 64 KiB, a NUL byte, cut or damaged gzip. CommandError (environment).
  bool next(std::string_view& line);
  /// Of the line that next() gave last; counts from 1.
  std::int64_t line_number() const { return line_number_; }
  /// CommandError (data) "FILE:LINE: what", for the line that next() gave last.
  [[noreturn]] void fail(const std::string& what) const;

  const ByteSource& source() const { return source_; }

 private:
  bool fill();
  std::string_view take(std::size_t size, std::size_t end_size);

  ByteSource& source_;
  std::vector<char> buffer_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
  std::int64_t line_number_ = 0;
};

}  // namespace lockstep::tools
