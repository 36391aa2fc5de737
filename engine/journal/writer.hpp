// The one who writes: records of all shards, in groups, one write and one sync a group.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/config.hpp"
#include "engine/journal/segments.hpp"
#include "engine/metrics/latency.hpp"

namespace lockstep::engine::journal {

class Writer;

/// A shard's way into the journal. append(), append_state() and flush() on the shard's thread only.
///
/// Each record gets a ticket, 1, 2, 3 ... of this port. What rests on a record may be published once
/// durable() has reached its ticket.
class Port {
 public:
  explicit Port(Writer& writer) : writer_(writer) {}

  /// Takes a payload (see record.hpp); gives its ticket. Nothing is written before flush().
  template <class Record>
  std::uint64_t append(const Record& record) {
    const std::size_t at = begin();
    encode(record, batch_);
    return end(at);
  }
  /// Bytes of a series at this place between records, for a snapshot; they go to the writer's hook, not into
  /// a file. No ticket.
  void append_state(std::uint32_t series, std::span<const std::byte> state) {
    append_bytes(RecordType::state, series, state);
  }
  /// The same for the self-audit, by on_held: nothing is synced for it.
  void append_held(std::uint32_t series, std::span<const std::byte> state) {
    append_bytes(RecordType::held, series, state);
  }
  /// Hands over what was appended since the last flush. Never waits for a disk.
  void flush();
  std::uint64_t last_ticket() const { return ticket_; }

  /// Any thread: every record up to this ticket is as safe as the fsync policy makes it.
  std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  /// Any thread: the journal cannot take more now (disk full, or far behind): apply no events until it can.
  bool is_blocked() const;

 private:
  friend class Writer;
  void append_bytes(RecordType type, std::uint32_t series, std::span<const std::byte> state);
  std::size_t begin();
  std::uint64_t end(std::size_t at);

  Writer& writer_;
  std::vector<std::byte> batch_;  ///< u32 length and payload, again and again
  std::uint64_t ticket_ = 0;
  std::atomic<std::uint64_t> durable_{0};
};

/// Where writing goes on. A writer always begins a new segment: what a run before left is never touched.
struct WriterPosition {
  JournalId journal{};
  std::uint64_t segment = 1;
  std::uint64_t sequence = 1;
  std::uint32_t chain = 0;
};

/// All called on the writer's thread.
struct WriterHooks {
  /// durable() of some port has grown; all records up to `sequence` are written.
  std::function<void(std::uint64_t sequence)> on_durable;
  /// The journal is in doubt; nothing will ever be durable again. The process should end with exit code 4.
  std::function<void(const std::string&)> on_failed;
  /// `state` of a series as of after record `sequence`, which will be synced by the next on_durable().
  std::function<void(std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state)>
      on_state;
  /// The same of append_held().
  std::function<void(std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state)>
      on_held{};
};

/// Counters for status; read from any thread.
struct WriterStats {
  std::uint64_t records = 0, bytes = 0, groups = 0, syncs = 0, stalls = 0;
  std::uint64_t sync_us_max = 0;
  std::uint64_t pending_bytes = 0;
};

/// Disk full is waited out: what was half written is cut off, nothing is published, and it is tried again
/// until there is room (faults S2, S5). Any other failure, of a sync above all, is final (S6).
class Writer {
 public:
  enum class Step : std::uint8_t { idle, written, stalled, failed };

  /// Writes nothing yet. The storage must outlive the writer.
  Writer(Storage& storage, std::string folder, const JournalConfig& config, const WriterPosition& position,
         WriterHooks hooks);
  ~Writer();

  /// Before start(). The port lives as long as the writer.
  Port& add_port();
  void start();
  /// Writes and syncs what was flushed, then a stop record, and ends the thread. False when the disk is full
  /// or the journal has failed. Waits for a write that is under way, however long the disk takes.
  bool stop();
  /// Any thread: waits until all that was flushed is durable; false when it is not within `patience`, or the
  /// disk is full, or the journal has failed.
  bool wait_done(std::chrono::milliseconds patience) const;

  /// One group, without the thread: all that was flushed. For tests, simulations, and before start().
  Step step();
  /// Syncs what policy `interval` or `never` has left. False: failed.
  bool sync_now();
  bool write_stop();

  /// Any thread.
  bool is_stalled() const { return is_stalled_.load(std::memory_order_acquire); }
  bool is_blocked() const;
  /// Any thread. Empty while all is well; else why the journal failed, or what the disk said when it stalled.
  std::string trouble() const;
  bool has_failed() const { return has_failed_.load(std::memory_order_acquire); }
  /// Any thread. Since when one and the same group is under way, steady clock, ns; 0: none.
  std::int64_t busy_since_ns() const { return busy_since_ns_.load(std::memory_order_acquire); }
  WriterStats stats() const;
  /// Any thread.
  const metrics::Latency& sync_times() const { return sync_times_; }
  /// Any thread: number of the segment being written; those before it are sealed.
  std::uint64_t segment() const { return segment_.load(std::memory_order_acquire); }
  std::uint64_t sequence() const { return next_sequence_.load(std::memory_order_acquire); }

 private:
  friend class Port;
  struct Batch {
    Port* port;
    std::vector<std::byte> bytes;
    std::uint64_t ticket;
  };
  void hand_over(Port& port);
  void run();
  bool wait_for_work();
  bool take_pending();
  void frame(std::span<const std::byte> batch);
  void frame_payload(std::span<const std::byte> payload);
  Step write_group();
  int open_segment();
  int write_bytes();
  int sync_file();
  void seal();
  void note_durable();
  Step give_way(int error, const char* call);
  void fail(std::string text);
  bool is_sync_due() const;
  std::string path() const;

  Storage& storage_;
  const std::string folder_;
  const JournalConfig config_;
  WriterHooks hooks_;
  std::vector<std::unique_ptr<Port>> ports_;

  mutable std::mutex mutex_;  // pending_, spare_, trouble_
  std::condition_variable wake_;
  std::vector<Batch> pending_;
  std::vector<std::vector<std::byte>> spare_;
  std::string trouble_;
  bool is_waiting_ = false;
  std::atomic<std::size_t> pending_bytes_{0};

  // Of the writer's thread.
  std::vector<Batch> group_;      // taken, not durable yet
  std::vector<std::byte> bytes_;  // its records, not written yet
  std::unique_ptr<File> file_;
  SegmentHeader header_;
  std::uint64_t file_bytes_ = 0;  // known good; beyond it nothing is ours
  std::uint32_t chain_ = 0;
  std::uint64_t synced_sequence_ = 0;
  bool is_unsynced_ = false;
  bool must_sync_ = false;  // whatever the policy says
  std::chrono::steady_clock::time_point synced_at_;

  std::atomic<std::uint64_t> segment_;
  std::atomic<std::uint64_t> next_sequence_;
  std::atomic<bool> is_stalled_{false};
  std::atomic<bool> has_failed_{false};
  std::atomic<std::int64_t> busy_since_ns_{0};
  std::atomic<bool> is_stopping_{false};
  std::atomic<std::uint64_t> records_{0}, written_bytes_{0}, groups_{0}, syncs_{0}, stalls_{0},
      sync_us_max_{0};
  metrics::Latency sync_times_;
  metrics::Latency::Share& own_sync_times_ = sync_times_.add_share();
  std::thread thread_;
};

}  // namespace lockstep::engine::journal
