#include "engine/outlet.hpp"

#include "feeds/net/clock.hpp"

namespace lockstep::engine {
namespace {

using core::EventKind;
using core::MarketEvent;
using journal::NoteKind;
using journal::NoteRecord;

/// Open bars and clock ticks are kept only when they did more than move a peek.
bool must_keep(const MarketEvent& event, const LiveSeries& series, const SeriesMark& before) {
  const bool is_passing =
      event.kind == EventKind::clock || (event.kind == EventKind::bar && event.is_closed == 0);
  return !is_passing || series.transitions() != before.transitions;
}

/// What the event meant, for people that read the journal.
void append_notes(journal::Port& port, const MarketEvent& event, const LiveSeries& series, core::SeriesId id,
                  const SeriesMark& before) {
  const SeriesCounters& now = series.counters();
  const std::int64_t ts = event.bar.ts_open_ms;
  if (now.gaps != before.counters.gaps)
    port.append(NoteRecord{NoteKind::gap, id, series.expected_ms().value_or(0)});
  if (now.holes != before.counters.holes) port.append(NoteRecord{NoteKind::hole, id, ts});
  if (now.revisions != before.counters.revisions) port.append(NoteRecord{NoteKind::revision, id, ts});
  if (series.revision() != before.revision && series.reason() == core::Reason::scale_changed)
    port.append(NoteRecord{NoteKind::scale_change, id, ts});
}

}  // namespace

void ShardOutlet::send(const Signal& signal) {
  Signal stamped = signal;
  stamped.ts_published_ns = feeds::net::monotonic_ns();
  if (meter_ != nullptr) meter_->published(stamped);
  signals_.push(token_, stamped);
  waker_.wake();
}

void ShardOutlet::publish(const Signal& signal) {
  if (port_ == nullptr) return send(signal);
  made_.push_back(signal);
}

void ShardOutlet::publish_again(Signal signal) {
  signal.is_replayed = true;
  signal.is_valid = false;
  signal.state = SeriesState::stale;
  signal.reason = core::Reason::starting;
  send(signal);
}

void ShardOutlet::applied(const MarketEvent& event, const LiveSeries& series, core::SeriesId id,
                          const SeriesMark& before) {
  if (meter_ != nullptr) meter_->applied(before.counters, series.counters());
  if (port_ == nullptr) return;
  if (must_keep(event, series, before)) {
    journal::EventRecord record;
    record.event = event;
    record.event.series = id;
    record.sequence_before = before.sequence;
    record.digest_after = series.digest();
    port_->append(record);
    append_notes(*port_, event, series, id, before);
  }
  for (Signal& signal : made_) {
    signal.journal_ticket = port_->last_ticket();
    send(signal);
  }
  made_.clear();
}

void ShardOutlet::committed(core::SeriesId id, const BarTicks& bar, const Outputs&) {
  if (logs_ != nullptr) (*logs_)[id]->append(bar, *shard_->find(id)->indicator());
}

void ShardOutlet::committed_together(core::SeriesId id, std::span<const BarTicks> bars) {
  if (logs_ != nullptr) (*logs_)[id]->append_history(bars, *shard_->find(id)->indicator());
}

void ShardOutlet::started_over(core::SeriesId id) {
  if (logs_ != nullptr) (*logs_)[id]->clear();
}

}  // namespace lockstep::engine
