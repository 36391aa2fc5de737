#include "replay/simulation/memory_disk.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace lockstep::simulation {

using engine::journal::File;
using engine::journal::FileInfo;

class MemoryDisk::Handle final : public File {
 public:
  Handle(MemoryDisk& disk, std::shared_ptr<Content> content)
      : disk_(disk), content_(std::move(content)), process_(disk.process_) {}

  int write(std::span<const std::byte> bytes, std::size_t& written) override {
    written = 0;
    if (is_dead()) return EBADF;
    disk_.begin_change();
    written = std::min({bytes.size(), disk_.room_, disk_.write_max_});
    if (written == 0) return ENOSPC;
    if (disk_.room_ != SIZE_MAX) disk_.room_ -= written;
    content_->bytes.insert(content_->bytes.end(), bytes.begin(),
                           bytes.begin() + static_cast<std::ptrdiff_t>(written));
    disk_.end_change();
    return 0;
  }
  int sync() override {
    if (is_dead()) return EBADF;
    disk_.begin_change();
    if (std::exchange(disk_.is_sync_failing_, false)) return EIO;
    content_->synced = content_->bytes.size();
    disk_.end_change();
    return 0;
  }
  int truncate(std::uint64_t size) override {
    if (is_dead()) return EBADF;
    disk_.begin_change();
    content_->bytes.resize(size);
    content_->synced = std::min<std::size_t>(content_->synced, size);
    disk_.end_change();
    return 0;
  }
  int close() override { return 0; }

 private:
  bool is_dead() const { return process_ != disk_.process_; }

  MemoryDisk& disk_;
  std::shared_ptr<Content> content_;
  std::uint64_t process_;
};

void MemoryDisk::kill_at(std::uint64_t change, bool is_before) {
  kill_at_ = change == 0 ? 0 : changes_ + change;
  is_killed_before_ = is_before;
}

void MemoryDisk::begin_change() {
  ++changes_;
  if (changes_ == kill_at_ && is_killed_before_) throw Killed{};
}

void MemoryDisk::end_change() {
  if (changes_ == kill_at_) throw Killed{};
}

void MemoryDisk::process_ended() {
  ++process_;
  kill_at_ = 0;
  is_sync_failing_ = false;
}

int MemoryDisk::create(const std::string& path, std::unique_ptr<File>& file) {
  if (names_.contains(path)) return EEXIST;
  if (room_ == 0) return ENOSPC;
  begin_change();
  const auto content = std::make_shared<Content>();
  names_[path] = content;
  file = std::make_unique<Handle>(*this, content);
  end_change();
  return 0;
}

int MemoryDisk::open(const std::string& path, std::unique_ptr<File>& file) {
  const auto found = names_.find(path);
  if (found == names_.end()) return ENOENT;
  file = std::make_unique<Handle>(*this, found->second);
  return 0;
}

int MemoryDisk::read(const std::string& path, std::vector<std::byte>& bytes) {
  const auto found = names_.find(path);
  if (found == names_.end()) return ENOENT;
  bytes = found->second->bytes;
  return 0;
}

int MemoryDisk::list(const std::string& folder, std::vector<FileInfo>& files) {
  files.clear();
  const std::string prefix = folder + "/";
  for (auto it = names_.lower_bound(prefix); it != names_.end() && it->first.starts_with(prefix); ++it)
    files.push_back({it->first.substr(prefix.size()), it->second->bytes.size()});
  return 0;
}

int MemoryDisk::rename(const std::string& from, const std::string& to) {
  const auto found = names_.find(from);
  if (found == names_.end()) return ENOENT;
  begin_change();
  names_[to] = found->second;
  names_.erase(from);
  end_change();
  return 0;
}

int MemoryDisk::remove(const std::string& path) {
  if (!names_.contains(path)) return ENOENT;
  begin_change();
  names_.erase(path);
  end_change();
  return 0;
}

int MemoryDisk::sync_folder(const std::string& folder) {
  begin_change();
  const std::string prefix = folder + "/";
  std::erase_if(durable_names_, [&](const auto& each) { return each.first.starts_with(prefix); });
  for (auto it = names_.lower_bound(prefix); it != names_.end() && it->first.starts_with(prefix); ++it)
    durable_names_.insert(*it);
  end_change();
  return 0;
}

void MemoryDisk::lose_power(Random& random) {
  process_ended();
  std::set<std::string> all;
  for (const Names* names : {&names_, &durable_names_}) {
    for (const auto& [path, content] : *names) all.insert(path);
  }
  Names left;
  for (const std::string& path : all) {
    const auto now = names_.find(path);
    const auto durable = durable_names_.find(path);
    const bool is_now = random.permille(500);
    if (is_now && now != names_.end()) left.insert(*now);
    if (!is_now && durable != durable_names_.end()) left.insert(*durable);
  }
  std::set<Content*> torn;
  for (auto& [path, content] : left) {
    if (torn.insert(content.get()).second) tear(*content, random);
  }
  names_ = durable_names_ = std::move(left);
}

void MemoryDisk::tear(Content& content, Random& random) {
  constexpr std::size_t kSector = 512;
  const auto size = static_cast<std::int64_t>(content.bytes.size());
  const auto synced = static_cast<std::int64_t>(content.synced);
  content.bytes.resize(static_cast<std::size_t>(random.permille(300) ? size : random.between(synced, size)));
  // Sectors reach the disk in any order: some of those before the end are still zeros, or old garbage.
  const bool is_reordered = random.permille(500);
  for (std::size_t at = content.synced; is_reordered && at < content.bytes.size();) {
    const std::size_t end = std::min(content.bytes.size(), (at / kSector + 1) * kSector);
    if (random.permille(300)) {
      const auto filler = static_cast<std::byte>(random.permille(700) ? 0 : random.between(0, 255));
      std::fill(content.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                content.bytes.begin() + static_cast<std::ptrdiff_t>(end), filler);
    }
    at = end;
  }
  content.synced = content.bytes.size();
}

std::size_t MemoryDisk::bytes() const {
  std::size_t sum = 0;
  for (const auto& [path, content] : names_) sum += content->bytes.size();
  return sum;
}

}  // namespace lockstep::simulation
