// One series when bars are missing, late, doubled or revised.
#include <set>

#include "tests/engine/live_rig.hpp"

namespace lockstep::engine::test {

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

TEST_CASE("D4: a closed bar that is put right while history is waited for is not published wrong first",
          "[engine][live_series][fault][D4]") {
  Rig rig;
  rig.go_live();
  rig.close(122);
  REQUIRE(rig.series.state() == SeriesState::gap);
  BarTicks wrong = rig.truth[123];
  wrong.close = wrong.open = wrong.low;
  REQUIRE(wrong != rig.truth[123]);
  rig.apply(bar_event(wrong, true, rig.end_of(123)));
  rig.apply(bar_event(rig.truth[123], true, rig.end_of(123) + 5));
  rig.apply(bar_event(wrong, true, rig.end_of(123) + 1));  // late
  rig.answer(122);
  CHECK(rig.series.state() == SeriesState::live);
  CHECK(rig.series.revision() == 0);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  check_publications(rig.sink, oracle);
  check_complete(rig.closed(), rig.truth[123].ts_open_ms);
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

TEST_CASE("D4: a correction that came before the connection broke is not forgotten",
          "[engine][live_series][fault][D4]") {
  Rig rig;
  rig.go_live();
  for (std::size_t i = 120; i < 123; ++i) rig.close(i);
  rig.apply(make_event(EventKind::refused));
  rig.truth[120].close = rig.truth[120].low;
  rig.close(120);  // held, as history is under way
  rig.down();
  rig.up();
  rig.answer(123);  // from bar 122 on
  CHECK(rig.series.counters().revisions == 1);
  rig.answer(123);
  Oracle oracle(rig.settings, kMinute, rig.truth);
  CHECK(rig.series.state() == SeriesState::live);
  REQUIRE(first_difference(oracle.closed(122), rig.closed().back().outputs) == "");
}

}  // namespace lockstep::engine::test
