// One process per data directory.
#pragma once

#include <string>

namespace lockstep::engine::journal {

/// Holds data_dir/lock from construction to destruction, or until the process ends in any way.
class LockFile {
 public:
  /// Makes the folder if needed. Throws StorageError, naming the process that has it.
  explicit LockFile(const std::string& data_dir);
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace lockstep::engine::journal
