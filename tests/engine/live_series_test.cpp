// One series through what a venue says to it. The oracle is the indicator over the true closed bars.
#include "engine/live_series.hpp"

#include "tests/engine/live_rig.hpp"

namespace lockstep::engine::test {

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

TEST_CASE("D5: open bars are published only while nothing is missing", "[engine][live_series][fault][D5]") {
  Rig rig;
  rig.go_live();
  rig.close(122);
  rig.answer(120, rig.end_of(122));
  rig.open(120);
  rig.open(123);
  CHECK(rig.sink.of(Signal::Kind::open_bar).empty());
  CHECK(rig.series.state() == SeriesState::gap);
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
  // What it shows is the last bar that was taken.
  CHECK(rig.last().bar == rig.closed().back().bar);
  REQUIRE(first_difference(rig.closed().back().outputs, rig.last().outputs) == "");
  const std::size_t published = rig.sink.signals.size();
  rig.close(120);
  rig.clock(rig.end_of(300));
  rig.down();
  rig.up();
  rig.apply(make_event(EventKind::refused));
  CHECK(rig.sink.signals.size() == published);
  CHECK(rig.sink.requests.size() == 1);
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
