#include "engine/journal/storage.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "engine/core/defence.hpp"

namespace lockstep::engine::journal {
namespace {

class PosixFile final : public File {
 public:
  explicit PosixFile(int descriptor) : descriptor_(descriptor) {}
  ~PosixFile() override { close(); }

  int write(std::span<const std::byte> bytes, std::size_t& written) override {
    written = 0;
    for (;;) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count > 0 || bytes.empty()) {
        written = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
        return 0;
      }
      if (count == 0) return EIO;
      if (errno != EINTR) return errno;
    }
  }
  int sync() override { return ::fdatasync(descriptor_) == 0 ? 0 : errno; }
  int truncate(std::uint64_t size) override {
    return ::ftruncate(descriptor_, static_cast<off_t>(size)) == 0 ? 0 : errno;
  }
  int close() override {
    if (descriptor_ < 0) return 0;
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return ::close(descriptor) == 0 ? 0 : errno;
  }

 private:
  int descriptor_;
};

int open_file(const std::string& path, int flags, std::unique_ptr<File>& file) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (descriptor < 0) return errno;
  file = std::make_unique<PosixFile>(descriptor);
  return 0;
}

class PosixStorage final : public Storage {
 public:
  int create(const std::string& path, std::unique_ptr<File>& file) override {
    return open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, file);
  }
  int open(const std::string& path, std::unique_ptr<File>& file) override {
    return open_file(path, O_WRONLY | O_APPEND, file);
  }

  int read(const std::string& path, std::vector<std::byte>& bytes) override {
    return read_part(path, 0, SIZE_MAX, bytes);
  }
  int read_part(const std::string& path, std::uint64_t offset, std::size_t bytes_max,
                std::vector<std::byte>& bytes) override {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    const int error = read_from(descriptor, offset, bytes_max, bytes);
    ::close(descriptor);
    return error;
  }

  int list(const std::string& folder, std::vector<FileInfo>& files) override {
    files.clear();
    std::error_code error;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
      std::error_code ignored;  // removed meanwhile
      if (it->is_regular_file(ignored))
        files.push_back({it->path().filename().string(), it->file_size(ignored)});
    }
    std::sort(files.begin(), files.end(),
              [](const FileInfo& a, const FileInfo& b) { return a.name < b.name; });
    return error.value();
  }

  std::uint64_t free_bytes(const std::string& folder) override {
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0) return UINT64_MAX;
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }
  int rename(const std::string& from, const std::string& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  }
  int remove(const std::string& path) override { return ::unlink(path.c_str()) == 0 ? 0 : errno; }

  int sync_folder(const std::string& folder) override {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    const int error = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    return error;
  }

  int make_folder(const std::string& path) override {
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, error);
    if (error) return error.value();
    return ::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
  }

 private:
  static int read_from(int descriptor, std::uint64_t offset, std::size_t bytes_max,
                       std::vector<std::byte>& bytes) {
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) return errno;
    const std::uint64_t size = std::max<std::uint64_t>(static_cast<std::uint64_t>(info.st_size), offset);
    bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - offset, bytes_max)));
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t count =
          ::pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      if (count == 0) break;  // cut meanwhile
      done += static_cast<std::size_t>(count);
    }
    bytes.resize(done);
    return 0;
  }
};

}  // namespace

Storage& posix_storage() {
  static PosixStorage storage;
  return storage;
}

int write_all(File& file, std::span<const std::byte> bytes, std::size_t& written) {
  written = 0;
  while (written < bytes.size()) {
    std::size_t count = 0;
    if (const int error = file.write(bytes.subspan(written), count); error != 0) return error;
    written += count;
  }
  return 0;
}

int write_whole(Storage& storage, const std::string& folder, const std::string& name,
                std::span<const std::byte> bytes) {
  const std::string path = folder + "/" + name;
  const std::string temporary = path + kTemporaryEnding;
  storage.remove(temporary);  // of a run that was cut off
  std::unique_ptr<File> file;
  if (const int error = storage.create(temporary, file); error != 0) return error;
  std::size_t written = 0;
  int error = write_all(*file, bytes, written);
  if (error == 0 && LOCKSTEP_DEFENCE(whole_file_sync)) error = file->sync();
  // An error of close() is one of write().
  if (const int closed = file->close(); error == 0) error = closed;
  if (error == 0) error = storage.rename(temporary, path);
  if (error != 0) {
    storage.remove(temporary);
    return error;
  }
  return LOCKSTEP_DEFENCE(whole_name_sync) ? storage.sync_folder(folder) : 0;
}

std::string io_text(const char* call, const std::string& path, int error) {
  return std::string(call) + " " + path + ": " + std::generic_category().message(error);
}

}  // namespace lockstep::engine::journal
