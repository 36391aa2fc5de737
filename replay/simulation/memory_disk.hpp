// A disk in memory that fills up, breaks, and loses power.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/journal/storage.hpp"
#include "replay/simulation/random.hpp"

namespace lockstep::simulation {

/// Thrown out of a storage call: the process is no more. What it had handed to the system stays.
struct Killed {};

/// Names and contents are durable on their own: contents by File::sync(), names by sync_folder().
class MemoryDisk final : public engine::journal::Storage {
 public:
  /// Calls that change something, so far: the write boundaries.
  std::uint64_t changes() const { return changes_; }
  /// At the so many-th change from now on the process ends, before or after the change. 0: never.
  void kill_at(std::uint64_t change, bool is_before);
  /// The next sync fails with EIO.
  void fail_next_sync(bool is_failing = true) { is_sync_failing_ = is_failing; }
  /// Bytes that still fit; SIZE_MAX: no limit.
  void set_room(std::size_t bytes) { room_ = bytes; }
  /// Most bytes that one write takes.
  void set_write_max(std::size_t bytes) { write_max_ = bytes; }
  /// Whoever has files open has lost them.
  void process_ended();
  /// What is there after the power went: unsynced bytes are kept, dropped, torn or out of order in sectors,
  /// names since the last sync of their folder are there or not.
  void lose_power(Random& random);
  std::size_t bytes() const;

  int create(const std::string& path, std::unique_ptr<engine::journal::File>& file) override;
  int open(const std::string& path, std::unique_ptr<engine::journal::File>& file) override;
  int read(const std::string& path, std::vector<std::byte>& bytes) override;
  int list(const std::string& folder, std::vector<engine::journal::FileInfo>& files) override;
  int rename(const std::string& from, const std::string& to) override;
  int remove(const std::string& path) override;
  int sync_folder(const std::string& folder) override;
  int make_folder(const std::string&) override { return 0; }

 private:
  class Handle;
  struct Content {
    std::vector<std::byte> bytes;
    std::size_t synced = 0;  // bytes that a power cut leaves alone
  };
  using Names = std::map<std::string, std::shared_ptr<Content>>;

  /// Brackets a change; throws Killed.
  void begin_change();
  void end_change();
  static void tear(Content& content, Random& random);

  Names names_, durable_names_;
  std::uint64_t changes_ = 0;
  std::uint64_t kill_at_ = 0;
  bool is_killed_before_ = false;
  bool is_sync_failing_ = false;
  std::size_t room_ = SIZE_MAX;
  std::size_t write_max_ = SIZE_MAX;
  std::uint64_t process_ = 0;  // handles of an earlier one are dead
};

}  // namespace lockstep::simulation
