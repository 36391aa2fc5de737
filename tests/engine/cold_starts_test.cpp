// Histories computed several at a time: nothing of what is published, counted or kept differs.
#include "engine/cold_starts.hpp"

#include "engine/shard.hpp"
#include "tests/engine/live_harness.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

using core::EventKind;
using core::MarketEvent;

constexpr std::size_t kSymbols = 21;
constexpr std::size_t kLiveBars = 12;

core::Catalog make_catalog() {
  core::Catalog catalog;
  for (std::size_t i = 0; i < kSymbols; ++i)
    catalog.add("binance_spot", "S" + std::to_string(i), *core::Interval::parse("1m"));
  return catalog;
}

/// From none to more than are ever kept together.
std::size_t history_of(std::size_t id) {
  constexpr std::size_t kLengths[] = {0, 1, 7, 33, 100, 300, 1500, 4096, 4097, 5000};
  return kLengths[id % std::size(kLengths)];
}

/// A bar whose high is below its low: refused by the indicator.
constexpr core::SeriesId kRefused = 5;
constexpr std::size_t kRefusedBar = 40;

struct Life {
  std::vector<MarketEvent> listed, history, live;
};

/// Histories of all series side by side, as their pages come, then a few live bars.
Life make_life(Rng& rng) {
  Life life;
  std::vector<std::vector<MarketEvent>> pages(kSymbols);
  std::vector<std::vector<MarketEvent>> ticks(kSymbols);
  for (core::SeriesId id = 0; id < kSymbols; ++id) {
    MarketEvent event = make_event(EventKind::listed);
    event.series = id;
    event.price_scale = id % 3 == 0 ? 2 : 4;
    life.listed.push_back(event);
    event = make_event(EventKind::stream_up);
    event.series = id;
    life.listed.push_back(event);
    std::vector<BarTicks> bars = make_truth(id, history_of(id) + kLiveBars);
    const auto live_from = bars.begin() + static_cast<std::ptrdiff_t>(history_of(id));
    std::vector<BarTicks> history(bars.begin(), live_from);
    if (id == kRefused) std::swap(history[kRefusedBar].high, history[kRefusedBar].low);
    pages[id] = answer_to({id, 1, kStart, 100}, history, live_from->ts_open_ms);
    for (auto bar = live_from; bar != bars.end(); ++bar) {
      for (const bool is_closed : {false, true}) {
        ticks[id].push_back(bar_event(*bar, is_closed, bar->ts_open_ms + kMinute));
        ticks[id].back().series = id;
      }
    }
  }
  const auto mix = [&](const std::vector<std::vector<MarketEvent>>& each, std::vector<MarketEvent>& all) {
    std::vector<std::size_t> at(kSymbols, 0);
    for (std::size_t left = kSymbols; left > 0;) {
      const auto id = static_cast<std::size_t>(rng.between(0, kSymbols - 1));
      if (at[id] == each[id].size()) continue;
      for (std::int64_t n = rng.between(1, 700); n > 0 && at[id] < each[id].size(); --n)
        all.push_back(each[id][at[id]++]);
      left -= at[id] == each[id].size();
    }
  };
  mix(pages, life.history);
  mix(ticks, life.live);
  return life;
}

/// Publications, and what a journal would keep, of each series.
struct Told final : SeriesSink, EventRecorder {
  struct Applied {
    EventKind kind;
    std::int64_t ts_open_ms;
    std::uint64_t sequence_before, sequence_after;
    Digest digest;
    bool operator==(const Applied&) const = default;
  };
  void publish(const Signal& signal) override { signals[signal.series].push_back(signal); }
  void request(const core::BackfillRequest&) override {}
  void committed(core::SeriesId id, const BarTicks& bar, const Outputs&) override { bars[id].push_back(bar); }
  void committed_together(core::SeriesId id, std::span<const BarTicks> more) override {
    CHECK(bars[id].empty());
    bars[id].assign(more.begin(), more.end());
    together += more.size();
  }
  void applied(const MarketEvent& event, const LiveSeries& series, core::SeriesId id,
               const SeriesMark& before) override {
    REQUIRE(before.sequence + published_since(id) == series.sequence());
    applied_events[id].push_back(
        {event.kind, event.bar.ts_open_ms, before.sequence, series.sequence(), series.digest()});
  }
  std::uint64_t published_since(core::SeriesId id) {
    return signals[id].size() - std::exchange(known_[id], signals[id].size());
  }
  std::map<core::SeriesId, std::vector<Signal>> signals;
  std::map<core::SeriesId, std::vector<BarTicks>> bars;
  std::map<core::SeriesId, std::vector<Applied>> applied_events;
  std::size_t together = 0;

