// What time it is at a venue.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lockstep::feeds {

/// The newest event time seen, plus the monotonic time since. Never goes back. Ours is a lower bound of the
/// venue's own clock: an event has always been under way for a while.
class ExchangeClock {
 public:
  void note(std::int64_t ts_event_ms, std::int64_t recv_ns) {
    if (ts_event_ms <= newest_ms_) return;
    newest_ms_ = ts_event_ms;
    newest_recv_ns_ = recv_ns;
    slack_ms_ = 0;
  }
  /// A time that the venue has passed, nobody knows how long ago. Without meaning when more is known: it must
  /// not hold our estimate back.
  void note_passed(std::int64_t ts_ms, std::int64_t recv_ns) {
    if (!is_known() || ts_ms + kPassedMs >= now_ms(recv_ns)) note(ts_ms, recv_ns);
  }
  /// What the venue told when it was asked. It may have told it as soon as it was asked: an answer that took
  /// long says less than what is known already.
  void note_told(std::int64_t ts_ms, std::int64_t sent_ns, std::int64_t recv_ns) {
    const std::int64_t took_ms = (recv_ns - sent_ns) / 1'000'000;
    const std::int64_t ahead_ms = is_known() ? ts_ms - now_ms(recv_ns) : 1;
    if (ahead_ms > 0) {
      note(ts_ms, recv_ns);
      slack_ms_ = took_ms;
    } else {
      slack_ms_ = std::min(slack_ms_, std::max<std::int64_t>(ahead_ms + took_ms, 0));
    }
  }
  bool is_known() const { return newest_ms_ != 0; }
  std::int64_t newest_ms() const { return newest_ms_; }
  std::int64_t newest_recv_ns() const { return newest_recv_ns_; }
  std::int64_t now_ms(std::int64_t monotonic_ns) {
    told_ms_ = std::max(told_ms_, newest_ms_ + (monotonic_ns - newest_recv_ns_) / 1'000'000);
    return told_ms_;
  }

  /// The latest that it can be, as far as that is known: whether a bar is late is decided by it, for nothing
  /// may be shown as valid too long. A bar is closed by now_ms() alone.
  std::int64_t latest_ms(std::int64_t monotonic_ns) { return now_ms(monotonic_ns) + slack_ms_; }

 private:
  /// Not yet "long ago": the estimate may follow, so that our clock's pace does not carry it away.
  static constexpr std::int64_t kPassedMs = 2'000;

  std::int64_t newest_ms_ = 0;
  std::int64_t newest_recv_ns_ = 0;
  std::int64_t told_ms_ = 0;
  std::int64_t slack_ms_ = 0;  // so much later than now_ms() it may be
};

}  // namespace lockstep::feeds
