#include "engine/journal/lock_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "engine/core/defence.hpp"
#include "engine/journal/storage.hpp"

namespace lockstep::engine::journal {

LockFile::LockFile(const std::string& data_dir) {
  if (const int error = posix_storage().make_folder(data_dir); error != 0)
    throw StorageError(io_text("create", data_dir, error));
  const std::string path = data_dir + "/lock";
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) throw StorageError(io_text("open", path, errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && LOCKSTEP_DEFENCE(single_instance)) {
    const int error = errno;
    char text[24] = {};
    const ssize_t size = ::read(descriptor_, text, sizeof text - 1);
    ::close(descriptor_);
    if (error != EWOULDBLOCK) throw StorageError(io_text("lock", path, error));
    const std::string owner =
        size > 0 ? "process " + std::string(text, static_cast<std::size_t>(size)) : "another process";
    throw StorageError("data_dir " + data_dir + " is in use by " + owner +
                       ": one daemon at a time. Stop that one, or give this one another data_dir");
  }
  const std::string pid = std::to_string(::getpid());
  // For people only: what counts is the lock.
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, pid.data(), pid.size(), 0) < 0) return;
}

LockFile::~LockFile() {
  ::close(descriptor_);
}

}  // namespace lockstep::engine::journal