 private:
  std::map<core::SeriesId, std::size_t> known_;
};

/// Each event by itself, every history bar by bar: the definition.
Told one_by_one(const core::Catalog& catalog, const SeriesSettings& settings, const Life& life) {
  Told told;
  std::vector<LiveSeries> series;
  for (const core::Series& each : catalog.series()) series.emplace_back(each, settings);
  for (const auto* events : {&life.listed, &life.history, &life.live}) {
    for (const MarketEvent& event : *events) {
      LiveSeries& one = series[event.series];
      const SeriesMark before{one.sequence(), one.transitions(), one.revision(), one.counters()};
      one.apply(event, told);
      told.applied(event, one, event.series, before);
    }
  }
  return told;
}

Told in_a_shard(const core::Catalog& catalog, const SeriesSettings& settings, const Life& life, Rng& rng) {
  Told told;
  std::vector<core::SeriesId> ids;
  for (core::SeriesId id = 0; id < kSymbols; ++id) ids.push_back(id);
  Shard shard(catalog, ids, settings, told, &told);
  for (const auto* events : {&life.listed, &life.history, &life.live}) {
    for (const MarketEvent& event : *events) {
      shard.apply(event);
      if (rng.between(0, 3000) == 0) shard.finish_cold_starts();
    }
  }
  return told;
}

}  // namespace

TEST_CASE("histories computed together publish and record what they do bar by bar", "[engine][cold_starts]") {
  const core::Catalog catalog = make_catalog();
  Rng rng(20);
  for (const Anchor& anchor : {history_anchor(), time_anchor(kStart + 20 * kMinute),
                               time_anchor(kStart + 2000 * kMinute), rolling_anchor(60, 10)}) {
    const SeriesSettings settings = make_settings(anchor);
    const Life life = make_life(rng);
    Told expected = one_by_one(catalog, settings, life);
    Told told = in_a_shard(catalog, settings, life, rng);
    CHECK((told.together > 0) == (anchor.kind != Anchor::Kind::rolling));
    CHECK(expected.together == 0);
    for (core::SeriesId id = 0; id < kSymbols; ++id) {
      CAPTURE(id, static_cast<int>(anchor.kind));
      REQUIRE(told.signals[id].size() == expected.signals[id].size());
      for (std::size_t i = 0; i < told.signals[id].size(); ++i)
        REQUIRE(difference(told.signals[id][i], expected.signals[id][i]) == "");
      REQUIRE((told.applied_events[id] == expected.applied_events[id]));
      REQUIRE((told.bars[id] == expected.bars[id]));
    }
    if (anchor == history_anchor()) {
      CHECK(told.signals[kRefused].back().state == SeriesState::halted);
      CHECK(told.bars[kRefused].size() == kRefusedBar);
    }
  }
}

TEST_CASE("a series in the middle of its history goes on from its bytes", "[engine][cold_starts]") {
  const core::Catalog catalog = make_catalog();
  const SeriesSettings settings = make_settings(history_anchor());
  Rng rng(4);
  const Life life = make_life(rng);
  const core::SeriesId id = 6;  // 1,500 bars
  RecordingSink sink, restored_sink;
  LiveSeries series(catalog[id], settings), restored(catalog[id], settings);
  std::size_t taken = 0;
  for (const auto* events : {&life.listed, &life.history, &life.live}) {
    for (const MarketEvent& event : *events) {
      if (event.series != id) continue;
      series.apply(event, sink);
      if (++taken > 800) restored.apply(event, restored_sink);
      if (taken != 800) continue;
      REQUIRE(series.history().size() == 798);
      std::vector<std::byte> bytes;
      series.to_bytes(bytes);
      REQUIRE(restored.from_bytes(bytes));
      sink.signals.clear();
      for (std::size_t cut = 0; cut < bytes.size(); cut += 97) {
        LiveSeries other(catalog[id], settings);
        REQUIRE_FALSE(other.from_bytes(std::span(bytes).first(cut)));
      }
    }
  }
  REQUIRE(sink.signals.size() > 2 * kLiveBars);
  REQUIRE(sink.signals.size() == restored_sink.signals.size());
  for (std::size_t i = 0; i < sink.signals.size(); ++i)
    REQUIRE(difference(sink.signals[i], restored_sink.signals[i]) == "");
}

}  // namespace lockstep::engine::test
