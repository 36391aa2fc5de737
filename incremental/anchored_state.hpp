// A state together with the rule that says where its bar 0 lies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "incremental/state.hpp"

namespace lockstep {

/// Where bar 0 of a state lies (spec.md section 8). Part of the definition: growth counts from it.
struct Anchor {
  enum class Kind : std::uint8_t {
    history,  ///< the first bar given
    time,     ///< the first bar that opens at or after time_ms; earlier ones are not used
    rolling,  ///< re-anchored `bars` bars back at the first closed bar of each new grid cell of `step`
              ///< intervals
  };
  Kind kind = Kind::history;
  std::int64_t time_ms = 0;
  std::int64_t bars = 0;  ///< N of rolling:N/S, >= 1
  std::int64_t step = 0;  ///< S of rolling:N/S, >= 1

  friend bool operator==(const Anchor&, const Anchor&) = default;
};

/// Interval value that stands for calendar months (UTC).
inline constexpr std::int64_t kCalendarMonth = 0;

/// The grid cell of a bar: floor(open time / (step * interval)); months count calendar months since 1970.
std::int64_t grid_index(std::int64_t ts_open_ms, std::int64_t interval_ms, std::int64_t step);

/// An AtcState that keeps its anchor rule. Same verbs, same promises: peek(x) equals commit(x) to the bit,
/// also when x is the bar that re-anchors. For rolling anchors it holds the last N bars, and prepares the
/// next run a few bars at a time while the present one is live, so that a re-anchoring costs no more than any
/// other bar. That share of work is done by prepare() where the owner has a moment for it, else by the next
/// commit; it never changes a result.
class AnchoredState {
 public:
  AnchoredState(std::shared_ptr<const AtcParams> params, const Anchor& anchor, std::int64_t interval_ms);

  /// As AtcState::commit. Bars before a time anchor are not looked at: ok, and undefined outputs.
  Status commit(const BarTicks& bar, Outputs& out);
  /// As AtcState::peek. Not const: it may build the run that `bar` re-anchors to, once.
  Status peek(const BarTicks& bar, Outputs& out);
  Status peek(const BarTicks& bar, Outputs& out, Detail& detail);

  /// Does the last commit's share of the next run, if that is still to be done.
  void prepare();

  // For an owner of many, who builds their next runs together and faster than bar by bar
  // (kernels/rolling_runs.hpp).

  /// Bars of the next run that prepare() would take now: the last commit's share; 0: nothing is to be done.
  std::int64_t postponed_bars() const;
  /// The bar that follows the last one without a gap re-anchors.
  bool is_before_new_run() const;
  /// Leaves the last commit's share to later ones.
  void postpone() { is_prepared_ = true; }
  /// Gives the bars of the next run that there are already, oldest first; none when it is not in sight or
  /// nothing is to be done. Else `state` must become what committing them to a fresh one gives, before any
  /// other call but end_next_run().
  void begin_next_run(std::vector<BarTicks>& bars, AtcState*& state);
  /// It has taken the first `bars` of them.
  void end_next_run(std::int64_t bars) {
    next_done_ = next_first_ + bars;
    is_prepared_ = true;
  }

  // For an owner who computes a whole history at once, faster than bar by bar (engine/cold_starts.hpp).

  /// Null when only bar by bar will do: with a rolling anchor, or after a bar. Else the state that `bars`,
  /// once those before a time anchor have been taken off its front, must be committed to before any other
  /// call but end_history().
  AtcState* begin_history(std::span<const BarTicks>& bars);
  /// It has taken these: the bars that begin_history() left, or the first of them.
  void end_history(std::span<const BarTicks> taken);

  const AtcState& state() const { return current_; }
  const Anchor& anchor() const { return anchor_; }
  /// Open time of bar 0 of the present run, ms; the lowest int64 before the first bar.
  std::int64_t ts_anchor_ms() const { return ts_anchor_ms_; }
  /// Closed bars taken since construction or reset, across re-anchorings; none before a time anchor.
  std::int64_t bars_total() const { return bars_total_; }
  void reset();

  /// Appends the state as bytes: anchor, run, and the bars held. They carry no checksum but the run's own.
  void to_bytes(std::vector<std::byte>& out) const;
  /// Takes a state over, bytes of to_bytes() and no more. On any status but ok the state is as before.
  BytesStatus from_bytes(std::span<const std::byte> bytes);

  /// Closed bars to give before live ones so that the result does not depend on where history starts (0: all
  /// there are).
  static std::int64_t history_bars(const Anchor& anchor);

 private:
  bool is_before_anchor(const BarTicks& bar) const;
  bool starts_new_run(std::int64_t ts_open_ms) const;
  template <class... DetailSink>
  Status peek_run(const BarTicks& bar, Outputs& out, DetailSink&... detail);
  Status commit_to_next(const BarTicks& bar, Outputs& out);
  /// What the last commit left to be done.
  struct Share {
    std::int64_t first = 0;  ///< index of the next run's bar 0
    std::int64_t bars = 0;   ///< to take now; 0: nothing
  };
  Share share() const;
  /// Bars still to come before the one that re-anchors, if none is missing.
  std::int64_t bars_to_come() const;
  /// Makes next_ the run that starts at the bar with index `first`, with nothing taken yet, unless it is that
  /// run.
  void begin_next(std::int64_t first);
  /// Lets next_ take up to `steps` more of the bars held.
  Status advance_next(std::int64_t steps);
  /// Makes next_ the fresh run over the last N bars, all taken.
  Status build_next();
  const BarTicks& held(std::int64_t index) const {
    return ring_[static_cast<std::size_t>(index % anchor_.bars)];
  }

  Anchor anchor_;
  std::int64_t interval_ms_;
  AtcState current_;
  AtcState next_;                 // the run that the next bar would start, or part of it
  std::int64_t next_first_ = -1;  // index of its bar 0 among all bars, -1: not begun
  std::int64_t next_done_ = 0;    // index after the last bar it has taken
  std::vector<BarTicks> ring_;    // the last N bars, by index modulo N
  std::int64_t bars_total_ = 0;
  bool is_prepared_ = true;
  std::int64_t ts_anchor_ms_ = INT64_MIN;
};

}  // namespace lockstep
