// A LiveSeries with its venue in the test's hand, and what must hold for all that it publishes.
#pragma once

#include "tests/engine/live_harness.hpp"

namespace lockstep::engine::test {

using core::EventKind;
using core::Reason;

/// A series of 1m bars at price scale 2, with `closed` true bars behind it.
struct Rig {
  explicit Rig(const Anchor& anchor = rolling_anchor(60, 10), std::size_t closed = 120,
               const AtcConfig& config = small_config())
      : settings(make_settings(anchor, config)),
        truth(make_truth(7, 400)),
        next(closed),
        series({0, 0, "binance_spot", "BTCUSDT", *core::Interval::parse("1m")}, settings) {}

  void apply(const core::MarketEvent& event) { series.apply(event, sink); }
  void listed(int price_scale = 2) {
    core::MarketEvent event = make_event(EventKind::listed);
    event.price_scale = static_cast<std::uint8_t>(price_scale);
    apply(event);
  }
  void up() { apply(make_event(EventKind::stream_up)); }
  void down(Reason reason = Reason::disconnected) { apply(make_event(EventKind::stream_down, reason)); }
  void clock(std::int64_t now_ms) {
    core::MarketEvent event = make_event(EventKind::clock);
    event.ts_event_ms = now_ms;
    apply(event);
  }
  std::int64_t end_of(std::size_t bar) const { return truth.at(bar).ts_open_ms + kMinute; }
  void open(std::size_t bar) { apply(bar_event(partial(bar), false, truth.at(bar).ts_open_ms + 30'000)); }
  BarTicks partial(std::size_t bar) const {
    BarTicks half = truth.at(bar);
    half.close = half.open;
    return half;
  }
  void close(std::size_t bar) { apply(bar_event(truth.at(bar), true, end_of(bar))); }
  /// Answers the newest request with the first `closed` true bars.
  void answer(std::size_t closed) { answer(closed, end_of(closed - 1) + 10); }
  void answer(std::size_t closed, std::int64_t now_ms) {
    const std::vector<BarTicks> history(truth.begin(), truth.begin() + static_cast<std::ptrdiff_t>(closed));
    for (const auto& event : answer_to(sink.requests.back(), history, now_ms)) apply(event);
  }
  /// Listed, up, history, LIVE: bar `next` is the open one.
  void go_live() {
    listed();
    up();
    answer(next);
    REQUIRE(series.state() == SeriesState::live);
  }
  std::vector<Signal> closed() const { return sink.of(Signal::Kind::closed_bar); }
  const Signal& last() const { return sink.signals.back(); }

  SeriesSettings settings;
  std::vector<BarTicks> truth;
  std::size_t next;
  RecordingSink sink;
  LiveSeries series;
};

/// What holds for every run: a contiguous sequence, valid only when live, outputs that are the oracle's, and
/// the same bar at the same revision never with two contents.
inline void check_publications(const RecordingSink& sink, Oracle& oracle) {
  std::uint64_t sequence = 0;
  for (const Signal& signal : sink.signals) {
    CAPTURE(signal.sequence, signal.bar.ts_open_ms, to_string(signal.state));
    REQUIRE(signal.sequence == ++sequence);
    REQUIRE(signal.is_valid == (signal.state == SeriesState::live));
    if (signal.kind == Signal::Kind::state) continue;
    const auto index = static_cast<std::size_t>((signal.bar.ts_open_ms - kStart) / kMinute);
    const Outputs expected = signal.is_closed() ? oracle.closed(index) : oracle.peek(index, signal.bar);
    if (signal.is_closed()) REQUIRE(signal.bar == oracle.truth().at(index));
    REQUIRE(first_difference(expected, signal.outputs) == "");
  }
}

/// Bars published as closed, each once, none missing, from the first to `last`.
inline void check_complete(const std::vector<Signal>& closed, std::int64_t last_ms) {
  REQUIRE_FALSE(closed.empty());
  for (std::size_t i = 1; i < closed.size(); ++i) {
    REQUIRE(closed[i].bar.ts_open_ms == closed[i - 1].bar.ts_open_ms + kMinute);
  }
  REQUIRE(closed.back().bar.ts_open_ms == last_ms);
}

inline std::vector<Anchor> all_anchors() {
  return {history_anchor(), time_anchor(kStart + 30 * kMinute), rolling_anchor(60, 10),
          rolling_anchor(40, 1)};
}

/// First true bar that the oracle needs.
inline std::size_t first_of(const Rig& rig) {
  return rig.settings.anchor.kind == Anchor::Kind::history
             ? rig.next - static_cast<std::size_t>(rig.settings.history_bars)
             : 0;
}

}  // namespace lockstep::engine::test
