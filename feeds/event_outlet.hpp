// Between a feed and the shards' queues: no event is lost without the series being told.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/event.hpp"
#include "feeds/feed.hpp"
#include "feeds/told_bars.hpp"

namespace lockstep::feeds {

/// Knows the state of every series of a feed, so that after a full queue it can say what happened:
/// stream_down with events_lost, then stream_up where the stream is up. Bounded: it keeps a state a series,
/// no queue of its own.
class EventOutlet {
 public:
  /// `series_count`: size of the catalog. The sink must outlive this.
  EventOutlet(EventSink& sink, std::size_t series_count)
      : sink_(sink), states_(series_count), told_(series_count) {}

  /// The catalog has grown.
  void grow(std::size_t series_count) {
    states_.resize(series_count);
    told_.grow(series_count);
  }

  void listed(core::SeriesId series, int price_scale);
  void rejected(core::SeriesId series, core::Reason reason);
  void stream_up(core::SeriesId series);
  void stream_down(core::SeriesId series, core::Reason reason);
  /// A price has more decimals: stream_down(scale_changed), listed, stream_up where it was up.
  void change_scale(core::SeriesId series, int price_scale);
  void refused(core::SeriesId series, core::Reason reason, std::int64_t ts_event_ms);
  void bar(const core::MarketEvent& event);
  /// Nothing may be believed of the series before history has said it again.
  void doubted(core::SeriesId series, core::Reason reason);
  void clock(std::uint32_t venue, std::int64_t ts_event_ms);
  /// History is never dropped: false when the queue is full, try the same event again later.
  bool push_history(const core::MarketEvent& event);

  /// Tells the series that lost something, as far as the queue has room. True when none is left.
  bool flush();
  bool has_pending() const { return !pending_.empty(); }

  /// -1 until listed.
  int price_scale(core::SeriesId series) const { return states_[series].price_scale; }
  bool is_up(core::SeriesId series) const { return states_[series].is_up; }
  bool was_up(core::SeriesId series) const { return states_[series].was_up; }
  /// The newest closed bars that were pushed.
  const ToldBars& told() const { return told_; }
  bool is_rejected(core::SeriesId series) const { return states_[series].rejection != core::Reason::none; }

 private:
  struct State {
    std::int8_t price_scale = -1;
    bool is_up = false;
    bool was_up = false;              ///< ever
    bool is_pending = false;          ///< in pending_: something was lost
    bool is_listing_pending = false;  ///< the listed or rejected event itself was lost
    core::Reason rejection = core::Reason::none;
    core::Reason down_reason = core::Reason::starting;  ///< why it is not up
  };
  void push(const core::MarketEvent& event);
  bool push_listing(core::SeriesId series);
  bool push_all(core::SeriesId series);

  EventSink& sink_;
  std::vector<State> states_;
  ToldBars told_;
  std::vector<core::SeriesId> pending_;
};

}  // namespace lockstep::feeds
