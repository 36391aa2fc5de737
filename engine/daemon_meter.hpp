// What the daemon measures and counts itself. All else that /metrics shows is read from somebody's status.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/core/catalog.hpp"
#include "engine/metrics/registry.hpp"
#include "engine/shard_meter.hpp"
#include "engine/signal.hpp"

namespace lockstep::engine {

namespace journal {
class Writer;
}

/// Made before the shards, outlives them.
class DaemonMeter {
 public:
  DaemonMeter(metrics::Registry& registry, const core::Catalog& catalog);

  /// A series of the catalog that came after the start; for the outputs thread, before its first signal.
  void add_series(const core::Series& series);
  /// One for each shard, before the threads start.
  ShardMeter& add_shard();
  /// How long the journal holds publications back; for the outputs thread.
  metrics::Latency::Share& journal_wait() { return journal_wait_; }
  /// On the outputs thread: the signal is with the API, now (steady clock, ns).
  void delivered(const Signal& signal, std::int64_t now_ns);

 private:
  /// Series of one venue and interval.
  struct Group {
    metrics::Counter* closed;
    metrics::Counter* open;
    metrics::Counter* state;
  };
  void make_groups();
  void write_bars(metrics::TextWriter& out) const;

  metrics::Registry& registry_;
  const core::Catalog& catalog_;
  metrics::Latency& queue_;
  metrics::Latency& compute_;
  metrics::Latency::Share& journal_wait_;
  metrics::Latency::Share& deliver_;
  metrics::Latency::Share& closed_total_;
  metrics::Latency::Share& open_total_;
  std::deque<ShardMeter> shards_;
  bool is_by_interval_ = true;
  std::map<std::pair<std::uint32_t, std::string>, std::size_t> group_at_;  // by venue and interval
  std::vector<Group> groups_;
  std::vector<std::size_t> group_of_;       // by series
  std::vector<SeriesState> state_of_;       // by series: as of the last publication
  std::vector<metrics::Counter*> entered_;  // by state
};

/// What the journal's writer knows of its disk.
void write_journal_metrics(const journal::Writer& writer, metrics::TextWriter& out);

}  // namespace lockstep::engine
