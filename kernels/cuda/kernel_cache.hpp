// Compiled kernels on disk, so that a configuration is compiled once a machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace lockstep::cuda {

/// What a compiled kernel depends on, beside the source that this program embeds.
struct KernelKey {
  std::string config_type;
  int architecture = 0;
  std::string compiler_version;

  /// All of it, the source's hash included.
  std::string text() const;
};

/// A folder of kernels, a file each: the key in words, the hash of the image, the image. Several processes
/// may share it.
class KernelCache {
 public:
  /// An empty path keeps nothing.
  explicit KernelCache(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// $LOCKSTEP_CACHE_DIR, else $XDG_CACHE_HOME/lockstep, else $HOME/.cache/lockstep.
  static const KernelCache& of_user();

  /// Nothing when it is not there, of another key, or damaged.
  std::optional<std::string> find(const KernelKey& key) const;
  /// Best effort: a folder that cannot be written costs only the next compilation.
  void keep(const KernelKey& key, const std::string& image) const;
  std::filesystem::path path_of(const KernelKey& key) const;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace lockstep::cuda
