// Slows down a daemon that ends within a minute again and again (fault P9).
#pragma once

#include <chrono>
#include <string>

namespace lockstep::tools {

/// How many starts in a row did not last stands in DATA_DIR/starts. A start lasts once it has run for
/// kLasting, or was ended in order. Whatever ends it sooner (a crash, a record that cannot be taken, no
/// memory) would most often do so again, and a loop of starts hammers venues and disks and buries its cause
/// in the log.
class StartGuard {
 public:
  static constexpr std::chrono::seconds kLasting{60};

  /// Throws journal::StorageError when the data directory is in use or cannot be made.
  explicit StartGuard(std::string data_dir);

  /// Starts in a row, before this one, that did not last.
  int failed() const { return failed_; }
  /// How long this one should wait: not at all up to the fourth, then 10, 20, 40 ... 240 s.
  std::chrono::seconds wait() const;
  /// What to tell when it waits.
  std::string text() const;

  /// This start begins, after its wait.
  void begin();
  /// It has lasted, or was no fault of what runs here. Again: nothing happens.
  void forget();

 private:
  std::string path() const;

  std::string data_dir_;
  int failed_ = 0;
  bool is_forgotten_ = false;
};

}  // namespace lockstep::tools
