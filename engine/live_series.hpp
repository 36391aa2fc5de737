// One series, live: what its events mean for its indicator and for what may be said about it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/catalog.hpp"
#include "engine/signal.hpp"
#include "incremental/anchored_state.hpp"

namespace lockstep::engine {

/// Where a series' results and requests go. Called on the shard's thread.
class SeriesSink {
 public:
  virtual ~SeriesSink() = default;
  /// ts_published_ns is left to the sink: a series knows no clock.
  virtual void publish(const Signal& signal) = 0;
  virtual void request(const core::BackfillRequest& request) = 0;
  /// A closed bar was taken, published or not (history before the first publication is not).
  virtual void committed(core::SeriesId, const BarTicks&, const Outputs&) {}
  /// The same of a whole history, whose end state alone was computed: the first bars that the series took.
  virtual void committed_together(core::SeriesId, std::span<const BarTicks>) {}
  /// All bars taken so far are void; the series begins anew.
  virtual void started_over(core::SeriesId) {}
};

/// What all series of a daemon share.
struct SeriesSettings {
  /// Parameters at a price scale; null when no price of that scale can be held. Thread-safe.
  std::function<std::shared_ptr<const AtcParams>(int price_scale)> params_at;
  Anchor anchor;
  std::int64_t history_bars = 1500;  ///< fetched at a cold start for a history anchor
  std::int64_t late_ms = 10'000;  ///< venue time after a bar's close without its final frame: fetched by REST
};

/// Counters of what was repaired, dropped or refused; each grows only.
struct SeriesCounters {
  std::uint64_t bars = 0;        ///< closed bars committed
  std::uint64_t duplicates = 0;  ///< closed bars that came again with equal content
  std::uint64_t revisions = 0;   ///< closed bars that came again with other content: rebuilt from history
  std::uint64_t gaps = 0;        ///< times that bars were missing and fetched
  std::uint64_t holes = 0;       ///< bars that the venue's own history lacks
  std::uint64_t refused = 0;     ///< records that could not be used
};

/// A pure function of its events: no clock, no threads, no I/O. A closed bar is committed only when it is the
/// one that follows the last; anything else makes the series GAP or STALE, asks for history, and waits. Only
/// LIVE is valid.
class LiveSeries {
 public:
  LiveSeries(const core::Series& series, const SeriesSettings& settings);

  /// Any event of this series, in the order they were taken from the queue.
  void apply(const core::MarketEvent& event, SeriesSink& sink);
  /// The venue's time went on.
  void on_clock(std::int64_t venue_now_ms, SeriesSink& sink);

  // For an owner of many, who computes the histories of several cold starts at once (engine/cold_starts.hpp).

  /// As apply(), but a history that has become complete is left to be computed: until end_history(), nothing
  /// is published and no other event may be given.
  void take(const core::MarketEvent& event, SeriesSink& sink);
  bool awaits_history() const { return awaits_history_; }
  /// Closed bars of a cold start that the indicator has not taken yet, oldest first.
  std::span<const BarTicks> history() const { return history_; }
  /// anchored() has taken the first `bars` of history(); `status` says why not the next one.
  void end_history(std::size_t bars, Status status, SeriesSink& sink);

  /// For work that no result waits for: the next run of a rolling anchor, which a bar's close then has not to
  /// build. Null before the venue listed the series.
  AnchoredState* anchored() { return atc_ ? &*atc_ : nullptr; }
  /// The weight table that belongs to the last publication of a bar.
  void detail(DetailAnswer& answer);

  SeriesState state() const { return state_; }
  core::Reason reason() const { return reason_; }
  const SeriesCounters& counters() const { return counters_; }
  /// Open time of the bar that must come next; nothing before the first.
  std::optional<std::int64_t> expected_ms() const { return expected_ms_; }
  const AnchoredState* indicator() const { return atc_ ? &*atc_ : nullptr; }
  /// Of the last publication.
  std::uint64_t sequence() const { return sequence_; }
  /// Over all closed bars that the indicator has taken; zeros before the first.
  Digest digest() const;
  std::uint32_t revision() const { return revision_; }
  /// The last closed bar's publication; ts_open_ms 0 before the first.
  const Signal& last_closed() const { return last_closed_signal_; }

  /// Goes on with other settings, that differ in nothing that outputs depend on, and with the id that another
  /// catalog gives it.
  void use(const SeriesSettings& settings, core::SeriesId id);

  // For a journal. Given the events in order again, a series does the same again, but for the peeks: open
  // bars and clock ticks that changed nothing else need not be kept.

  /// Grows when an event did more than move the open bar: that event must be kept, whatever it was.
  std::uint64_t transitions() const { return transitions_; }
  /// Before an event is given again: the publications before it that are not given again count, too.
  void set_sequence(std::uint64_t sequence) { sequence_ = sequence; }
  /// After a restart: sequences go on behind all that can have been published before it.
  void skip_sequences() {
    sequence_ = ((sequence_ + kSequencesUnkept / 2) / kSequencesUnkept + 1) * kSequencesUnkept;
  }

  /// Appends everything that this series knows. Bytes are for the same build of lockstep: layout() tells.
  void to_bytes(std::vector<std::byte>& out) const;
  /// Takes it over; false when the bytes are not of this series' settings, or damaged: then it is as before.
  bool from_bytes(std::span<const std::byte> bytes);
  static std::uint64_t layout();

