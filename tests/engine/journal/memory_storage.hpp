// A disk in memory that a test can fill, break, and cut the power of.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/journal/storage.hpp"
#include "tests/support/random_series.hpp"

namespace lockstep::engine::journal::test {

/// What becomes of that which was not synced when the power goes.
enum class PowerLoss : std::uint8_t {
  dropped,      ///< all of it is gone, names too
  torn,         ///< what was written ends anywhere
  reordered,    ///< sectors reached the disk in any order: some are zeros or garbage
  names_lost,   ///< what was written is there, but some names are not, and some that were removed are back
  zero_filled,  ///< files have their length, and zeros instead of their ends
};
inline constexpr PowerLoss kPowerLosses[] = {PowerLoss::dropped, PowerLoss::torn, PowerLoss::reordered,
                                             PowerLoss::names_lost, PowerLoss::zero_filled};

/// What a call was, for faults and counting.
struct Call {
  std::string name;  ///< create open write sync truncate close read list rename remove sync_folder
  std::string path;
};

class MemoryStorage final : public Storage {
 public:
  struct Content {
    std::vector<std::byte> bytes;
    std::size_t synced = 0;  ///< bytes that a power cut leaves alone
  };
  using Files = std::map<std::string, Content>;

  /// An errno instead of the call; 0: as usual.
  std::function<int(const Call&)> fault;
  /// After every call that changed something.
  std::function<void()> changed;
  /// Bytes of all files; beyond it ENOSPC, after what fits has been written.
  std::size_t capacity = SIZE_MAX;
  /// What free_bytes() says.
  std::uint64_t space = UINT64_MAX;
  std::uint64_t free_bytes(const std::string&) override { return space; }
  /// Most bytes that one write takes.
  std::size_t write_max = SIZE_MAX;

  Files files;          // as programs see them
  Files durable_names;  // names as of the last sync of their folder (contents are in `files`)

  /// What may be there after the power went: unsynced bytes are kept, dropped, or torn in sectors; unsynced
  /// names are there or not.
  MemoryStorage after_power_cut(lockstep::test::Rng& rng) const {
    MemoryStorage left;
    for (const auto& [path, content] : files) {
      if (!durable_names.contains(path) && rng.chance(50)) continue;
      left.files[path] = torn(content, rng);
    }
    for (const auto& [path, content] : durable_names) {
      if (!files.contains(path) && rng.chance(50)) left.files[path] = content;
    }
    for (auto& [path, content] : left.files) content.synced = content.bytes.size();
    left.durable_names = left.files;
    return left;
  }
  /// The same in one way only.
  MemoryStorage after_power_cut(PowerLoss way, lockstep::test::Rng& rng) const {
    MemoryStorage left;
    const auto is_lost = [&] {
      return way == PowerLoss::dropped || (way == PowerLoss::names_lost && rng.chance(50));
    };
    for (const auto& [path, content] : files) {
      if (!durable_names.contains(path) && is_lost()) continue;
      left.files[path].bytes = left_of(content, way, rng);
    }
    for (const auto& [path, content] : durable_names) {
      if (!files.contains(path) && is_lost()) left.files[path] = content;
    }
    for (auto& [path, content] : left.files) content.synced = content.bytes.size();
    left.durable_names = left.files;
    return left;
  }
  MemoryStorage(const MemoryStorage& other)
      : Storage(), files(other.files), durable_names(other.durable_names) {}
  MemoryStorage() = default;

  int create(const std::string& path, std::unique_ptr<File>& file) override {
    if (const int error = called("create", path)) return error;
    if (files.contains(path)) return EEXIST;
    if (used() >= capacity) return ENOSPC;
    files[path];
    file = std::make_unique<Handle>(*this, path);
    note_change();
    return 0;
  }
  int open(const std::string& path, std::unique_ptr<File>& file) override {
    if (const int error = called("open", path)) return error;
    if (!files.contains(path)) return ENOENT;
    file = std::make_unique<Handle>(*this, path);
    return 0;
  }
  int read(const std::string& path, std::vector<std::byte>& bytes) override {
    if (const int error = called("read", path)) return error;
    const auto found = files.find(path);
    if (found == files.end()) return ENOENT;
    bytes = found->second.bytes;
    return 0;
  }
  int list(const std::string& folder, std::vector<FileInfo>& out) override {
    if (const int error = called("list", folder)) return error;
    out.clear();
    for (const auto& [path, content] : files) {
      if (path.starts_with(folder + "/"))
        out.push_back({path.substr(folder.size() + 1), content.bytes.size()});
    }
    return 0;
  }
  int rename(const std::string& from, const std::string& to) override {
    if (const int error = called("rename", from)) return error;
    files[to] = files.at(from);
    files.erase(from);
    note_change();
    return 0;
  }
  int remove(const std::string& path) override {
    if (const int error = called("remove", path)) return error;
    if (files.erase(path) == 0) return ENOENT;
    note_change();
    return 0;
  }
  int sync_folder(const std::string& folder) override {
    if (const int error = called("sync_folder", folder)) return error;
    std::erase_if(durable_names, [&](const auto& each) { return each.first.starts_with(folder + "/"); });
    for (const auto& [path, content] : files) {
      if (path.starts_with(folder + "/")) durable_names[path] = content;
    }
    note_change();
    return 0;
  }
  int make_folder(const std::string&) override { return 0; }

