#include "engine/daemon_meter.hpp"

#include <set>

#include "engine/api/ascii.hpp"
#include "engine/journal/writer.hpp"
#include "feeds/net/clock.hpp"

namespace lockstep::engine {
namespace {

/// Beyond so many pairs of venue and interval, the intervals are counted together.
constexpr std::size_t kGroupsMax = 256;

constexpr SeriesState kStates[] = {SeriesState::warming, SeriesState::live,   SeriesState::stale,
                                   SeriesState::gap,     SeriesState::halted, SeriesState::rejected,
                                   SeriesState::retired};

metrics::Latency& stage(metrics::Registry& registry, const char* name) {
  return registry.latency(
      "lockstep_signal_stage_seconds",
      "Parts of lockstep_signal_latency_seconds: queue (socket to shard), compute (commit or "
      "peek), journal (held back until durable), deliver (shard to API).",
      {{"stage", name}});
}

metrics::Latency& total(metrics::Registry& registry, const char* kind) {
  return registry.latency("lockstep_signal_latency_seconds",
                          "From the frame's leaving the socket to its signal's being given to API clients.",
                          {{"kind", kind}});
}

}  // namespace

DaemonMeter::DaemonMeter(metrics::Registry& registry, const core::Catalog& catalog)
    : registry_(registry),
      catalog_(catalog),
      queue_(stage(registry, "queue")),
      compute_(stage(registry, "compute")),
      journal_wait_(stage(registry, "journal").add_share()),
      deliver_(stage(registry, "deliver").add_share()),
      closed_total_(total(registry, "closed").add_share()),
      open_total_(total(registry, "open").add_share()) {
  make_groups();
  for (const SeriesState state : kStates) {
    entered_.push_back(&registry.counter("lockstep_state_changes_total",
                                         "Times that a series has come into a state.",
                                         {{"state", lower(to_string(state))}}));
  }
  // Of the self-audit, which counts in them: they are there, and zero, before its first pass.
  registry.counter("lockstep_audit_passes_total", "Passes of the self-audit that have ended.");
  registry.counter("lockstep_audit_mismatches_total",
                   "Bars that the self-audit found to differ; must be zero.");
  registry.on_collect([this](metrics::TextWriter& out) { write_bars(out); });
}

void DaemonMeter::make_groups() {
  std::set<std::pair<std::uint32_t, std::int64_t>> pairs;
  for (const core::Series& series : catalog_.series())
    pairs.emplace(series.venue_index, series.interval.ms());
  is_by_interval_ = pairs.size() <= kGroupsMax;
  for (const core::Series& series : catalog_.series()) add_series(series);
}

void DaemonMeter::add_series(const core::Series& series) {
  const bool has_room = is_by_interval_ && group_at_.size() < kGroupsMax;
  std::pair<std::uint32_t, std::string> key(series.venue_index, series.interval.text());
  if (!has_room && !group_at_.contains(key)) key.second = "any";
  const auto [entry, is_new] = group_at_.try_emplace(std::move(key), groups_.size());
  group_of_.push_back(entry->second);
  state_of_.push_back(SeriesState::warming);
  if (!is_new) return;
  const auto counter = [&](const char* kind) {
    return &registry_.counter("lockstep_signals_total", "Publications.",
                              {{"venue", series.venue}, {"interval", entry->first.second}, {"kind", kind}});
  };
  groups_.push_back({counter("closed"), counter("open"), counter("state")});
}

ShardMeter& DaemonMeter::add_shard() {
  return shards_.emplace_back(queue_.add_share(), compute_.add_share());
}

void DaemonMeter::delivered(const Signal& signal, std::int64_t now_ns) {
  const Group& group = groups_[group_of_[signal.series]];
  const bool is_state = signal.kind == Signal::Kind::state;
  (is_state ? group.state : signal.is_closed() ? group.closed : group.open)->add();
  if (signal.state != state_of_[signal.series]) {
    state_of_[signal.series] = signal.state;
    entered_[static_cast<std::size_t>(signal.state)]->add();
  }
  if (is_state || signal.is_replayed || signal.ts_recv_ns == 0) return;
  deliver_.observe(now_ns - signal.ts_published_ns);
  (signal.is_closed() ? closed_total_ : open_total_).observe(now_ns - signal.ts_recv_ns);
}

void DaemonMeter::write_bars(metrics::TextWriter& out) const {
  using metrics::OwnCounter;
  const auto sum = [this](OwnCounter ShardMeter::*counter) {
    std::uint64_t total = 0;
    for (const ShardMeter& shard : shards_) total += (shard.*counter).value();
    return total;
  };
  out.single("lockstep_bars_total", metrics::Type::counter,
             "Closed bars committed, from the stream or history.", sum(&ShardMeter::bars));
  out.family(
      "lockstep_bar_faults_total", metrics::Type::counter,
      "Bars that came twice (duplicate), came changed (revision), were missing and fetched (gap), are not in "
      "the venue's history either (hole), or could not be used (refused).");
  out.value({{"fault", "duplicate"}}, sum(&ShardMeter::duplicates));
  out.value({{"fault", "revision"}}, sum(&ShardMeter::revisions));
  out.value({{"fault", "gap"}}, sum(&ShardMeter::gaps));
  out.value({{"fault", "hole"}}, sum(&ShardMeter::holes));
  out.value({{"fault", "refused"}}, sum(&ShardMeter::refused));
}

void write_journal_metrics(const journal::Writer& writer, metrics::TextWriter& out) {
  out.family("lockstep_journal_sync_seconds", metrics::Type::histogram,
             "Time that one fsync of the journal took.");
  out.value({}, writer.sync_times().totals());
  const std::int64_t since = writer.busy_since_ns();
  out.single("lockstep_journal_lag_seconds", metrics::Type::gauge,
             "How long the group of records that is being written has been under way; 0: none.",
             since == 0 ? 0.0 : static_cast<double>(feeds::net::monotonic_ns() - since) / 1e9);
}

}  // namespace lockstep::engine
