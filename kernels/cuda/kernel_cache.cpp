#include "kernels/cuda/kernel_cache.hpp"

#include <unistd.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "kernels/cuda/images.hpp"

namespace lockstep::cuda {
namespace {

/// FNV-1a with a final mix.
std::string hash_of(std::string_view text, std::uint64_t hash = 0xcbf29ce484222325u) {
  for (const char byte : text) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  hash ^= hash >> 32;
  std::string digits(16, '0');
  for (std::size_t i = 0; i < 16; ++i) digits[15 - i] = "0123456789abcdef"[hash >> (4 * i) & 15];
  return digits;
}

const std::string& source_hash() {
  static const std::string hash = [] {
    std::string all;
    for (const char* flag : {LOCKSTEP_CUDA_FLAGS}) all += flag;
    for (const EmbeddedHeader& header : embedded_headers()) all += header.text;
    return hash_of(all);
  }();
  return hash;
}

std::filesystem::path folder_of_user() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::filesystem::path(value ? value : "");
  };
  if (auto folder = variable("LOCKSTEP_CACHE_DIR"); !folder.empty()) return folder;
  if (auto folder = variable("XDG_CACHE_HOME"); !folder.empty()) return folder / "lockstep";
  if (auto home = variable("HOME"); !home.empty()) return home / ".cache" / "lockstep";
  return {};
}

std::string head_of(const KernelKey& key, const std::string& image) {
  return key.text() + '\n' + hash_of(image) + '\n';
}

}  // namespace

std::string KernelKey::text() const {
  return "lockstep kernel | " + config_type + " | sm_" + std::to_string(architecture) + " | nvrtc " +
         compiler_version + " | source " + source_hash();
}

const KernelCache& KernelCache::of_user() {
  static const KernelCache cache(folder_of_user());
  return cache;
}

std::filesystem::path KernelCache::path_of(const KernelKey& key) const {
  return folder_ / ("kernel-" + hash_of(key.text()) + ".cubin");
}

std::optional<std::string> KernelCache::find(const KernelKey& key) const {
  if (folder_.empty()) return std::nullopt;
  std::ifstream file(path_of(key), std::ios::binary);
  std::string text, hash;
  if (!std::getline(file, text) || text != key.text() || !std::getline(file, hash)) return std::nullopt;
  std::string image(std::istreambuf_iterator<char>(file), {});
  if (image.empty() || hash != hash_of(image)) return std::nullopt;
  return image;
}

void KernelCache::keep(const KernelKey& key, const std::string& image) const {
  if (folder_.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  // Whole or not at all: under another name first.
  const std::filesystem::path path = path_of(key);
  const std::filesystem::path draft = path.string() + "." + std::to_string(getpid());
  {
    std::ofstream file(draft, std::ios::binary);
    file << head_of(key, image) << image;
    if (!file.flush()) {
      file.close();
      std::filesystem::remove(draft, error);
      return;
    }
  }
  std::filesystem::rename(draft, path, error);
  if (error) std::filesystem::remove(draft, error);
}

}  // namespace lockstep::cuda
