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

}  // namespace lockstep::engine::test
