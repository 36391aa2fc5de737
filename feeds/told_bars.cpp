#include "feeds/told_bars.hpp"

#include <algorithm>

namespace lockstep::feeds {

void ToldBars::note(const core::MarketEvent& event) {
  std::deque<ToldBar>& bars = series_[event.series];
  const ToldBar told{event.bar, event.price_scale};
  const auto at = std::lower_bound(bars.begin(), bars.end(), told, [](const ToldBar& a, const ToldBar& b) {
    return a.bar.ts_open_ms < b.bar.ts_open_ms;
  });
  if (at != bars.end() && at->bar.ts_open_ms == told.bar.ts_open_ms) {
    *at = told;
    return;
  }
  bars.insert(at, told);
  if (bars.size() > kKept) bars.pop_front();
}

}  // namespace lockstep::feeds
