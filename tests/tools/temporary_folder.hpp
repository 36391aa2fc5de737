// Files for a test, in a folder of their own that goes with it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace lockstep::test {

class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(std::string_view name) const { return (folder_ / name).string(); }
  /// Writes a file and gives its path.
  std::string write(std::string_view name, std::string_view content) const;
  bool is_empty() const { return std::filesystem::is_empty(folder_); }

 private:
  std::filesystem::path folder_;
};

std::string read_file(const std::string& path);
/// `content` as one gzip member.
std::string gzip(std::string_view content);

}  // namespace lockstep::test