 private:
  void on_listed(const core::MarketEvent& event, SeriesSink& sink);
  void on_down(core::Reason reason, SeriesSink& sink);
  void on_doubted(core::Reason reason, SeriesSink& sink);
  void on_bar(const core::MarketEvent& event, SeriesSink& sink);
  void on_backfill_bar(const core::MarketEvent& event, SeriesSink& sink);
  void on_backfill_done(const core::MarketEvent& event, SeriesSink& sink);

  void commit(const core::MarketEvent& event, bool is_replayed, SeriesSink& sink);
  bool commit_bar(const BarTicks& bar, Outputs& outputs, SeriesSink& sink);
  bool commit_unpublished(const BarTicks& bar, SeriesSink& sink);
  bool can_wait() const;
  bool commit_history(SeriesSink& sink);
  void peek(const core::MarketEvent& event, SeriesSink& sink);
  void compare_again(const core::MarketEvent& event, SeriesSink& sink);
  void hold(const core::MarketEvent& event);
  bool apply_held(SeriesSink& sink);
  bool is_late(std::int64_t venue_now_ms) const;
  void start_over(core::Reason reason, std::int64_t wrong_from_ms, SeriesSink& sink);
  void load(SeriesState state, core::Reason reason, SeriesSink& sink);
  void ask_from_anchor(core::BackfillRequest& request) const;
  void settle(SeriesSink& sink);
  void halt(Status status, SeriesSink& sink);
  void set_state(SeriesState state, core::Reason reason, SeriesSink& sink);
  /// last_closed_signal_ or last_open_, which has the bar's outputs already.
  void publish_bar(const core::MarketEvent& event, Signal::Kind kind, bool is_replayed, SeriesSink& sink);
  /// Fills in what holds now: state, validity, sequence.
  void publish(Signal& signal, SeriesSink& sink);
  /// The last publication of a bar.
  const Signal& last() const {
    return last_open_.sequence > last_closed_signal_.sequence ? last_open_ : last_closed_signal_;
  }
  BarTicks* find_published(std::int64_t ts_open_ms);
  void note_published(const BarTicks& bar);
  bool is_stopped() const {
    return state_ == SeriesState::rejected || state_ == SeriesState::halted || state_ == SeriesState::retired;
  }
  bool is_ready() const { return is_up_ && !is_loading_ && !is_stopped() && atc_.has_value(); }

  /// An event is kept at least every so many publications, so that their numbers are known to that.
  static constexpr std::uint64_t kSequencesUnkept = 1 << 16;
  /// Closed bars remembered to tell a repetition from a revision.
  static constexpr std::size_t kRecentBars = 64;
  /// Live closed bars kept while history is being fetched; older ones come by history too.
  static constexpr std::size_t kHeldBarsMax = 256;
  /// Bars of a cold start that are kept to be computed together; a longer history is committed bar by bar.
  static constexpr std::size_t kHistoryMax = 4096;

  core::SeriesId id_;
  core::Interval interval_;
  const SeriesSettings* settings_;

  std::optional<AnchoredState> atc_;  // from `listed` on
  int price_scale_ = 0;
  SeriesState state_ = SeriesState::warming;
  core::Reason reason_ = core::Reason::starting;
  bool is_up_ = false;       // the stream delivers
  bool is_loading_ = false;  // a request for history is open
  bool is_cold_ = true;      // nothing has been published since the state was (re)built
  std::uint32_t request_id_ = 0;
  int attempts_ = 0;                            // requests in a row that did not reach the live bars
  std::int64_t retry_at_ms_ = INT64_MAX;        // venue time of the next request after such a one
  std::optional<std::int64_t> expected_ms_;     // open time of the bar that must come next
  std::deque<core::MarketEvent> held_;          // live closed bars beyond the expected one, in stream order
  std::optional<core::MarketEvent> open_;       // the newest state of the open bar
  std::array<BarTicks, kRecentBars> recent_{};  // the last closed bars, by recent_count_ modulo their number
  std::size_t recent_count_ = 0;
  std::vector<BarTicks> history_;  // of a cold start, not taken by the indicator yet
  bool awaits_history_ = false;    // it is complete, and settle() waits for it
  std::array<BarTicks, kRecentBars>
      published_{};  // the last bars published as closed, as they were published last
  std::size_t published_count_ = 0;
  std::optional<core::MarketEvent> last_closed_;
  Signal last_open_{};                           // the last publication of an open bar
  Signal last_closed_signal_{};                  // the last publication of a closed bar
  std::int64_t first_ms_ = INT64_MIN;            // the first bar ever taken: where a history anchor stays
  std::int64_t first_published_ms_ = INT64_MAX;  // oldest closed bar that was ever published
  std::int64_t published_to_ms_ = INT64_MIN;     // newest closed bar that was ever published
  std::int64_t republish_from_ms_ = INT64_MAX;   // while rebuilding: bars from here on are published
  std::uint64_t sequence_ = 0;
  std::uint32_t revision_ = 0;  // rebuilds: bars published before one carry it
  std::uint64_t transitions_ = 0;
  SeriesCounters counters_;
  // The digest asked for last, and what it was made of: its mixing takes as long as a quarter of a commit,
  // and each closed bar asks twice, each open one once more for the digest of the bar before.
  mutable RunningDigest digested_{};
  mutable Digest digest_{};
};

}  // namespace lockstep::engine
