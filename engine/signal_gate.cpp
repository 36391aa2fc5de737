#include "engine/signal_gate.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/core/defence.hpp"
#include "engine/shard.hpp"
#include "feeds/net/clock.hpp"

namespace lockstep::engine {
namespace {

/// One write and sync that takes longer is a disk in trouble.
constexpr std::int64_t kStuckNs = 2'000'000'000;
/// Watches without a backlog before what is published is of the present: a full queue may have lost events,
/// and the feeds say so a moment later.
constexpr int kQuietWatches = 3;
/// With much traffic something always waits: then so many watches are enough to have worked off what is old.
constexpr int kCatchUpWatches = 20;

}  // namespace

SignalGate::SignalGate(std::size_t series, Deliver deliver) : deliver_(std::move(deliver)), last_(series) {}

void SignalGate::guard(std::vector<const journal::Port*> ports, const journal::Writer& writer,
                       std::function<bool()> has_backlog) {
  has_backlog_ = std::move(has_backlog);
  ports_ = std::move(ports);
  held_.resize(ports_.size());
  writer_ = &writer;
}

void SignalGate::take(const Signal& signal) {
  if (writer_ == nullptr || !LOCKSTEP_DEFENCE(journal_before_publishing)) return pass(signal);
  const std::size_t shard = shard_of(signal.series, ports_.size());
  // Tickets of a shard only grow: what comes behind a held one waits, too.
  if (held_[shard].empty() && signal.journal_ticket <= ports_[shard]->durable()) return pass(signal);
  held_[shard].push_back(signal);
}

void SignalGate::release() {
  for (std::size_t shard = 0; shard < held_.size(); ++shard) {
    std::deque<Signal>& held = held_[shard];
    if (held.empty()) continue;
    const std::uint64_t durable = ports_[shard]->durable();
    while (!held.empty() && held.front().journal_ticket <= durable) {
      let_go(held.front());
      held.pop_front();
    }
  }
}

void SignalGate::let_go(Signal& signal) {
  const std::int64_t now_ns = feeds::net::monotonic_ns();
  const bool is_live_bar =
      signal.kind != Signal::Kind::state && !signal.is_replayed && signal.ts_recv_ns != 0;
  if (held_times_ != nullptr && is_live_bar) held_times_->observe(now_ns - signal.ts_published_ns);
  signal.ts_published_ns = now_ns;
  pass(signal);
}

void SignalGate::pass(const Signal& signal) {
  if (signal.series >= last_.size()) last_.resize(signal.series + 1);
  last_[signal.series] = signal;
  deliver_(as_shown(signal));
}

/// What was good before the trouble began is of no use to act on until it is over.
Signal SignalGate::as_shown(Signal signal) const {
  if (signal.reason == core::Reason::removed) return signal;
  if (is_stuck() && LOCKSTEP_DEFENCE(halted_is_invalid)) {
    signal.state = SeriesState::halted;
    signal.reason = core::Reason::journal_unavailable;
  } else if (is_doubted_ && signal.state != SeriesState::rejected && signal.state != SeriesState::halted) {
    signal.state = SeriesState::stale;
    signal.reason = core::Reason::engine_stuck;
  } else if (!behind_.empty() && behind_[shard_of(signal.series, behind_.size())] &&
             (signal.state == SeriesState::live || signal.state == SeriesState::warming)) {
    signal.state = SeriesState::stale;
    signal.reason = core::Reason::behind;
  } else {
    return signal;
  }
  signal.is_valid = false;
  return signal;
}

void SignalGate::doubt(bool is_doubted) {
  if (std::exchange(is_doubted_, is_doubted) != is_doubted) show_all();
}

void SignalGate::note_lag(std::size_t shard, std::size_t shards, std::int64_t lag_ns,
                          std::int64_t lag_ns_max) {
  behind_.resize(shards);
  const bool is_behind = lag_ns_max > 0 && lag_ns > (behind_[shard] ? lag_ns_max / 2 : lag_ns_max);
  if (behind_[shard] == is_behind) return;
  behind_[shard] = is_behind;
  show_all();
}

void SignalGate::watch_journal() {
  if (writer_ == nullptr) return;
  const std::int64_t since = writer_->busy_since_ns();
  const bool is_blocked = (writer_->is_stalled() && LOCKSTEP_DEFENCE(full_disk_halts)) ||
                          (since != 0 && feeds::net::monotonic_ns() - since > kStuckNs);
  quiet_watches_ = is_blocked || is_catching_up() ? 0 : quiet_watches_ + 1;
  open_watches_ = is_blocked ? 0 : open_watches_ + 1;
  const bool is_behind = quiet_watches_ < kQuietWatches && open_watches_ < kCatchUpWatches;
  const bool is_stuck_now = is_blocked || (is_stuck() && has_backlog_ && is_behind);
  if (is_stuck_now == is_stuck()) return;
  is_stuck_ = is_stuck_now;
  show_all();
  release();
}

/// What waited for the journal is still on its way through.
bool SignalGate::is_catching_up() const {
  if (has_backlog_ && has_backlog_()) return true;
  return std::any_of(held_.begin(), held_.end(), [](const auto& held) { return !held.empty(); });
}

/// The state of every series again, under its last sequence: that it may not be used, or may again.
void SignalGate::show_all() {
  for (const Signal& last : last_) {
    if (last.sequence == 0) continue;
    Signal state = as_shown(last);
    state.kind = Signal::Kind::state;
    state.ts_published_ns = feeds::net::monotonic_ns();
    deliver_(state);
  }
}

}  // namespace lockstep::engine
