// When a bar is final, whatever a venue says or does not say about it.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/core/event.hpp"
#include "engine/core/interval.hpp"
#include "feeds/frame.hpp"

namespace lockstep::feeds {

/// One series; pure. Rows go in as they come, at most two bars come out for each: the one that is now final,
/// and the present state of the open one. Where no proof comes, none is given: the engine asks history (fault
/// D6).
///
///   flag and time   the flag counts when the venue's time is past the bar's last millisecond (D5)
///   flag, no time   ... when our estimate of the venue's time is, or a row of a later bar has come
///   no flag         a row of a later bar is the proof
class BarCloser {
 public:
  struct Result {
    std::optional<core::MarketEvent> closed;  ///< to be taken before `open`
    std::optional<core::MarketEvent> open;
    bool is_early =
        false;  ///< refused: it is said to be final before its end, or opens after the venue's time
  };

  /// What an estimate of the venue's time may lag, ms.
  static constexpr std::int64_t kToleranceMs = 2'000;

  explicit BarCloser(const core::Interval& interval) : interval_(interval) {}

  /// `row`: bar, volume, scale and times are set. has_time: ts_event_ms is the venue's own, not an estimate.
  Result take(const core::MarketEvent& row, BarState state, bool has_time);
  /// The stream has a hole here: what was seen proves nothing any more.
  void reset() { last_.reset(); }

 private:
  core::MarketEvent as_closed(core::MarketEvent row, std::int64_t ts_event_ms) const;

  core::Interval interval_;
  std::optional<core::MarketEvent> last_;  ///< newest row
  bool is_last_flagged_ = false;           ///< said to be final, without a proof yet
  bool is_last_unsaid_ = false;            ///< of a venue without the flag
};

}  // namespace lockstep::feeds
