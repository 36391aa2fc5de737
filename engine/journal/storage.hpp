// The file system as the journal sees it: few calls, so that a test can stand in for it and let any of them
// fail, tear or lie.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace lockstep::engine::journal {

/// A storage call failed where there is no going on: exit code 4. what() names file, call and cause.
struct StorageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file open for appending. Every call gives 0, or the errno of what went wrong.
class File {
 public:
  virtual ~File() = default;
  /// Appends some of `bytes`, at least one of them on success; `written` says how many.
  virtual int write(std::span<const std::byte> bytes, std::size_t& written) = 0;
  /// Returns when all that was written would survive a power cut.
  virtual int sync() = 0;
  /// Cuts the file; the next write goes to its new end.
  virtual int truncate(std::uint64_t size) = 0;
  virtual int close() = 0;
};

struct FileInfo {
  std::string name;
  std::uint64_t bytes = 0;
};

/// Thread-safe. Every call gives 0, or the errno of what went wrong.
class Storage {
 public:
  virtual ~Storage() = default;
  /// Creates a file that must not exist (mode 0600), or opens one that must, for appending.
  virtual int create(const std::string& path, std::unique_ptr<File>& file) = 0;
  virtual int open(const std::string& path, std::unique_ptr<File>& file) = 0;
  virtual int read(const std::string& path, std::vector<std::byte>& bytes) = 0;
  /// At most `bytes_max` bytes from `offset` on; none at the end. ENOTSUP: whole files only.
  virtual int read_part(const std::string& /*path*/, std::uint64_t /*offset*/, std::size_t /*bytes_max*/,
                        std::vector<std::byte>& /*bytes*/) {
    return ENOTSUP;
  }
  /// Plain files of a folder, by name.
  virtual int list(const std::string& folder, std::vector<FileInfo>& files) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;
  virtual int remove(const std::string& path) = 0;
  /// Makes created, renamed and removed names of a folder survive a power cut.
  virtual int sync_folder(const std::string& folder) = 0;
  /// Bytes that may still be written below `folder`; UINT64_MAX: not known.
  virtual std::uint64_t free_bytes(const std::string& /*folder*/) { return UINT64_MAX; }
  /// With its parents, mode 0700; fine when it is there already.
  virtual int make_folder(const std::string& path) = 0;
};

/// The real one.
Storage& posix_storage();

/// Writes a file as a whole: temporary name, sync, rename, sync of the folder. Gives 0 or errno; on an error
/// `path` is as it was.
int write_whole(Storage& storage, const std::string& folder, const std::string& name,
                std::span<const std::byte> bytes);

/// Appends all of `bytes`; on an error `written` says how many went out before.
int write_all(File& file, std::span<const std::byte> bytes, std::size_t& written);

/// "CALL PATH: reason".
std::string io_text(const char* call, const std::string& path, int error);

/// Files with this ending are half-written and may be removed.
inline constexpr const char* kTemporaryEnding = ".tmp";

}  // namespace lockstep::engine::journal
