// A shard with its queue and its thread, or its turns on another one.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/config.hpp"
#include "engine/journal/journal.hpp"
#include "engine/outlet.hpp"
#include "engine/shard.hpp"

namespace lockstep::engine {

/// Takes events and requests for detail from its queues and applies them, until stopped. A series that the
/// catalog has got since begins with its first event here, and the journal is told so before.
class ShardThread {
 public:
  ShardThread(const core::Catalog& catalog, const std::vector<core::SeriesId>& ids,
              const SeriesSettings& settings, const EngineConfig& config, SignalQueue& signals,
              DetailAnswerQueue& answers, OutputsWaker& waker,
              const std::vector<feeds::Feed*>& feed_of_series, journal::Journal* journal = nullptr,
              ShardMeter* meter = nullptr);
  ~ShardThread() { stop(); }

  /// Before adopt() and start(): closed bars are kept there for history.
  void keep_bars(const std::vector<std::unique_ptr<BarLog>>& logs) {
    logs_ = &logs;
    outlet_.keep_bars(shard_, logs);
  }
  /// Before start(): a series goes on from where it was.
  void adopt(core::SeriesId id, std::unique_ptr<LiveSeries> series);
  /// `place`: which CPU a busy shard stays on, see stay_on_cpu().
  void start(std::size_t place);
  /// Instead of start(): the shard has no thread of its own, its work is done in turns of the caller's.
  void start_turns();
  /// One of them; never waits. False when there was nothing to do.
  bool turn();
  /// Applies what is queued (as far as the journal takes it) and ends the thread. After turns, once their
  /// thread has ended.
  void stop();
  void request_detail(const DetailRequest& request) { requests_.push(request); }
  /// Any thread: the state of a series, for the self-audit; it comes by the journal's on_held.
  void request_held(core::SeriesId series) { held_requests_.push(series); }
  /// Any thread: since its socket the oldest event at hand has waited so long; 0: none is at hand.
  std::int64_t lag_ns(std::int64_t now_ns) const {
    const std::int64_t since_ns = oldest_recv_ns_.load(std::memory_order_relaxed);
    return since_ns == 0 ? 0 : std::max<std::int64_t>(now_ns - since_ns, 0);
  }
  /// Any thread: grows as long as the shard moves.
  std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }
  core::EventQueue& queue() { return queue_; }
  /// Any thread: events wait.
  bool has_backlog() const { return queue_.depth() > 0; }
  /// While the thread does not run.
  const Shard& shard() const { return shard_; }
  const journal::Port* port() const { return port_; }

 private:
  void run();
  bool work(std::size_t count);
  void note_oldest(std::size_t count);
  std::size_t take();
  bool answer_requests();
  void begin(core::SeriesId id);
  void take_up_adopted();
  bool is_held_up();
  void give_states();
  void give_held();

  static constexpr std::size_t kBatch = 256;

  PollMode poll_;
  journal::Journal* journal_;
  journal::Port* port_;
  ShardMeter* meter_;
  core::EventQueue queue_;
  core::BoundedQueue<DetailRequest> requests_;
  core::BoundedQueue<core::SeriesId> held_requests_;
  DetailAnswerQueue& answers_;
  DetailAnswerQueue::ProducerToken answers_token_;
  OutputsWaker& waker_;
  ShardOutlet outlet_;
  Shard shard_;
  std::vector<core::MarketEvent> batch_;
  std::vector<core::SeriesId> ids_;  // in the order in which they began
  std::vector<core::SeriesId> adopted_;
  const std::vector<std::unique_ptr<BarLog>>* logs_ = nullptr;
  std::uint64_t generation_ = 0;  // of the snapshot that our states were given to last
  std::size_t next_state_ = 0;    // of ids_, to be given to the next one
  std::vector<std::byte> state_;
  bool has_turns_ = false;
  std::atomic<std::uint64_t> beats_{0};
  std::atomic<std::int64_t> oldest_recv_ns_{0};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace lockstep::engine
