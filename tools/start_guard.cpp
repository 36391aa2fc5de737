#include "tools/start_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <span>

#include "engine/journal/lock_file.hpp"
#include "engine/journal/storage.hpp"

namespace lockstep::tools {
namespace {

using engine::journal::posix_storage;

constexpr const char* kName = "starts";
constexpr int kWithoutWait = 4;
constexpr int kFailedMax = 1'000'000;

}  // namespace

StartGuard::StartGuard(std::string data_dir) : data_dir_(std::move(data_dir)) {
  // Starts beside a daemon that runs there are none of its own.
  const engine::journal::LockFile lock(data_dir_);
  std::ifstream in(path());
  if (!(in >> failed_)) failed_ = 0;
  failed_ = std::clamp(failed_, 0, kFailedMax);
}

std::string StartGuard::path() const {
  return data_dir_ + "/" + kName;
}

std::chrono::seconds StartGuard::wait() const {
  if (failed_ < kWithoutWait) return std::chrono::seconds(0);
  return std::chrono::seconds(std::min(240, 10 << std::min(failed_ - kWithoutWait, 5)));
}

std::string StartGuard::text() const {
  return fmt::format(
      "the last {} starts did not run for {} s each, so this one waits {} s before it attaches to anything; "
      "the log "
      "of those before says why. If it is what lies in {}, see `lockstep journal check {}`; to start at "
      "once, remove {}",
      failed_, kLasting.count(), wait().count(), data_dir_, data_dir_, path());
}

void StartGuard::begin() {
  const std::string text = std::to_string(failed_ + 1) + "\n";
  // Where it cannot be written, the journal is about to say so, too.
  write_whole(posix_storage(), data_dir_, kName, std::as_bytes(std::span(text)));
}

void StartGuard::forget() {
  if (is_forgotten_) return;
  is_forgotten_ = true;
  posix_storage().remove(path());
}

}  // namespace lockstep::tools
