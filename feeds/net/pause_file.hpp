// Pauses that hosts have asked for, kept over restarts.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace lockstep::feeds::net {

/// A text file with a line `HOST:PORT UNTIL SINCE` a host, both in unix seconds. Written as a whole, then
/// renamed. A wall clock that was set back meanwhile makes no pause longer than it was (fault T1).
/// It is untrusted: what is not of that form, or lies further ahead than kPauseMax, is ignored. Errors of the
/// disk are logged, not thrown: without the file a pause is only forgotten.
class PauseFile {
 public:
  using WallClock = std::chrono::system_clock;
  static constexpr std::chrono::hours kPauseMax{72};  ///< the longest ban that a venue names
  static constexpr std::size_t kHostsMax = 64;

  explicit PauseFile(std::filesystem::path file) : file_(std::move(file)) {}

  /// How much longer `host` wants us to wait; zero when it does not.
  std::chrono::seconds remaining(const std::string& host, WallClock::time_point now) const;
  void store(const std::string& host, WallClock::time_point until, WallClock::time_point now) const;

 private:
  std::filesystem::path file_;
};

}  // namespace lockstep::feeds::net
