// Whether a venue's stream went on, for bars that do not say themselves that they are final.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lockstep::feeds {

/// Of one connection to a venue without a closed flag; pure. There a row of a later bar is the proof for the
/// one before, which holds only while nothing is lost: a venue that pushed nothing for a while may have left
/// out the last word about a bar. So a pause of all rows makes what was seen before it prove nothing, and
/// history is asked instead (fault D6).
class RowFlow {
 public:
  /// From one row to the next, of whatever series of the connection, ms of the venue's time. A connection
  /// with few and quiet symbols pauses like that honestly, and has history confirm its bars.
  static constexpr std::int64_t kPauseMs = 20'000;

  /// By the venue's time of a row. True: there was a pause before it.
  bool take(std::int64_t ts_event_ms) {
    const bool is_after_pause = newest_ms_ != 0 && ts_event_ms > newest_ms_ + kPauseMs;
    newest_ms_ = std::max(newest_ms_, ts_event_ms);
    return is_after_pause;
  }

 private:
  std::int64_t newest_ms_ = 0;
};

}  // namespace lockstep::feeds
