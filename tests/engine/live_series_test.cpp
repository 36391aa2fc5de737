// One series through everything that a venue does to it. The oracle is the indicator over the true closed
// bars.
#include "engine/live_series.hpp"

#include <set>

#include "tests/engine/live_harness.hpp"

namespace lockstep::engine::test {
namespace {

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
void check_publications(const RecordingSink& sink, Oracle& oracle) {
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
void check_complete(const std::vector<Signal>& closed, std::int64_t last_ms) {
  REQUIRE_FALSE(closed.empty());
  for (std::size_t i = 1; i < closed.size(); ++i) {
    REQUIRE(closed[i].bar.ts_open_ms == closed[i - 1].bar.ts_open_ms + kMinute);
  }
  REQUIRE(closed.back().bar.ts_open_ms == last_ms);
}

std::vector<Anchor> all_anchors() {
  return {history_anchor(), time_anchor(kStart + 30 * kMinute), rolling_anchor(60, 10),
          rolling_anchor(40, 1)};
}

/// First true bar that the oracle needs.
std::size_t first_of(const Rig& rig) {
  return rig.settings.anchor.kind == Anchor::Kind::history
             ? rig.next - static_cast<std::size_t>(rig.settings.history_bars)
             : 0;
}

}  // namespace

TEST_CASE("a cold start publishes one closed bar and is live, for every anchor", "[engine][live_series]") {
  for (const Anchor& anchor : all_anchors()) {
    Rig rig(anchor);
    CHECK(rig.series.state() == SeriesState::warming);
    rig.listed();
    CHECK(rig.last().reason == Reason::starting);
    CHECK(rig.sink.requests.empty());
    rig.up();
    REQUIRE(rig.sink.requests.size() == 1);
    CHECK(rig.last().reason == Reason::history_loading);
    rig.open(120);
    CHECK(rig.closed().empty());
    rig.answer(120);
    REQUIRE(rig.closed().size() == 1);
    CHECK(rig.closed()[0].is_valid);
    CHECK(rig.closed()[0].is_replayed);
    CHECK(rig.closed()[0].bar == rig.truth[119]);
    CHECK(rig.last().kind == Signal::Kind::open_bar);  // the frame that came meanwhile
    CHECK(rig.last().is_valid);
    CHECK(rig.series.expected_ms() == rig.truth[120].ts_open_ms);
    for (std::size_t i = 120; i < 200; ++i) {
      rig.open(i);
      rig.apply(bar_event(rig.truth[i], false, rig.end_of(i) - 1));
      const Signal peeked = rig.last();
      CHECK(peeked.kind == Signal::Kind::open_bar);
      rig.close(i);
      CHECK(rig.last().is_valid);
      CHECK_FALSE(rig.last().is_replayed);
      REQUIRE(first_difference(peeked.outputs, rig.last().outputs) == "");
    }
    Oracle oracle(rig.settings, kMinute, rig.truth, first_of(rig));
    check_publications(rig.sink, oracle);
    check_complete(rig.closed(), rig.truth[199].ts_open_ms);
  }
}

TEST_CASE("a series with too little history is warming until it has enough", "[engine][live_series]") {
  Rig rig(history_anchor(), 5);
  rig.listed();
  rig.up();
  rig.answer(5);
  CHECK(rig.series.reason() == Reason::not_enough_bars);
  std::size_t i = 5;
  for (; rig.series.state() == SeriesState::warming && i < 100; ++i) {
    rig.open(i);
    CHECK_FALSE(rig.last().is_valid);
    rig.close(i);
  }
  REQUIRE(rig.series.state() == SeriesState::live);
  CHECK(i == static_cast<std::size_t>(rig.settings.params_at(2)->warmup_bars()));
  CHECK(rig.last().is_valid);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
}

TEST_CASE("a series without any closed bar misses none of the first ones", "[engine][live_series]") {
  Rig rig(time_anchor(kStart), 0);
  rig.listed();
  rig.up();
  for (const auto& event : answer_to(rig.sink.requests.back(), {}, kStart + 20'000)) rig.apply(event);
  CHECK(rig.series.expected_ms() == kStart);
  rig.open(1);  // the closing frame of bar 0 was lost
  CHECK(rig.series.state() == SeriesState::gap);
  rig.answer(1);
  rig.close(1);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(rig.closed(), rig.truth[1].ts_open_ms);
}

TEST_CASE("D2: a closed bar that comes again is dropped and counted", "[engine][live_series][fault][D2]") {
  Rig rig;
  rig.go_live();
  rig.close(120);
  const std::size_t published = rig.sink.signals.size();
  rig.close(120);
  rig.close(100);
  CHECK(rig.sink.signals.size() == published);
  CHECK(rig.series.counters().duplicates == 2 + rig.series.counters().revisions);
  CHECK(rig.series.state() == SeriesState::live);
}

TEST_CASE("D3: an open frame older than the one before it is not published",
          "[engine][live_series][fault][D3]") {
  Rig rig;
  rig.go_live();
  rig.apply(bar_event(rig.truth[120], false, rig.end_of(120) - 1));
  const std::size_t published = rig.sink.signals.size();
  rig.open(120);
  CHECK(rig.sink.signals.size() == published);
}

TEST_CASE("D4: a closed bar that changes is rebuilt and published again with revision + 1",
          "[engine][live_series][fault][D4]") {
  for (const Anchor& anchor : all_anchors()) {
    Rig rig(anchor);
    rig.go_live();
    for (std::size_t i = 120; i < 126; ++i) rig.close(i);
    rig.truth[123].close += 5;
    rig.truth[123].high += 9;
    rig.close(123);
    CHECK(rig.series.counters().revisions == 1);
    CHECK(rig.series.reason() == Reason::bar_revised);
    CHECK_FALSE(rig.last().is_valid);
    rig.close(126);  // held meanwhile
    rig.answer(126);
    REQUIRE(rig.series.state() == SeriesState::live);
    rig.close(127);
    std::map<std::int64_t, std::vector<Signal>> of_bar;
    for (const Signal& signal : rig.closed()) of_bar[signal.bar.ts_open_ms].push_back(signal);
    CHECK(of_bar.size() == 9);  // 119 to 127
    Oracle oracle(rig.settings, kMinute, rig.truth, first_of(rig));
    for (std::size_t i = 119; i < 128; ++i) {
      CAPTURE(i);
      const auto& all = of_bar[rig.truth[i].ts_open_ms];
      const bool is_corrected = i >= 123 && i < 126;
      REQUIRE(all.size() == (is_corrected ? 2 : 1));
      CHECK(all.back().revision == (is_corrected ? 1 : 0));
      REQUIRE(all.back().bar == rig.truth[i]);
      REQUIRE(first_difference(oracle.closed(i), all.back().outputs) == "");
    }
  }
}

TEST_CASE("D1: missed bars are fetched from the last closed one on and each published once, in order",
          "[engine][live_series][fault][D1]") {
  Rig rig;
  rig.go_live();
  rig.close(120);
  rig.close(124);
  CHECK(rig.series.state() == SeriesState::gap);
  CHECK(rig.series.reason() == Reason::bar_missing);
  CHECK(rig.sink.requests.back().from_ms == rig.truth[120].ts_open_ms);
  rig.close(125);
  rig.open(126);
  CHECK(rig.last().kind == Signal::Kind::state);
  rig.answer(124);
  CHECK(rig.series.state() == SeriesState::live);
  CHECK(rig.series.counters().gaps == 1);
  CHECK(rig.series.counters().duplicates == 1);  // the overlap
  CHECK(rig.last().kind == Signal::Kind::open_bar);
  const std::vector<Signal> closed = rig.closed();
  for (std::size_t i = 2; i < 5; ++i) CHECK(closed[i].is_replayed);
  CHECK_FALSE(closed[5].is_replayed);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(closed, rig.truth[125].ts_open_ms);
}

TEST_CASE("N11: a stream that goes down in the middle of a bar is stale, and comes back whole",
          "[engine][live_series][fault][N11]") {
  Rig rig;
  rig.go_live();
  rig.open(120);
  rig.down();
  CHECK(rig.series.state() == SeriesState::stale);
  CHECK(rig.series.reason() == Reason::disconnected);
  // What a state publication shows is the last closed bar, never the peek that has lost its feed.
  CHECK(rig.last().bar == rig.truth[119]);
  rig.close(120);  // a frame of the connection that is gone
  CHECK(rig.closed().size() == 1);
  rig.up();
  CHECK(rig.series.state() == SeriesState::gap);
  rig.answer(123);
  CHECK(rig.series.state() == SeriesState::live);
  CHECK(rig.last().bar == rig.truth[122]);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(rig.closed(), rig.truth[122].ts_open_ms);
}

TEST_CASE("bars missed before a revision are published, too", "[engine][live_series][fault][D1][D4]") {
  Rig rig;
  rig.go_live();
  rig.close(120);
  rig.down();
  rig.truth[120].close -= 3;
  rig.truth[120].low -= 9;
  rig.up();
  rig.answer(128);  // the overlap differs: everything anew
  CHECK(rig.series.reason() == Reason::bar_revised);
  rig.answer(128);
  CHECK(rig.series.state() == SeriesState::live);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  std::set<std::int64_t> published;
  for (const Signal& signal : rig.closed()) {
    published.insert(signal.bar.ts_open_ms);
    const auto index = static_cast<std::size_t>((signal.bar.ts_open_ms - kStart) / kMinute);
    if (index == 120 && signal.revision == 0) continue;
    REQUIRE(first_difference(oracle.closed(index), signal.outputs) == "");
  }
  CHECK(published.size() == 9);
}

TEST_CASE("R5: history that lags is asked again at growing waits of venue time",
          "[engine][live_series][fault][R5]") {
  Rig rig;
  rig.go_live();
  rig.close(122);
  std::int64_t now_ms = rig.end_of(122);
  for (const std::int64_t wait_ms : {1000, 2000, 4000, 8000, 16'000, 32'000, 64'000, 64'000}) {
    const std::size_t asked = rig.sink.requests.size();
    rig.answer(120, now_ms);
    CHECK(rig.series.state() == SeriesState::gap);
    rig.clock(now_ms + wait_ms - 1);
    CHECK(rig.sink.requests.size() == asked);
    now_ms += wait_ms;
    rig.clock(now_ms);
    CHECK(rig.sink.requests.size() == asked + 1);
  }
  rig.answer(122, now_ms);
  rig.close(123);
  rig.close(124);
  rig.close(125);
  CHECK(rig.series.counters().gaps == 1);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(rig.closed(), rig.truth[125].ts_open_ms);
}

TEST_CASE("R5: the missing bar may come by the stream while history is waited for",
          "[engine][live_series][fault][R5]") {
  Rig rig;
  rig.go_live();
  rig.close(121);
  rig.answer(120, rig.end_of(121));
  rig.close(120);
  CHECK(rig.series.state() == SeriesState::live);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(rig.closed(), rig.truth[121].ts_open_ms);
}

TEST_CASE("R3: a hole in the venue's own history is declared, and taken back when the bar turns up",
          "[engine][live_series][fault][R3]") {
  Rig rig;
  rig.go_live();
  rig.close(124);
  std::vector<BarTicks> history(rig.truth.begin(), rig.truth.begin() + 125);
  history.erase(history.begin() + 121, history.begin() + 123);
  for (const auto& event : answer_to(rig.sink.requests.back(), history, rig.end_of(124))) rig.apply(event);
  CHECK(rig.series.counters().holes == 2);
  CHECK(rig.series.state() == SeriesState::live);
  {
    std::vector<BarTicks> known = history;
    Oracle oracle(rig.settings, kMinute, known);
    REQUIRE(first_difference(oracle.closed(known.size() - 1), rig.closed().back().outputs) == "");
  }
  rig.close(122);
  CHECK(rig.series.counters().revisions == 1);
  rig.answer(125);
  CHECK(rig.series.state() == SeriesState::live);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  CHECK(rig.closed().back().revision == 1);
  REQUIRE(first_difference(oracle.closed(124), rig.closed().back().outputs) == "");
}

TEST_CASE("R3: a bar that history lacks and the stream brought is no hole",
          "[engine][live_series][fault][R3]") {
  Rig rig;
  rig.go_live();
  rig.close(121);
  rig.close(122);
  std::vector<BarTicks> history(rig.truth.begin(), rig.truth.begin() + 124);
  history.erase(history.begin() + 121, history.begin() + 123);
  for (const auto& event : answer_to(rig.sink.requests.back(), history, rig.end_of(123))) rig.apply(event);
  CHECK(rig.series.counters().holes == 0);
  CHECK(rig.series.state() == SeriesState::live);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(rig.closed(), rig.truth[123].ts_open_ms);
}

TEST_CASE("D6: a late closing frame makes the series stale until it is settled",
          "[engine][live_series][fault][D6]") {
  Rig rig;
  rig.go_live();
  const std::int64_t late_ms = rig.end_of(120) + rig.settings.late_ms;
  rig.clock(late_ms);
  CHECK(rig.series.state() == SeriesState::live);
  rig.clock(late_ms + 1);
  CHECK(rig.series.state() == SeriesState::stale);
  CHECK(rig.series.reason() == Reason::bar_late);
  SECTION("history has it") {
    rig.answer(121, late_ms + 2);
    CHECK(rig.series.state() == SeriesState::live);
  }
  SECTION("history has nothing either: no flapping") {
    const std::size_t published = rig.sink.signals.size();
    std::int64_t now_ms = late_ms + 2;
    for (int i = 0; i < 10; ++i) {
      rig.answer(120, now_ms);
      now_ms += 70'000;
      rig.clock(now_ms);
    }
    CHECK(rig.sink.signals.size() == published);
    CHECK(rig.series.state() == SeriesState::stale);
    rig.close(120);
    rig.answer(121, rig.end_of(120) + 100);
    CHECK(rig.series.state() == SeriesState::live);
  }
  SECTION("the stream brings it after all") {
    rig.answer(120, late_ms + 2);
    rig.close(120);
    CHECK(rig.series.state() == SeriesState::live);
  }
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(rig.closed(), rig.truth[120].ts_open_ms);
}

TEST_CASE("D5: open bars are published only while nothing is missing", "[engine][live_series][fault][D5]") {
  Rig rig;
  rig.go_live();
  rig.close(122);
  rig.open(123);
  rig.open(120);
  rig.answer(120, rig.end_of(122));
  rig.open(123);
  rig.open(120);
  CHECK(rig.sink.of(Signal::Kind::open_bar).empty());
  CHECK(rig.series.state() == SeriesState::gap);
}

TEST_CASE("D12: a refused record means GAP and history", "[engine][live_series][fault][D12]") {
  Rig rig;
  rig.go_live();
  rig.apply(make_event(EventKind::refused, Reason::record_unusable));
  CHECK(rig.series.state() == SeriesState::gap);
  CHECK(rig.series.reason() == Reason::record_unusable);
  CHECK(rig.series.counters().refused == 1);
  rig.answer(121);
  CHECK(rig.series.state() == SeriesState::live);
  check_complete(rig.closed(), rig.truth[120].ts_open_ms);
}

TEST_CASE("a scale change rebuilds at the new scale", "[engine][live_series]") {
  for (const Anchor& anchor : all_anchors()) {
    Rig rig(anchor);
    rig.go_live();
    rig.close(120);
    rig.down(Reason::scale_changed);
    rig.listed(3);
    CHECK(rig.last().state == SeriesState::warming);
    CHECK(rig.last().price_scale == 2);  // of the bar shown, which is still the old one
    rig.up();
    std::vector<BarTicks> old = rig.truth;
    for (BarTicks& bar : rig.truth) {
      bar = {bar.ts_open_ms, bar.open * 10, bar.high * 10, bar.low * 10, bar.close * 10};
    }
    rig.answer(122);
    CHECK(rig.series.state() == SeriesState::live);
    rig.close(122);
    Oracle oracle(rig.settings, kMinute, rig.truth, first_of(rig), 3);
    const std::vector<Signal> closed = rig.closed();
    REQUIRE(closed.size() == 5);  // 119, 120, then 120 again, 121, 122
    for (std::size_t i = 2; i < 5; ++i) {
      CHECK(closed[i].price_scale == 3);
      CHECK(closed[i].bar == rig.truth[118 + i]);
      CHECK(closed[i].revision == (i == 2 ? 1 : 0));
      REQUIRE(first_difference(oracle.closed(118 + i), closed[i].outputs) == "");
    }
  }
}

TEST_CASE("a price beyond the limit halts the series and says why", "[engine][live_series]") {
  const bool is_closed = GENERATE(true, false);
  Rig rig;
  rig.go_live();
  BarTicks bar = rig.truth[120];
  bar.high = INT64_MAX / 2;
  rig.apply(bar_event(bar, is_closed, rig.end_of(120)));
  CHECK(rig.series.state() == SeriesState::halted);
  CHECK(rig.last().reason == Reason::price_refused);
  CHECK_FALSE(rig.last().is_valid);
  const std::size_t published = rig.sink.signals.size();
  rig.close(120);
  rig.clock(rig.end_of(300));
  rig.down();
  rig.up();
  rig.apply(make_event(EventKind::refused));
  CHECK(rig.sink.signals.size() == published);
  CHECK(rig.sink.requests.size() == 1);
}

TEST_CASE("D13: growth that leaves the double range halts the series", "[engine][live_series][fault][D13]") {
  AtcConfig config = small_config();
  config.lambda = 1000;  // 1 a bar: some equity leaves the double range after 100 bars or so
  Rig rig(history_anchor(), 40, config);
  rig.go_live();
  std::size_t i = 40;
  while (rig.series.state() == SeriesState::live && i < 300) rig.close(i++);
  CHECK(rig.series.state() == SeriesState::halted);
  CHECK((rig.last().reason == Reason::growth_not_finite || rig.last().reason == Reason::equity_not_finite));
  CHECK_FALSE(rig.last().is_valid);
}

TEST_CASE("a series that the venue does not have is rejected, until it is listed", "[engine][live_series]") {
  Rig rig;
  rig.apply(make_event(EventKind::rejected, Reason::symbol_unknown));
  CHECK(rig.series.state() == SeriesState::rejected);
  CHECK(rig.last().reason == Reason::symbol_unknown);
  rig.up();
  rig.close(120);
  CHECK(rig.sink.signals.size() == 1);
  rig.go_live();
}

TEST_CASE("answers to an older request are ignored", "[engine][live_series]") {
  Rig rig;
  rig.go_live();
  rig.close(122);
  const core::BackfillRequest old = rig.sink.requests.back();
  rig.down();
  rig.up();
  BarTicks wrong = rig.truth[120];
  wrong.close = wrong.low;
  for (const auto& event : answer_to(old, {wrong}, rig.end_of(122))) rig.apply(event);
  CHECK(rig.series.state() == SeriesState::gap);
  CHECK(rig.closed().size() == 1);
  rig.answer(123);
  CHECK(rig.series.state() == SeriesState::live);
  check_complete(rig.closed(), rig.truth[122].ts_open_ms);
}

TEST_CASE("more bars than can be held come by history", "[engine][live_series]") {
  Rig rig;
  rig.go_live();
  for (std::size_t i = 121; i < 399; ++i) rig.close(i);
  rig.answer(121, rig.end_of(398));  // history knows only 120 so far, and some of the held are gone
  CHECK(rig.series.state() == SeriesState::gap);
  rig.clock(rig.end_of(398) + 1000);
  rig.answer(300, rig.end_of(398) + 1000);
  CHECK(rig.series.state() == SeriesState::live);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(rig.closed(), rig.truth[398].ts_open_ms);
}

TEST_CASE("the detail of a series is that of its last publication", "[engine][live_series]") {
  for (const Anchor& anchor : all_anchors()) {
    Rig rig(anchor);
    DetailAnswer answer;
    rig.series.detail(answer);
    CHECK_FALSE(answer.is_known);
    rig.go_live();
    Oracle oracle(rig.settings, kMinute, rig.truth, first_of(rig));
    for (std::size_t i = 120; i < 150; ++i) {
      rig.open(i);
      rig.series.detail(answer);
      REQUIRE(answer.is_known);
      Detail detail;
      Outputs outputs;
      REQUIRE(oracle.before(i).peek(rig.partial(i), outputs, detail) == Status::ok);
      CHECK(answer.signal.kind == Signal::Kind::open_bar);
      REQUIRE(first_difference(small_config(), detail, answer.detail) == "");
      rig.close(i);
      rig.series.detail(answer);
      oracle.before(i + 1).state().detail(detail);
      CHECK(answer.signal.bar == rig.truth[i]);
      REQUIRE(first_difference(small_config(), detail, answer.detail) == "");
    }
  }
}

}  // namespace lockstep::engine::test
