#include "tools/csv/file_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "tools/csv/errors.hpp"

namespace lockstep::tools {
namespace {

/// A link is followed: its target is what gets replaced.
std::string target_of(const std::string& file) {
  std::error_code error;
  const auto target = std::filesystem::canonical(file, error);
  return error ? file : target.string();
}

}  // namespace

FileWriter::FileWriter(const std::string& file, int stdout_fd)
    : name_(file), fd_(stdout_fd), owns_fd_(file != "-") {
  if (!owns_fd_) {
    name_ = "standard output";
    return;
  }
  file_ = target_of(file);
  struct stat status {};
  const bool is_special = stat(file_.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
  if (!is_special) temporary_ = file_ + ".tmp";
  const std::string& opened = is_special ? file_ : temporary_;
  fd_ = open(opened.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) {
    const int error = errno;
    throw CommandError(kExitEnvironment,
                       opened + ": cannot open for writing: " + std::generic_category().message(error));
  }
}

FileWriter::~FileWriter() {
  if (!owns_fd_) return;
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void FileWriter::fail(const std::string& what) const {
  throw CommandError(kExitEnvironment, name_ + ": " + what + ": " + std::generic_category().message(errno));
}

void FileWriter::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot write");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void FileWriter::finish() {
  if (!owns_fd_) return;
  // Some file systems report a full disk only here.
  const int closed = close(fd_);
  fd_ = -1;
  if (closed != 0) fail("cannot write");
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), file_.c_str()) != 0) fail("cannot rename " + temporary_ + " to it");
  temporary_.clear();
}

}  // namespace lockstep::tools
