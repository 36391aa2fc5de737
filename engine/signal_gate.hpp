// Between the shards' publications and the outputs: nothing passes before the journal has what it rests on.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "engine/journal/writer.hpp"
#include "engine/metrics/latency.hpp"
#include "engine/signal.hpp"

namespace lockstep::engine {

/// Holds publications back by their tickets, in order for each shard. While the journal is stuck (disk full,
/// or a write that does not end), every series is shown as HALTED, and as it was when it goes on. Outputs
/// thread only, but for is_stuck().
class SignalGate {
 public:
  using Deliver = std::function<void(const Signal&)>;

  SignalGate(std::size_t series, Deliver deliver);
  /// Without it everything passes. `ports` by shard. `has_backlog`: events that waited for a stuck journal
  /// have not been applied yet, so that what is published now is of the past; may be empty.
  void guard(std::vector<const journal::Port*> ports, const journal::Writer& writer,
             std::function<bool()> has_backlog = {});

  /// How long live bars were held back is measured there.
  void measure(metrics::Latency::Share& held) { held_times_ = &held; }

  void take(const Signal& signal);
  /// Lets pass what has become durable.
  void release();
  /// A few times a second: notices a journal that is stuck, and that it is no more.
  void watch_journal();
  /// A thread of the daemon is stuck, or none is any more: meanwhile every series is shown as STALE.
  void doubt(bool is_doubted);
  /// How long what a shard takes has waited since its socket. Beyond lag_ns_max (0: never) its series are
  /// shown as STALE, until it is half of that (row N17).
  void note_lag(std::size_t shard, std::size_t shards, std::int64_t lag_ns, std::int64_t lag_ns_max);
  /// Any thread.
  bool is_stuck() const { return is_stuck_.load(std::memory_order_relaxed); }

 private:
  void let_go(Signal& signal);
  bool is_catching_up() const;
  void pass(const Signal& signal);
  Signal as_shown(Signal signal) const;
  void show_all();

  Deliver deliver_;
  std::vector<const journal::Port*> ports_;
  const journal::Writer* writer_ = nullptr;
  metrics::Latency::Share* held_times_ = nullptr;
  std::function<bool()> has_backlog_;
  int quiet_watches_ = 0;                 // in a row that found nothing waiting
  int open_watches_ = 0;                  // since the journal took something again
  std::vector<std::deque<Signal>> held_;  // by shard
  std::vector<Signal> last_;              // by series: what passed last
  std::atomic<bool> is_stuck_{false};
  bool is_doubted_ = false;
  std::vector<bool> behind_;  // by shard
};

}  // namespace lockstep::engine
