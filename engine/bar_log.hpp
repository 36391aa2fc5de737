// The closed bars of a series, kept in memory for whoever wants to look back: charts, history pages.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "incremental/anchored_state.hpp"

namespace lockstep::engine {

/// Bars in the order they were committed, and what a recompute over them has to start with.
struct BarRun {
  std::vector<BarTicks> bars;  ///< oldest first
  int price_scale = 0;
  /// The state before bars[0]; nothing: an empty one.
  std::shared_ptr<const AnchoredState> base;
  /// bars[0] is the first bar that base, or an empty state, has taken after it: outputs are exact from there
  /// on. Else older bars are missing, and outputs are exact once a rolling anchor has moved past the gap.
  bool is_exact = true;
  /// The bars go on from a state that another start of the daemon left.
  bool is_continued = false;
};

/// One writer, the shard's thread, that never waits for readers: bars lie in chunks whose fill is an atomic
/// counter; a mutex guards the list of chunks alone, and the writer takes it once in kChunkBars bars.
class BarLog {
 public:
  static constexpr std::size_t kChunkBars = 256;

  /// Keeps at least the last `bars_max` bars, and less than two chunks and the history of a cold start more.
  /// 0: none. Logs of another `phase` begin their chunks at other bars: thousands that close in the same
  /// millisecond do not all allocate then.
  explicit BarLog(std::size_t bars_max, std::size_t phase = 0)
      : bars_max_(bars_max), first_chunk_bars_(kChunkBars - phase % kChunkBars) {}

  /// A closed bar that `state` has just taken. Writer only.
  void append(const BarTicks& bar, const AnchoredState& state);
  /// The first bars of a series, whose last `state` has just taken; what it was in between is not known.
  /// Writer only.
  void append_history(std::span<const BarTicks> bars, const AnchoredState& state);
  /// All bars so far are void. Writer only.
  void clear();
  /// Before the first bar: the series goes on from this state, of another start.
  void go_on(const AnchoredState& state);

  /// Any thread.
  BarRun read() const;

 private:
  struct Chunk {
    std::array<BarTicks, kChunkBars> bars;
    std::atomic<std::size_t> count{0};
    std::size_t capacity = kChunkBars;
    int price_scale = 0;
    std::shared_ptr<const AnchoredState> after_first;  // of anchors that older bars cannot replace
  };
  bool needs_chunk() const;
  void begin_chunk(std::shared_ptr<const AnchoredState> after_first, int price_scale);
  void drop_old();
  void add(const BarTicks& bar);

  const std::size_t bars_max_;
  const std::size_t first_chunk_bars_;
  Chunk* last_ = nullptr;    // writer only
  bool is_rolling_ = false;  // writer only: of the anchor
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Chunk>> chunks_;
  std::shared_ptr<const AnchoredState> base_;
  bool is_continued_ = false;
  bool is_cut_ = false;  // older bars were dropped, or were never here
};

}  // namespace lockstep::engine
