// A series under seeded chaos: whatever is dropped, doubled, reordered or cut, what it says is the oracle's,
// and once the venue is healthy again it is live and has left no bar out.
#include <deque>
#include <optional>

#include "tests/engine/live_harness.hpp"

namespace lockstep::engine::test {
namespace {

using core::EventKind;
using core::MarketEvent;
using core::Reason;

constexpr std::int64_t kStep = 5'000;
constexpr std::size_t kBefore = 120, kChaosEnd = 320, kBars = 370;

/// A venue in a bad way: a stream and a history of the same true bars, both late, lossy and out of order.
class ChaoticVenue {
 public:
  ChaoticVenue(std::uint64_t seed, LiveSeries& series, RecordingSink& sink, bool revises)
      : rng_(seed), truth_(make_truth(seed, kBars)), series_(series), sink_(sink), revises_(revises) {}

  void run() {
    MarketEvent listed = make_event(EventKind::listed);
    listed.price_scale = 2;
    series_.apply(listed, sink_);
    const std::int64_t end_ms = truth_.back().ts_open_ms + kMinute;
    for (now_ms_ = truth_[kBefore].ts_open_ms; now_ms_ <= end_ms + 2 * kStep; now_ms_ += kStep) step();
  }
  const std::vector<BarTicks>& truth() const { return truth_; }

 private:
  bool chaos(int percent) { return now_ms_ < truth_[kChaosEnd].ts_open_ms && rng_.chance(percent); }
  /// Index of the bar that is open now.
  std::size_t open_index() const { return static_cast<std::size_t>((now_ms_ - kStart) / kMinute); }

  void step() {
    connect_or_cut();
    make_frames();
    deliver_frames();
    revise();
    answer();
    series_.on_clock(now_ms_, sink_);
    if (chaos(1)) series_.apply(make_event(EventKind::refused, Reason::record_unusable), sink_);
  }

  void connect_or_cut() {
    if (!is_up_ && !chaos(70)) {
      is_up_ = true;
      series_.apply(make_event(EventKind::stream_up), sink_);
    } else if (is_up_ && chaos(1)) {
      is_up_ = false;
      frames_.clear();
      series_.apply(make_event(EventKind::stream_down, Reason::disconnected), sink_);
      if (rng_.chance(30)) series_.apply(make_event(EventKind::stream_down, Reason::silent), sink_);
    }
  }

  void make_frames() {
    if (!is_up_) return;
    const std::size_t open = open_index();
    if (now_ms_ % kMinute == 0) push(bar_event(truth_[open - 1], true, now_ms_));
    if (open >= kBars) return;
    BarTicks half = truth_[open];
    half.close = rng_.between(half.low, half.high);
    push(bar_event(half, false, now_ms_ + 1));
  }

  void push(const MarketEvent& frame) {
    if (chaos(4)) return;
    frames_.push_back(frame);
    if (chaos(4)) frames_.push_back(frame);
    if (frames_.size() > 1 && chaos(4)) std::swap(frames_[frames_.size() - 1], frames_[frames_.size() - 2]);
  }

  void deliver_frames() {
    if (chaos(20)) return;
    for (; !frames_.empty(); frames_.pop_front()) series_.apply(frames_.front(), sink_);
  }

  /// A bar of the last few changes in history, and the stream says so.
  void revise() {
    if (!revises_ || !is_up_ || !chaos(2)) return;
    BarTicks& bar = truth_[open_index() - static_cast<std::size_t>(rng_.between(1, 20))];
    bar.close = rng_.between(bar.low, bar.high);
    for (; !frames_.empty(); frames_.pop_front()) series_.apply(frames_.front(), sink_);
    series_.apply(bar_event(bar, true, now_ms_), sink_);
  }

  /// Takes a new request, which cancels the one before, and gives some of what is under way.
  void answer() {
    if (asked_ != sink_.requests.size()) {
      asked_ = sink_.requests.size();
      const std::size_t lag = chaos(50) ? static_cast<std::size_t>(rng_.between(1, 3)) : 0;
      const std::vector<BarTicks> known(truth_.begin(),
                                        truth_.begin() + static_cast<std::ptrdiff_t>(open_index() - lag));
      const auto events = answer_to(sink_.requests.back(), known, now_ms_);
      answers_.assign(events.begin(), events.end());
    }
    if (chaos(40)) return;
    for (std::int64_t left = chaos(50) ? rng_.between(1, 60) : INT64_MAX; left > 0 && !answers_.empty();
         --left) {
      series_.apply(answers_.front(), sink_);
      answers_.pop_front();
    }
  }

