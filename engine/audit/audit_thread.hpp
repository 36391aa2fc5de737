// The self-audit of a running daemon: one thread that recomputes every series from the journal, in turn.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/audit/budget.hpp"
#include "engine/audit/series_check.hpp"
#include "engine/audit/stats.hpp"
#include "engine/config.hpp"
#include "engine/core/catalog.hpp"

namespace lockstep::engine::audit {

/// Runs at idle priority and within its CPU budget; nothing waits for it. What it finds wrong is reported,
/// and the series begins anew by an event of its own, which the journal holds like any other.
class AuditThread {
 public:
  /// All are called on the audit's thread.
  struct Links {
    /// Asks a series' shard for its state; the answer comes by take_held().
    std::function<void(core::SeriesId)> request_held;
    /// An event for a series; false: its queue is full.
    std::function<bool(const core::MarketEvent&)> push;
    /// The last record that is written.
    std::function<std::uint64_t()> durable;
    /// For metrics and alerts; may be empty: a pass has ended, something was found to differ.
    std::function<void()> passed;
    std::function<void(core::SeriesId, const Difference&)> differed;
  };

  /// Everything given must outlive it.
  AuditThread(journal::Storage& storage, std::string data_dir, const AuditConfig& config,
              const core::Catalog& catalog, const SeriesSettings& settings, Links links);
  ~AuditThread() { stop(); }

  void start();
  void stop();
  /// Any thread: a pass now, or after the present one. False when there is no audit to run it.
  bool run_now();
  /// On the journal writer's thread: the state of a series as of after record `sequence`.
  void take_held(std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state);
  Stats stats() const;
  /// Moves while the thread does.
  std::uint64_t beats() const { return budget_.beats(); }

  /// One pass over all series, on the caller's thread: for tests. False: stopped.
  bool run_pass();

 private:
  struct Held {
    std::uint64_t sequence = 0;
    std::vector<std::byte> state;
  };
  void run();
  bool gather(const std::vector<core::SeriesId>& ids, std::map<core::SeriesId, Held>& held);
  std::size_t check_some(const std::vector<core::SeriesId>& ids);
  std::size_t check_held(std::map<core::SeriesId, Held>& held, const std::vector<core::SeriesId>& order);
  bool walk_and_check(std::map<core::SeriesId, Held>& held, const std::vector<core::SeriesId>& ids);
  void take_verdict(core::SeriesId id, const Verdict& verdict);
  void answer_difference(core::SeriesId id, const Difference& difference);
  std::string name_of(core::SeriesId id) const;
  template <class Change>
  void change_stats(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(stats_);
  }

  journal::Storage& storage_;
  const std::string data_dir_;
  const AuditConfig config_;
  const core::Catalog& catalog_;
  const SeriesSettings& settings_;
  Links links_;
  Budget budget_;
  SeriesChecker checker_;
  mutable std::mutex mutex_;  // stats_, held_, wanted_
  Stats stats_;
  std::map<core::SeriesId, Held> held_;
  std::thread thread_;
};

}  // namespace lockstep::engine::audit
