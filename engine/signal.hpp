// What the engine publishes: one record per bar and per change of state of a series.
#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/core/event.hpp"
#include "engine/core/event_queue.hpp"
#include "incremental/digest.hpp"
#include "incremental/outputs.hpp"

namespace lockstep::engine {

/// State of a series. Only live gives valid signals.
enum class SeriesState : std::uint8_t { warming, live, stale, gap, halted, rejected, retired };
const char* to_string(SeriesState state);

/// One publication. `kind` closed_bar and open_bar carry a bar and its outputs; state says only that state,
/// reason or validity changed (bar and outputs are those published last, if there were any).
struct Signal {
  enum class Kind : std::uint8_t { closed_bar, open_bar, state };

  Kind kind = Kind::state;
  SeriesState state = SeriesState::warming;
  core::Reason reason = core::Reason::starting;
  bool is_valid = false;     ///< state is live, and the result may be acted on
  bool is_replayed = false;  ///< from history, not from the stream
  std::uint8_t price_scale = 0;
  core::SeriesId series = 0;
  std::uint32_t revision = 0;  ///< 0, then +1 for each corrected publication of the same bar
  std::uint64_t sequence = 0;  ///< of this series, contiguous from 1 since the daemon started
  BarTicks bar{};              ///< ts_open_ms 0 when there was no bar yet
  double volume = 0;
  std::int64_t ts_event_ms = 0;      ///< venue's event time
  std::int64_t ts_recv_ns = 0;       ///< monotonic: frame left the socket (0 for history)
  std::int64_t ts_published_ns = 0;  ///< monotonic: this record was made
  std::int64_t ts_anchor_ms = 0;     ///< open time of bar 0 of the run behind the outputs
  std::int64_t bars = 0;             ///< closed bars since that anchor
  Digest digest{};                   ///< over closed bars, after this one if closed
  std::uint64_t journal_ticket = 0;  ///< of the shard: goes out once the journal has come so far; 0: at once
  Outputs outputs{};

  bool is_closed() const { return kind == Kind::closed_bar; }
};
static_assert(std::is_trivially_copyable_v<Signal>);

/// Answer to a DetailRequest: the weight table of a series.
struct DetailAnswer {
  std::uint64_t request_id = 0;
  bool is_known = false;  ///< false: the series has no bar yet
  Signal signal{};        ///< the publication the table belongs to
  Detail detail{};
};
static_assert(std::is_trivially_copyable_v<DetailAnswer>);

struct DetailRequest {
  core::SeriesId series = 0;
  std::uint64_t request_id = 0;
};

using SignalQueue = core::BoundedQueue<Signal>;
using DetailAnswerQueue = core::BoundedQueue<DetailAnswer>;

}  // namespace lockstep::engine