  Rng rng_;
  std::vector<BarTicks> truth_;
  LiveSeries& series_;
  RecordingSink& sink_;
  bool revises_;
  std::int64_t now_ms_ = 0;
  bool is_up_ = false;
  std::deque<MarketEvent> frames_;
  std::deque<MarketEvent> answers_;
  std::size_t asked_ = 0;
};

std::size_t index_of(const Signal& signal) {
  return static_cast<std::size_t>((signal.bar.ts_open_ms - kStart) / kMinute);
}

/// What holds with and without revisions.
void check_always(const RecordingSink& sink) {
  std::uint64_t sequence = 0;
  std::map<std::pair<std::int64_t, std::uint32_t>, Signal> closed;
  for (const Signal& signal : sink.signals) {
    REQUIRE(signal.sequence == ++sequence);
    REQUIRE(signal.is_valid == (signal.state == SeriesState::live));
    if (!signal.is_closed()) continue;
    CAPTURE(index_of(signal), signal.revision);
    REQUIRE(closed.emplace(std::pair(signal.bar.ts_open_ms, signal.revision), signal).second);
  }
}

/// Index of the first true bar behind a run: for a history anchor the one that the run says.
std::size_t first_bar(const Anchor& anchor, const std::vector<Signal>& closed) {
  if (anchor.kind != Anchor::Kind::history) return 0;
  for (const Signal& signal : closed) REQUIRE(signal.ts_anchor_ms == closed.front().ts_anchor_ms);
  return static_cast<std::size_t>((closed.front().ts_anchor_ms - kStart) / kMinute);
}

Anchor anchor_of(std::uint64_t seed) {
  switch (seed % 4) {
    case 0:
      return history_anchor();
    case 1:
      return time_anchor(kStart + 30 * kMinute);
    case 2:
      return rolling_anchor(60, 10);
    default:
      return rolling_anchor(40, 1);
  }
}

struct Run {
  explicit Run(std::uint64_t seed, bool revises)
      : settings(make_settings(anchor_of(seed))),
        series({0, 0, "binance_spot", "BTCUSDT", *core::Interval::parse("1m")}, settings),
        venue(seed, series, sink, revises) {
    venue.run();
  }
  SeriesSettings settings;
  RecordingSink sink;
  LiveSeries series;
  ChaoticVenue venue;
};

}  // namespace

TEST_CASE("D1: chaos leaves no wrong, missing or doubled bar",
          "[engine][live_series][fault][D1][D2][D3][N11][R5]") {
  std::uint64_t gaps = 0, duplicates = 0;
  for (int draw = 0; draw < lockstep::test::draws(200); ++draw) {
    CAPTURE(draw);
    Run run(static_cast<std::uint64_t>(draw), false);
    check_always(run.sink);
    REQUIRE(run.series.state() == SeriesState::live);
    REQUIRE(run.series.counters().revisions == 0);
    REQUIRE(run.series.counters().holes == 0);
    gaps += run.series.counters().gaps;
    duplicates += run.series.counters().duplicates;
    const std::vector<Signal> closed = run.sink.of(Signal::Kind::closed_bar);
    Oracle oracle(run.settings, kMinute, run.venue.truth(), first_bar(run.settings.anchor, closed));
    for (std::size_t i = 0; i < closed.size(); ++i) {
      CAPTURE(i, index_of(closed[i]));
      REQUIRE(index_of(closed[i]) == index_of(closed.front()) + i);
      REQUIRE(closed[i].bar == run.venue.truth()[index_of(closed[i])]);
      REQUIRE(closed[i].revision == 0);
      REQUIRE(first_difference(oracle.closed(index_of(closed[i])), closed[i].outputs) == "");
    }
    REQUIRE(index_of(closed.back()) == kBars - 1);
    for (const Signal& signal : run.sink.of(Signal::Kind::open_bar)) {
      REQUIRE(first_difference(oracle.peek(index_of(signal), signal.bar), signal.outputs) == "");
    }
  }
  CHECK(gaps > 100);
  CHECK(duplicates > 100);
}

TEST_CASE("D4: chaos with revised bars ends with what the final bars give",
          "[engine][live_series][fault][D4]") {
  std::uint64_t revisions = 0;
  for (int draw = 0; draw < lockstep::test::draws(200); ++draw) {
    CAPTURE(draw);
    Run run(static_cast<std::uint64_t>(draw), true);
    check_always(run.sink);
    REQUIRE(run.series.state() == SeriesState::live);
    revisions += run.series.counters().revisions;
    const std::vector<Signal> closed = run.sink.of(Signal::Kind::closed_bar);
    Oracle oracle(run.settings, kMinute, run.venue.truth(), first_bar(run.settings.anchor, closed));
    std::map<std::size_t, Signal> newest;
    for (const Signal& signal : closed) {
      const auto found = newest.find(index_of(signal));
      if (found != newest.end()) REQUIRE(signal.revision > found->second.revision);
      newest[index_of(signal)] = signal;
    }
    std::optional<std::size_t> expected;
    for (const auto& [index, signal] : newest) {
      CAPTURE(index, signal.revision);
      REQUIRE(index == expected.value_or(index));
      expected = index + 1;
      REQUIRE(signal.bar == run.venue.truth()[index]);
      REQUIRE(first_difference(oracle.closed(index), signal.outputs) == "");
    }
    REQUIRE(expected == kBars);
  }
  CHECK(revisions > 100);
}

}  // namespace lockstep::engine::test
