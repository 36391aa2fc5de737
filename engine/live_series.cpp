#include "engine/live_series.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/defence.hpp"

namespace lockstep::engine {

using core::EventKind;
using core::MarketEvent;
using core::Reason;

namespace {

/// Waits between requests that did not reach the live bars: 1, 2, 4 ... 64 s of venue time.
std::int64_t retry_wait_ms(int attempts) {
  return std::int64_t{1000} << std::min(attempts - 1, 6);
}

}  // namespace

LiveSeries::LiveSeries(const core::Series& series, const SeriesSettings& settings)
    : id_(series.id), interval_(series.interval), settings_(&settings) {
  last_closed_signal_.series = id_;
}

void LiveSeries::apply(const MarketEvent& event, SeriesSink& sink) {
  take(event, sink);
  if (!std::exchange(awaits_history_, false)) return;
  if (commit_history(sink)) settle(sink);
}

void LiveSeries::take(const MarketEvent& event, SeriesSink& sink) {
  switch (event.kind) {
    case EventKind::listed:
      return on_listed(event, sink);
    case EventKind::rejected:
      // Of a series that had bars it is the end: delisted, or halted until it is listed again (fault D15).
      is_up_ = is_loading_ = false;
      return set_state(expected_ms_ ? SeriesState::retired : SeriesState::rejected, event.reason, sink);
    case EventKind::stream_up:
      if (is_up_ || is_stopped() || !atc_) return;
      is_up_ = true;
      return load(is_cold_ ? SeriesState::warming : SeriesState::gap,
                  is_cold_ ? Reason::history_loading : Reason::bar_missing, sink);
    case EventKind::stream_down:
      return on_down(event.reason, sink);
    case EventKind::bar:
      return on_bar(event, sink);
    case EventKind::backfill_bar:
      return on_backfill_bar(event, sink);
    case EventKind::backfill_done:
      return on_backfill_done(event, sink);
    case EventKind::refused:
      ++counters_.refused;
      if (is_ready()) load(SeriesState::gap, event.reason, sink);
      return;
    case EventKind::clock:
      return on_clock(event.ts_event_ms, sink);
    case EventKind::audit_failed:
      if (atc_ && !is_stopped()) start_over(Reason::audit_difference, event.ts_event_ms, sink);
      return;
    case EventKind::doubted:
      return on_doubted(event.reason, sink);
  }
}

void LiveSeries::on_listed(const MarketEvent& event, SeriesSink& sink) {
  const bool is_scale_change = atc_.has_value() && event.price_scale != price_scale_;
  if (atc_ && !is_scale_change && !is_stopped()) return;
  price_scale_ = event.price_scale;
  if (is_scale_change) published_count_ = 0;  // of no use for comparisons at another scale
  const auto params = settings_->params_at(price_scale_);
  if (!params) return set_state(SeriesState::halted, Reason::price_refused, sink);
  atc_.emplace(params, settings_->anchor, interval_.ms());
  is_up_ = false;
  start_over(is_scale_change ? Reason::scale_changed : Reason::starting, published_to_ms_, sink);
}

void LiveSeries::on_down(Reason reason, SeriesSink& sink) {
  is_up_ = false;
  is_loading_ = false;
  ++request_id_;  // answers still under way are of no use: the next stream_up asks anew
  open_.reset();  // what is held stays: one of them may be a correction
  if (is_stopped() || !atc_) return;
  set_state(is_cold_ ? SeriesState::warming : SeriesState::stale, reason, sink);
}

/// What was open is void, and history from the last closed bar on must say that none was missed.
void LiveSeries::on_doubted(Reason reason, SeriesSink& sink) {
  if (is_stopped() || !atc_ || is_cold_) return;
  open_.reset();
  if (is_up_) return load(SeriesState::stale, reason, sink);
  set_state(SeriesState::stale, reason, sink);
}

void LiveSeries::on_bar(const MarketEvent& event, SeriesSink& sink) {
  if (!is_up_ || is_stopped() || !atc_) return;
  const std::int64_t ts = event.bar.ts_open_ms;
  if (!event.is_closed) {
    const bool is_older = open_ && (ts < open_->bar.ts_open_ms ||
                                    (ts == open_->bar.ts_open_ms && event.ts_event_ms < open_->ts_event_ms));
    if (is_older && LOCKSTEP_DEFENCE(old_after_new)) return;
    // While bars are missing, an open one further on decides how many.
    const bool is_repairing = is_loading_ || retry_at_ms_ != INT64_MAX;
    if (is_repairing && (!open_ || open_->bar.ts_open_ms != ts)) ++transitions_;
    open_ = event;
  }
  if (is_loading_) {
    if (event.is_closed) hold(event);
    return;
  }
  if (expected_ms_ && ts < *expected_ms_ && LOCKSTEP_DEFENCE(duplicate_bar)) {
    if (event.is_closed) compare_again(event, sink);
    return;
  }
  if (expected_ms_ && ts > *expected_ms_ && LOCKSTEP_DEFENCE(missing_bar)) {
    if (event.is_closed) hold(event);
    if (retry_at_ms_ == INT64_MAX) {
      ++counters_.gaps;
      load(SeriesState::gap, Reason::bar_missing, sink);
    }
    return;
  }
  // A hole or a late bar is closed as soon as the bar itself comes.
  if (event.is_closed) {
    commit(event, false, sink);
    if (retry_at_ms_ != INT64_MAX && !is_stopped() && apply_held(sink)) settle(sink);
  } else if (state_ == SeriesState::live || reason_ == Reason::not_enough_bars ||
             !LOCKSTEP_DEFENCE(open_only_while_whole)) {
    peek(event, sink);
  }
}

void LiveSeries::on_backfill_bar(const MarketEvent& event, SeriesSink& sink) {
  const bool is_current = event.request_id == request_id_ || !LOCKSTEP_DEFENCE(old_answer);
  if (!is_current || !is_loading_ || is_stopped()) return;
  const std::int64_t ts = event.bar.ts_open_ms;
  if (expected_ms_ && ts > *expected_ms_) {
    apply_held(sink);  // the stream may have what history lacks
    if (event.request_id != request_id_ || is_stopped()) return;
  }
  if (expected_ms_ && ts < *expected_ms_) return compare_again(event, sink);
  if (expected_ms_ && ts > *expected_ms_) {
    // The venue's own history goes on without the bar: it is not late, it does not exist.
    counters_.holes +=
        interval_.is_month() ? 1 : static_cast<std::uint64_t>((ts - *expected_ms_) / interval_.ms());
  }
  commit(event, true, sink);
}

void LiveSeries::on_backfill_done(const MarketEvent& event, SeriesSink& sink) {
  if (event.request_id != request_id_ || !is_loading_ || is_stopped()) return;
  is_loading_ = false;
  if (!expected_ms_) {
    // No bar has closed yet, so the first one is known: it must not be missed either.
    expected_ms_ = interval_.open_of(event.ts_event_ms);
    if (!held_.empty()) expected_ms_ = std::min(*expected_ms_, held_.front().bar.ts_open_ms);
  }
  const bool is_joined = apply_held(sink);
  if (is_loading_ || is_stopped()) return;
  if (is_joined && !is_late(event.ts_event_ms)) return settle(sink);
  // History does not reach the live bars, or the last closed one, yet. It lags at times: ask again, ever more
  // slowly.
  if (is_joined && !is_cold_) set_state(SeriesState::stale, Reason::bar_late, sink);
  retry_at_ms_ = event.ts_event_ms + retry_wait_ms(++attempts_);
}

void LiveSeries::on_clock(std::int64_t venue_now_ms, SeriesSink& sink) {
  if (!is_ready()) return;
  if (retry_at_ms_ != INT64_MAX) {
    if (venue_now_ms >= retry_at_ms_) load(state_, reason_, sink);
    return;
  }
  if (is_late(venue_now_ms)) load(SeriesState::stale, Reason::bar_late, sink);
}

/// The bar that must come next has been over for longer than its final frame may take.
bool LiveSeries::is_late(std::int64_t venue_now_ms) const {
  return expected_ms_ && LOCKSTEP_DEFENCE(late_bar) &&
         venue_now_ms > interval_.next_open_ms(*expected_ms_) + settings_->late_ms;
}

/// Takes the held bars that follow, in order. False when one is still missing before them.
bool LiveSeries::apply_held(SeriesSink& sink) {
  const std::uint32_t request_id = request_id_;
  while (!held_.empty()) {
    const MarketEvent event = held_.front();
    const std::int64_t ts = event.bar.ts_open_ms;
    if (expected_ms_ && ts > *expected_ms_) return false;
    held_.pop_front();
    if (expected_ms_ && ts < *expected_ms_) {
      compare_again(event, sink);
    } else {
      commit(event, false, sink);
    }
    if (is_stopped() || request_id_ != request_id) return false;
  }
  const bool is_open_ahead = open_ && expected_ms_ && open_->bar.ts_open_ms > *expected_ms_;
  return !is_open_ahead;
}

void LiveSeries::hold(const MarketEvent& event) {
  // What the venue has put right since is not published wrong first.
  const auto again = std::find_if(held_.begin(), held_.end(), [&](const MarketEvent& each) {
    return each.bar.ts_open_ms == event.bar.ts_open_ms;
  });
  if (again != held_.end()) {
    ++(again->bar == event.bar ? counters_.duplicates : counters_.revisions);
    if (event.ts_event_ms >= again->ts_event_ms) *again = event;
    return;
  }
  if (held_.size() == kHeldBarsMax) held_.pop_front();  // history brings it
  held_.push_back(event);
}

/// A closed bar that was taken before: a repetition, or a correction by the venue.
void LiveSeries::compare_again(const MarketEvent& event, SeriesSink& sink) {
  const std::size_t known = std::min(recent_count_, kRecentBars);
  for (std::size_t back = 1; back <= known; ++back) {
    const BarTicks& bar = recent_[(recent_count_ - back) % kRecentBars];
    if (bar.ts_open_ms > event.bar.ts_open_ms) continue;
    if (bar == event.bar || !LOCKSTEP_DEFENCE(revision_rebuild)) break;
    // Other content; or, where the times differ, a bar that history did not have when it was asked.
    ++counters_.revisions;
    return start_over(Reason::bar_revised, event.bar.ts_open_ms, sink);
  }
  ++counters_.duplicates;
}

/// Back to before the first bar; everything comes anew from history. Bars from `wrong_from_ms` on that were
/// published are published again, and those after them for the first time.
void LiveSeries::start_over(Reason reason, std::int64_t wrong_from_ms, SeriesSink& sink) {
  if (!is_cold_) ++revision_;
  if (first_published_ms_ == INT64_MAX) {
    first_ms_ = INT64_MIN;
  } else {
    republish_from_ms_ = std::min(republish_from_ms_, std::max(wrong_from_ms, first_published_ms_));
  }
  atc_->reset();
  sink.started_over(id_);
  is_cold_ = true;
  is_loading_ = false;
  expected_ms_.reset();
  held_.clear();
  open_.reset();
  last_closed_.reset();
  history_.clear();
  attempts_ = 0;
  retry_at_ms_ = INT64_MAX;
  recent_count_ = 0;
  if (is_up_) {
    load(SeriesState::warming, reason, sink);
  } else {
    set_state(SeriesState::warming, reason, sink);
  }
}

void LiveSeries::load(SeriesState state, Reason reason, SeriesSink& sink) {
  is_loading_ = true;
  retry_at_ms_ = INT64_MAX;
  ++transitions_;
  core::BackfillRequest request;
  request.series = id_;
  request.request_id = ++request_id_;
  if (expected_ms_) {
    // From the last closed bar on: that it comes again unchanged proves that nothing was revised meanwhile.
    request.from_ms =
        LOCKSTEP_DEFENCE(history_overlap) ? interval_.previous_open_ms(*expected_ms_) : *expected_ms_;
  } else {
    ask_from_anchor(request);
  }
  set_state(state, reason, sink);
  sink.request(request);
}

/// A rebuilt state must give what the first one would have given, so it starts no later than that needs.
void LiveSeries::ask_from_anchor(core::BackfillRequest& request) const {
  const Anchor& anchor = settings_->anchor;
  const bool is_rolling = anchor.kind == Anchor::Kind::rolling;
  // A rolling anchor counts bars, not time.
  if (is_rolling) request.bars_before = AnchoredState::history_bars(anchor);
  request.before_ms = republish_from_ms_;
  if (anchor.kind == Anchor::Kind::time) {
    request.from_ms = anchor.time_ms;
  } else if (republish_from_ms_ == INT64_MAX) {
    request.from_ms = INT64_MIN;
    request.bars_max = is_rolling ? AnchoredState::history_bars(anchor) : settings_->history_bars;
  } else if (is_rolling) {
    request.from_ms = republish_from_ms_;
    for (std::int64_t i = AnchoredState::history_bars(anchor); i > 0; --i) {
      request.from_ms = interval_.previous_open_ms(request.from_ms);
    }
  } else {
    request.from_ms = first_ms_;
  }
}

/// History and stream have met: says what holds now, with the last closed bar and the open one.
void LiveSeries::settle(SeriesSink& sink) {
  awaits_history_ = !history_.empty();
  if (awaits_history_) return;
  attempts_ = 0;
  retry_at_ms_ = INT64_MAX;
  republish_from_ms_ = INT64_MAX;
  const bool is_warm = atc_->state().is_warm();
  const bool was_cold = std::exchange(is_cold_, false);
  if (was_cold && last_closed_) {
    state_ = is_warm ? SeriesState::live : SeriesState::warming;
    reason_ = is_warm ? Reason::none : Reason::not_enough_bars;
    last_closed_signal_.outputs = atc_->state().last();
    publish_bar(*last_closed_, Signal::Kind::closed_bar, true, sink);
  } else {
    set_state(is_warm ? SeriesState::live : SeriesState::warming,
              is_warm ? Reason::none : Reason::not_enough_bars, sink);
  }
  if (open_ && open_->bar.ts_open_ms == *expected_ms_) peek(*open_, sink);
}

void LiveSeries::commit(const MarketEvent& event, bool is_replayed, SeriesSink& sink) {
  const bool is_history = is_cold_ && event.bar.ts_open_ms < republish_from_ms_;
  if (is_history) {
    // An older bar than the one that began the rebuild has changed, too: more of the past is needed.
    const BarTicks* const published = find_published(event.bar.ts_open_ms);
    if (published != nullptr && *published != event.bar) {
      ++counters_.revisions;
      return start_over(Reason::bar_revised, event.bar.ts_open_ms, sink);
    }
  }
  if (is_history && can_wait()) {
    history_.push_back(event.bar);
  } else {
    if (!history_.empty() && !commit_history(sink)) return;
    if (is_history ? !commit_unpublished(event.bar, sink)
                   : !commit_bar(event.bar, last_closed_signal_.outputs, sink))
      return;
  }
  recent_[recent_count_++ % kRecentBars] = event.bar;
  expected_ms_ = interval_.next_open_ms(event.bar.ts_open_ms);
  last_closed_ = event;
  if (first_ms_ == INT64_MIN) first_ms_ = event.bar.ts_open_ms;
  if (is_history) return;
  is_cold_ = false;
  if (reason_ == Reason::not_enough_bars && atc_->state().is_warm()) {
    state_ = SeriesState::live;
    reason_ = Reason::none;
  }
  publish_bar(event, Signal::Kind::closed_bar, is_replayed, sink);
}

bool LiveSeries::commit_bar(const BarTicks& bar, Outputs& outputs, SeriesSink& sink) {
  // A refused bar leaves the outputs as they are.
  if (const Status status = atc_->commit(bar, outputs); status != Status::ok) {
    halt(status, sink);
    return false;
  }
  sink.committed(id_, bar, outputs);
  ++counters_.bars;
  return true;
}

/// Whether the bars of a cold start are kept until all are there. With a rolling anchor only the last runs
/// count, and those are computed together as it is (kernels/rolling_runs.hpp).
bool LiveSeries::can_wait() const {
  return atc_->anchor().kind != Anchor::Kind::rolling && atc_->bars_total() == 0 &&
         history_.size() < kHistoryMax;
}

bool LiveSeries::commit_unpublished(const BarTicks& bar, SeriesSink& sink) {
  Outputs outputs;
  return commit_bar(bar, outputs, sink);
}

/// What was kept, bar by bar. False when one is refused.
bool LiveSeries::commit_history(SeriesSink& sink) {
  for (const BarTicks& bar : std::exchange(history_, {})) {
    if (!commit_unpublished(bar, sink)) return false;
  }
  return true;
}

void LiveSeries::end_history(std::size_t bars, Status status, SeriesSink& sink) {
  awaits_history_ = false;
  const std::vector<BarTicks> history = std::exchange(history_, {});
  counters_.bars += bars;
  sink.committed_together(id_, std::span(history).first(bars));
  if (status != Status::ok) return halt(status, sink);
  settle(sink);
}

void LiveSeries::peek(const MarketEvent& event, SeriesSink& sink) {
  const Status status = atc_->peek(event.bar, last_open_.outputs);
  if (status != Status::ok) return halt(status, sink);
  publish_bar(event, Signal::Kind::open_bar, false, sink);
}

void LiveSeries::halt(Status status, SeriesSink& sink) {
  ++counters_.refused;
  Reason reason = Reason::price_refused;
  if (status == Status::growth_not_finite) reason = Reason::growth_not_finite;
  if (status == Status::equity_not_finite) reason = Reason::equity_not_finite;
  is_loading_ = false;
  set_state(SeriesState::halted, reason, sink);
}

void LiveSeries::set_state(SeriesState state, Reason reason, SeriesSink& sink) {
  if (state == state_ && reason == reason_ && sequence_ > 0) return;
  ++transitions_;
  state_ = state;
  reason_ = reason;
  Signal signal = last_closed_signal_;  // stays readable, but not valid unless live
  signal.kind = Signal::Kind::state;
  publish(signal, sink);
}

void LiveSeries::publish_bar(const MarketEvent& event, Signal::Kind kind, bool is_replayed,
                             SeriesSink& sink) {
  Signal& signal = kind == Signal::Kind::closed_bar ? last_closed_signal_ : last_open_;
  signal.kind = kind;
  signal.is_replayed = is_replayed;
  signal.series = id_;
  signal.price_scale = static_cast<std::uint8_t>(price_scale_);
  signal.revision = event.bar.ts_open_ms <= published_to_ms_ ? revision_ : 0;
  signal.bar = event.bar;
  signal.volume = event.volume;
  signal.ts_event_ms = event.ts_event_ms;
  signal.ts_recv_ns = event.ts_recv_ns;
  signal.ts_anchor_ms = atc_->ts_anchor_ms();
  signal.bars = atc_->state().bars();
  signal.digest = digest();
  if (signal.is_closed()) {
    note_published(signal.bar);
    published_to_ms_ = std::max(published_to_ms_, signal.bar.ts_open_ms);
    first_published_ms_ = std::min(first_published_ms_, signal.bar.ts_open_ms);
  }
  publish(signal, sink);
}

void LiveSeries::publish(Signal& signal, SeriesSink& sink) {
  signal.state = state_;
  signal.reason = reason_;
  signal.is_valid = state_ == SeriesState::live || !LOCKSTEP_DEFENCE(valid_only_live);
  signal.sequence = ++sequence_;
  if (sequence_ % kSequencesUnkept == 0) ++transitions_;
  sink.publish(signal);
}

Digest LiveSeries::digest() const {
  if (!atc_) return {};
  const RunningDigest& running = atc_->state().running_digest();
  if (running != digested_) {
    digested_ = running;
    digest_ = running.value();
  }
  return digest_;
}

BarTicks* LiveSeries::find_published(std::int64_t ts_open_ms) {
  const auto end = published_.begin() + static_cast<std::ptrdiff_t>(std::min(published_count_, kRecentBars));
  const auto found = std::find_if(published_.begin(), end,
                                  [&](const BarTicks& bar) { return bar.ts_open_ms == ts_open_ms; });
  return found == end ? nullptr : &*found;
}

void LiveSeries::note_published(const BarTicks& bar) {
  BarTicks* const before = bar.ts_open_ms <= published_to_ms_ ? find_published(bar.ts_open_ms) : nullptr;
  (before != nullptr ? *before : published_[published_count_++ % kRecentBars]) = bar;
}

void LiveSeries::detail(DetailAnswer& answer) {
  answer.is_known = atc_.has_value() && last().sequence > 0 && !is_cold_;
  if (!answer.is_known) return;
  answer.signal = last();
  answer.signal.state = state_;
  answer.signal.reason = reason_;
  answer.signal.is_valid = state_ == SeriesState::live;
  Outputs ignored;
  if (!last().is_closed() && atc_->peek(last().bar, ignored, answer.detail) == Status::ok) return;
  atc_->state().detail(answer.detail);
}

}  // namespace lockstep::engine
