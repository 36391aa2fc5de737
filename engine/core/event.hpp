// What flows from the feeds to the engine: one fixed record, past which nobody sees JSON.
#pragma once

#include <cstdint>
#include <type_traits>

#include "incremental/bar.hpp"

namespace lockstep::core {

/// Dense index of a (venue, symbol, interval), given by the series catalog at start.
using SeriesId = std::uint32_t;

enum class EventKind : std::uint8_t {
  listed,  ///< the venue has the symbol; price_scale is set. First event of a series; again on a scale change
  rejected,       ///< the venue does not have it, or not this interval: reason
  stream_up,      ///< subscribed and acknowledged on a new connection: bars follow
  stream_down,    ///< the connection is gone, or lost something for this series: reason
  bar,            ///< a bar of the stream, open or closed
  backfill_bar,   ///< a closed bar from history; answers request_id, oldest first
  backfill_done,  ///< history is complete up to ts_event_ms; answers request_id
  refused,        ///< a record of this series was not usable (reason): what it held is unknown
  clock,          ///< exchange time of the venue is ts_event_ms; series is unused, venue is set
  audit_failed,   ///< the self-audit found the series' state or outputs wrong, from ts_event_ms on
  doubted,        ///< nothing may be believed before the venue has said it again: reason
};

/// Why a series is not live, or what was wrong. Shown to users; texts in to_string().
enum class Reason : std::uint8_t {
  none,
  starting,         ///< nothing from the venue yet
  history_loading,  ///< cold start: history is being fetched
  not_enough_bars,  ///< fewer bars than warm-up needs
  disconnected,     ///< connection lost
  silent,           ///< connected, but no data within the deadline
  bar_missing,      ///< a bar was skipped; it is being fetched
  bar_late,         ///< a bar should have closed by now; it is being fetched
  events_lost,      ///< the queue was full
  bar_revised,      ///< a closed bar came again with other content; the state is being rebuilt
  record_unusable,  ///< the venue sent a record that could not be used
  price_refused,    ///< a price is not positive, out of range, or the bar is inconsistent
  off_grid,         ///< a bar does not open on the interval's grid
  scale_changed,    ///< a price has more decimals than the price scale; rebuilt at the new one
  growth_not_finite,
  equity_not_finite,
  symbol_unknown,      ///< the venue does not list the symbol
  symbol_not_trading,  ///< the venue lists it, but it does not trade
  interval_unknown,    ///< the venue has no such interval
  venue_unreachable,
  journal_unavailable,  ///< the disk is full or does not answer: nothing may be published
  stopping,
  audit_difference,  ///< the self-audit came to other bits; the state is being rebuilt from history
  suspended,         ///< the machine slept, or its clock was set: nothing is known of the time between
  engine_stuck,      ///< a thread of the daemon does not move
  removed,           ///< somebody has told the daemon to let it go
  behind,            ///< events have waited for longer than engine.lag_ms_max
  trades_differ,     ///< a closed bar is not the one that the venue's trades make: history is asked
};
inline constexpr Reason kLastReason = Reason::trades_differ;
const char* to_string(Reason reason);

/// One record of the queue, 80 bytes. Times are UTC. Which fields are set depends on kind; the rest are zero.
struct MarketEvent {
  EventKind kind{};
  Reason reason{};
  std::uint8_t is_closed = 0;    ///< bar: final
  std::uint8_t price_scale = 0;  ///< listed, bar, backfill_bar: decimals of the ticks
  SeriesId series = 0;
  std::uint32_t venue = 0;       ///< clock: index of the venue in the catalog
  std::uint32_t request_id = 0;  ///< backfill_*: the request they answer
  BarTicks bar{};                ///< bar, backfill_bar
  double volume = 0;             ///< base volume, for display only
  std::int64_t ts_event_ms = 0;  ///< venue's event time, ms
  std::int64_t ts_recv_ns = 0;   ///< our monotonic clock when the frame left the socket, ns
};
static_assert(sizeof(MarketEvent) == 80 && std::is_trivially_copyable_v<MarketEvent>);

/// What the engine asks of a feed; it travels as an event of its own, nothing calls back.
struct BackfillRequest {
  SeriesId series = 0;
  std::uint32_t request_id = 0;  ///< answers carry it; a newer request of a series cancels the one before
  std::int64_t from_ms = 0;      ///< first open time wanted; INT64_MIN: the last `bars_max` closed bars
  std::int64_t bars_max = 0;     ///< how many at most, 0: no limit
  /// So many closed bars that open before `before_ms` are wanted, if the venue has them: where its history
  /// has holes they lie further back than from_ms. 0: no such wish.
  std::int64_t bars_before = 0;
  std::int64_t before_ms = INT64_MAX;  ///< INT64_MAX: the bar that is open now
};

}  // namespace lockstep::core
