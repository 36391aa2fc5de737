// Where the feeds write their log.
#pragma once

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdint>

namespace lockstep::feeds::net {

/// The daemon's logger, or spdlog's default one where there is none (tests, tools).
inline std::shared_ptr<spdlog::logger> log() {
  std::shared_ptr<spdlog::logger> logger = spdlog::get("lockstep");
  return logger ? logger : spdlog::default_logger();
}

/// Lets one line a second through and counts the rest, so that a venue cannot fill the disk.
class LogGate {
 public:
  /// True when a line may be written; `skipped` is then the number of lines held back since the last.
  bool open(std::uint64_t& skipped) {
    const auto now = std::chrono::steady_clock::now();
    if (is_used_ && now - last_ < std::chrono::seconds(1)) {
      ++skipped_;
      return false;
    }
    is_used_ = true;
    last_ = now;
    skipped = skipped_;
    skipped_ = 0;
    return true;
  }

 private:
  bool is_used_ = false;
  std::chrono::steady_clock::time_point last_{};
  std::uint64_t skipped_ = 0;
};

}  // namespace lockstep::feeds::net
