#include "feeds/event_outlet.hpp"

#include "engine/core/defence.hpp"

namespace lockstep::feeds {
namespace {

using core::EventKind;
using core::MarketEvent;
using core::Reason;
using core::SeriesId;

MarketEvent make_event(EventKind kind, SeriesId series, Reason reason = Reason::none) {
  MarketEvent event;
  event.kind = kind;
  event.series = series;
  event.reason = reason;
  return event;
}

}  // namespace

void EventOutlet::push(const MarketEvent& event) {
  State& state = states_[event.series];
  // What comes after a loss is part of the loss until the series has been told.
  if (!state.is_pending && (sink_.push(event) || !LOCKSTEP_DEFENCE(loss_told))) return;
  if (!state.is_pending) pending_.push_back(event.series);
  state.is_pending = true;
  state.is_listing_pending |= event.kind == EventKind::listed || event.kind == EventKind::rejected;
}

void EventOutlet::listed(SeriesId series, int price_scale) {
  State& state = states_[series];
  state.price_scale = static_cast<std::int8_t>(price_scale);
  state.rejection = Reason::none;
  MarketEvent event = make_event(EventKind::listed, series);
  event.price_scale = static_cast<std::uint8_t>(price_scale);
  push(event);
}

void EventOutlet::rejected(SeriesId series, Reason reason) {
  states_[series].rejection = reason;
  states_[series].is_up = false;
  push(make_event(EventKind::rejected, series, reason));
}

void EventOutlet::stream_up(SeriesId series) {
  states_[series].is_up = states_[series].was_up = true;
  push(make_event(EventKind::stream_up, series));
}

void EventOutlet::stream_down(SeriesId series, Reason reason) {
  states_[series].is_up = false;
  states_[series].down_reason = reason;
  push(make_event(EventKind::stream_down, series, reason));
}

void EventOutlet::change_scale(SeriesId series, int price_scale) {
  const bool was_up = states_[series].is_up;
  stream_down(series, Reason::scale_changed);
  listed(series, price_scale);
  if (was_up) stream_up(series);
}

void EventOutlet::refused(SeriesId series, Reason reason, std::int64_t ts_event_ms) {
  MarketEvent event = make_event(EventKind::refused, series, reason);
  event.ts_event_ms = ts_event_ms;
  push(event);
}

void EventOutlet::doubted(SeriesId series, Reason reason) {
  push(make_event(EventKind::doubted, series, reason));
}

void EventOutlet::bar(const MarketEvent& event) {
  if (event.is_closed != 0) told_.note(event);
  push(event);
}

void EventOutlet::clock(std::uint32_t venue, std::int64_t ts_event_ms) {
  MarketEvent event = make_event(EventKind::clock, 0);
  event.venue = venue;
  event.ts_event_ms = ts_event_ms;
  // The next one comes in a moment and says more.
  sink_.push(event);
}

bool EventOutlet::push_history(const MarketEvent& event) {
  if (states_[event.series].is_pending || !sink_.push(event)) return false;
  if (event.kind == EventKind::backfill_bar) told_.note(event);
  return true;
}

bool EventOutlet::push_listing(SeriesId series) {
  State& state = states_[series];
  if (!state.is_listing_pending) return true;
  MarketEvent event = make_event(EventKind::rejected, series, state.rejection);
  if (state.rejection == Reason::none) {
    event.kind = EventKind::listed;
    event.price_scale = static_cast<std::uint8_t>(state.price_scale);
  }
  if (!sink_.push(event)) return false;
  state.is_listing_pending = false;
  return true;
}

bool EventOutlet::push_all(SeriesId series) {
  State& state = states_[series];
  if (!push_listing(series)) return false;
  if (state.rejection != Reason::none) return true;
  const Reason reason = state.is_up ? Reason::events_lost : state.down_reason;
  if (!sink_.push(make_event(EventKind::stream_down, series, reason))) return false;
  return !state.is_up || sink_.push(make_event(EventKind::stream_up, series));
}

bool EventOutlet::flush() {
  // From the back, so that what fits leaves at once; a series that was told in part is told again from the
  // start.
  while (!pending_.empty()) {
    const SeriesId series = pending_.back();
    if (!push_all(series)) return false;
    states_[series].is_pending = false;
    pending_.pop_back();
  }
  return true;
}

}  // namespace lockstep::feeds
