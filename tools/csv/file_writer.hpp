// A file that is there whole or not at all.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep::tools {

/// Writes FILE.tmp, and gives it its name at the end; without finish() it is removed again. What exists and
/// is no regular file (a pipe, /dev/null), and standard output, are written directly.
class FileWriter {
 public:
  /// `file` "-" writes to `stdout_fd`. CommandError (environment), here and in every member.
  explicit FileWriter(const std::string& file, int stdout_fd = 1);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(std::string_view bytes);
  void finish();
  bool is_stdout() const { return !owns_fd_; }

 private:
  [[noreturn]] void fail(const std::string& what) const;

  std::string name_;       ///< as the user gave it, for messages
  std::string file_;       ///< where it ends up
  std::string temporary_;  ///< empty: written directly
  int fd_;
  bool owns_fd_;
};

}  // namespace lockstep::tools
