// The daemon's memory: everything that its signals rest on, on the disk before they are published.
//
// Open it before there are threads; it gives the series back as they were. Each shard thread has a Port.
// start() before the shards run, stop() after they have ended. docs/journal.md explains it to users.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/journal/keeper.hpp"
#include "engine/journal/lock_file.hpp"
#include "engine/journal/recovery.hpp"
#include "engine/journal/writer.hpp"

namespace lockstep::engine::journal {

class Journal {
 public:
  /// See WriterHooks.
  struct Hooks {
    std::function<void()> on_durable;
    std::function<void(const std::string&)> on_failed;
    std::function<void(std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state)>
        on_held;
  };

  /// Locks the data directory and recovers. Catalog and settings must outlive the series it gives. Throws
  /// StorageError.
  Journal(const Config& config, const core::Catalog& catalog, const SeriesSettings& settings, Hooks hooks,
          Storage& storage = posix_storage());
  ~Journal();

  /// By catalog id, null where nothing is known; to be taken once, before start().
  std::vector<std::unique_ptr<LiveSeries>>& series() { return recovered_.series; }
  const std::vector<std::string>& findings() const { return recovered_.findings; }
  const Recovered& recovered() const { return recovered_; }
  Writer& writer() { return writer_; }
  const Writer& writer() const { return writer_; }
  Keeper& keeper() { return *keeper_; }

  /// Before start().
  Port& add_port() { return writer_.add_port(); }
  /// Writes what this start is (configuration and series), then runs. Throws StorageError when that cannot be
  /// written.
  void start();
  /// Instead of start(): no threads; writer().step(), sync_now() and keeper().turn() do their work in turns
  /// of the caller's.
  void start_turns() { write_start(); }
  /// On the thread of `port`, before the first event of a series that the catalog has got since start().
  void begin_series(core::SeriesId id, Port& port);
  /// All shards have ended and flushed: what is pending is written, and a last snapshot of `series` (by
  /// catalog id, null: it has not begun). False when that was not possible; writer().trouble() says why.
  bool stop(const std::vector<const LiveSeries*>& series);

 private:
  void write_start();

  const Config config_;
  const core::Catalog& catalog_;
  LockFile lock_;
  Recovered recovered_;
  Hooks hooks_;
  Writer writer_;
  Port& own_port_;
  std::unique_ptr<Keeper> keeper_;
  std::vector<SeriesRecord> start_series_;
};

}  // namespace lockstep::engine::journal
