// A folder that goes, with all that is in it, when its owner does.
#pragma once

#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace lockstep::tools {

class TemporaryFolder {
 public:
  /// A new folder in `parent`, whose name begins with `prefix`; readable by this user alone. Throws
  /// std::system_error.
  TemporaryFolder(const std::filesystem::path& parent, std::string_view prefix) {
    std::string path = (parent / prefix).string() + "-XXXXXX";  // mkdtemp fills these in
    if (::mkdtemp(path.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(), "create " + path);
    path_ = path;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path() const { return path_.string(); }
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace lockstep::tools
