// Housekeeping beside the writer: snapshots, compression, retention. Nothing waits for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/config.hpp"
#include "engine/journal/snapshot.hpp"
#include "engine/journal/writer.hpp"

namespace lockstep::engine::journal {

/// Whatever fails here (a full disk, most of all) is logged and tried again; the journal itself goes on.
class Keeper {
 public:
  /// `like`: journal, fingerprint, layout, epoch and series of every snapshot of this run.
  Keeper(Storage& storage, const std::string& data_dir, const JournalConfig& config, Snapshot like,
         const Writer& writer);
  ~Keeper() { stop(); }

  void start();
  void stop();
  /// What the thread does a few times a second; instead of start(), in turns of the caller's.
  void turn();

  /// Any thread: begins a snapshot as if its time had come; false when one is under way or was just asked
  /// for.
  bool ask_now() { return is_idle_.load() && !is_asked_now_.exchange(true); }

  /// Shards compare: when it has grown, each gives the states of its series once. Any thread.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  /// Any thread, before the series' first state: there is one more. A snapshot that is being made waits for
  /// it.
  void add_series(const SeriesRecord& series);
  /// On the writer's thread.
  void take_state(std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state);
  void note_durable(std::uint64_t sequence) { durable_.store(sequence, std::memory_order_release); }
  /// Any thread: records up to this one are written.
  std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }

  /// A snapshot now, of states that are all given, by the series' ids; after the writer and stop(). 0 or
  /// errno.
  int write_last(const std::vector<std::vector<std::byte>>& states, std::uint64_t sequence);
  /// Compresses what is sealed and removes what is too old. Any thread but one at a time.
  void tidy();

  /// Any thread: grows as long as the thread moves. One segment or one snapshot may take seconds.
  std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

  std::uint64_t snapshots() const { return written_.load(std::memory_order_relaxed); }

 private:
  struct State {
    std::uint32_t series;
    std::uint64_t sequence;
    std::vector<std::byte> bytes;
  };
  void run();
  void beat() { beats_.fetch_add(1, std::memory_order_relaxed); }
  void add_new();
  SnapshotSeries* find(std::uint32_t series);
  void add_states();
  void write_if_whole();
  int write(const Snapshot& snapshot);
  void remove_old_snapshots();
  void remove_old_segments();

  Storage& storage_;
  const std::string journal_, snapshots_;
  const JournalConfig config_;
  const Writer& writer_;
  Snapshot building_;         // series by their ids
  bool is_building_ = false;  // states have been asked for
  std::size_t missing_ = 0;   // series whose state has not come yet
  std::chrono::steady_clock::time_point next_;

  std::mutex mutex_;  // new_, states_, is_stopping_
  std::condition_variable wake_;
  std::vector<SeriesRecord> new_;
  std::vector<State> states_;
  bool is_stopping_ = false;
  std::atomic<std::uint64_t> generation_{0};
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> beats_{0};
  std::atomic<bool> is_asked_now_{false};
  std::atomic<bool> is_idle_{true};  // no snapshot is being built
  std::thread thread_;
};

/// Compresses sealed segments: those below number `open_segment`. Gives how many; 0 when there are none, or
/// one could not be (logged). Between two of them `is_enough` may end it.
int compact_journal(
    Storage& storage, const std::string& folder, std::uint64_t open_segment,
    const std::function<bool()>& is_enough = [] { return false; });

}  // namespace lockstep::engine::journal
