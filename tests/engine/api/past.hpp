// A past for the API tests: 300 bars of every series, recomputed by the real page.
#pragma once

#include "engine/api/api_server.hpp"
#include "tests/support/random_series.hpp"

namespace lockstep::engine::test {

/// The bars that every series has had, 1m apart.
inline BarRun past_run() {
  BarRun run;
  run.price_scale = 2;
  lockstep::test::Rng rng(7);
  run.bars = lockstep::test::random_bars(rng, 300, 5'000'000);
  return run;
}

/// Answers at once, from past_run() with the default settings and a history anchor. Shards never answer.
inline ApiHooks past_hooks() {
  ApiHooks hooks;
  hooks.history = [](const HistoryQuery& query, const HistoryFormat& format, const HistoryDone& done) {
    const HistoryPage page =
        make_history_page(query, past_run(), AtcParams::create({}, 2), Anchor{Anchor::Kind::history}, 60'000);
    done(format(page));
  };
  return hooks;
}

inline SeriesChanges some_changes() {
  SeriesChanges changes;
  changes.added.insert({"binance_spot", "SOLUSDT", "1m"});
  changes.removed.insert({"binance_spot", "DOGEUSDT", "1m"});
  return changes;
}

/// What could come of any request.
inline void some_change(const SeriesRequest& request, const std::function<void(const SeriesReport&)>& done) {
  SeriesReport report;
  report.changed.push_back({request.venue, request.symbols.front(), "1m"});
  report.unchanged.push_back({request.venue, "ETHUSDT", "1m"});
  report.refused.push_back({"SOLUSDX", "", "symbol_unknown", "SOLUSDT"});
  report.is_kept = true;
  done(report);
}

}  // namespace lockstep::engine::test
