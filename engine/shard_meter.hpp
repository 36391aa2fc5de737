// What one shard measures of itself, for /metrics.
#pragma once

#include "engine/live_series.hpp"
#include "engine/metrics/latency.hpp"
#include "engine/signal.hpp"

namespace lockstep::engine {

/// All members but the counters' values are of the shard's thread. Costs one look at the clock for each batch
/// of events, and some nanoseconds for each publication: its time is taken from the stamp that it gets
/// anyway.
class ShardMeter {
 public:
  using Share = metrics::Latency::Share;

  /// From the socket to the shard; in the shard, until it is given away. They outlive the meter.
  ShardMeter(Share& queue, Share& compute) : queue_(queue), compute_(compute) {}

  /// A batch of events was taken.
  void begin(std::int64_t now_ns) { ts_begun_ns_ = now_ns; }
  /// `signal` is stamped with the time at which it goes out.
  void published(const Signal& signal) {
    if (signal.ts_recv_ns != 0 && !signal.is_replayed && signal.kind != Signal::Kind::state) {
      queue_.observe(ts_begun_ns_ - signal.ts_recv_ns);
      compute_.observe(signal.ts_published_ns - ts_begun_ns_);
    }
    // The next event of the batch begins here: until now it was waiting.
    ts_begun_ns_ = signal.ts_published_ns;
  }
  void applied(const SeriesCounters& before, const SeriesCounters& now) {
    if (now.bars != before.bars) bars.add(now.bars - before.bars);
    if (now.duplicates != before.duplicates) duplicates.add(now.duplicates - before.duplicates);
    if (now.revisions != before.revisions) revisions.add(now.revisions - before.revisions);
    if (now.gaps != before.gaps) gaps.add(now.gaps - before.gaps);
    if (now.holes != before.holes) holes.add(now.holes - before.holes);
    if (now.refused != before.refused) refused.add(now.refused - before.refused);
  }

  /// See SeriesCounters.
  metrics::OwnCounter bars, duplicates, revisions, gaps, holes, refused;

 private:
  Share& queue_;
  Share& compute_;
  std::int64_t ts_begun_ns_ = 0;
};

}  // namespace lockstep::engine