 private:
  class Handle final : public File {
   public:
    Handle(MemoryStorage& storage, std::string path) : storage_(storage), path_(std::move(path)) {}
    int write(std::span<const std::byte> bytes, std::size_t& written) override {
      written = 0;
      if (const int error = storage_.called("write", path_)) return error;
      const std::size_t used = storage_.used();
      const std::size_t room = storage_.capacity > used ? storage_.capacity - used : 0;
      written = std::min({bytes.size(), room, storage_.write_max});
      if (written == 0) return ENOSPC;
      auto& to = storage_.files[path_].bytes;
      to.insert(to.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(written));
      storage_.note_change();
      return 0;
    }
    int sync() override {
      if (const int error = storage_.called("sync", path_)) return error;
      storage_.files[path_].synced = storage_.files[path_].bytes.size();
      storage_.note_change();
      return 0;
    }
    int truncate(std::uint64_t size) override {
      if (const int error = storage_.called("truncate", path_)) return error;
      Content& content = storage_.files[path_];
      content.bytes.resize(size);
      content.synced = std::min<std::size_t>(content.synced, size);
      storage_.note_change();
      return 0;
    }
    int close() override { return storage_.called("close", path_); }

   private:
    MemoryStorage& storage_;
    std::string path_;
  };

  static Content torn(const Content& content, lockstep::test::Rng& rng) {
    constexpr std::size_t kSector = 512;
    Content left;
    const auto size = static_cast<std::int64_t>(content.bytes.size());
    const auto kept = rng.chance(30) ? size : rng.between(static_cast<std::int64_t>(content.synced), size);
    left.bytes.assign(content.bytes.begin(), content.bytes.begin() + kept);
    // Sectors beyond the synced part reach the disk in any order: some are still zeros, or old garbage.
    const bool is_reordered = rng.chance(50);
    for (std::size_t at = content.synced; is_reordered && at < left.bytes.size(); ++at) {
      const std::size_t end = std::min(left.bytes.size(), (at / kSector + 1) * kSector);
      if (rng.chance(30)) {
        const auto filler = static_cast<std::byte>(rng.chance(70) ? 0 : rng.between(0, 255));
        std::fill(left.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  left.bytes.begin() + static_cast<std::ptrdiff_t>(end), filler);
      }
      at = end - 1;
    }
    return left;
  }
  static std::vector<std::byte> left_of(const Content& content, PowerLoss way, lockstep::test::Rng& rng) {
    constexpr std::size_t kSector = 512;
    const auto at = [](std::size_t offset) { return static_cast<std::ptrdiff_t>(offset); };
    std::vector<std::byte> left = content.bytes;
    const auto any = [&](std::size_t from) {
      return static_cast<std::size_t>(
          rng.between(static_cast<std::int64_t>(from), static_cast<std::int64_t>(left.size())));
    };
    if (way == PowerLoss::dropped) left.resize(content.synced);
    if (way == PowerLoss::torn) left.resize(any(content.synced));
    if (way == PowerLoss::zero_filled) {
      const std::size_t from = rng.chance(50) ? content.synced : any(content.synced);
      std::fill(left.begin() + at(from), left.end(), std::byte{0});
    }
    for (std::size_t from = content.synced; way == PowerLoss::reordered && from < left.size();) {
      const std::size_t end = std::min(left.size(), (from / kSector + 1) * kSector);
      const auto filler = static_cast<std::byte>(rng.chance(70) ? 0 : rng.between(0, 255));
      if (rng.chance(50)) std::fill(left.begin() + at(from), left.begin() + at(end), filler);
      from = end;
    }
    return left;
  }
  std::size_t used() const {
    std::size_t sum = 0;
    for (const auto& [path, content] : files) sum += content.bytes.size();
    return sum;
  }
  int called(const char* name, const std::string& path) { return fault ? fault({name, path}) : 0; }
  void note_change() {
    if (changed) changed();
  }
};

}  // namespace lockstep::engine::journal::test
