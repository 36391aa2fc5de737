// Windows at the price limit: the series that stretch each average's numerator the furthest.
#include <vector>

#include "incremental/state.hpp"
#include "tests/support/reference.hpp"
#include "tests/support/reference_averages.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

/// Bars whose source takes, at the last one, the prices that make close - average as large (or as small) as
/// the limit allows: 1 or the limit by the sign of each coefficient, with the close at the other end.
std::vector<BarTicks> stretching_bars(const Window& window, std::int64_t limit, bool is_close_high,
                                      int lead_in) {
  const std::int64_t close = is_close_high ? limit : 1;
  std::vector<BarTicks> bars;
  for (int i = static_cast<int>(window.coefficient.size()) - 1 + lead_in; i >= 0; --i) {
    bool is_price_high = i % 2 == 0;
    if (i < static_cast<int>(window.coefficient.size())) {
      is_price_high = (window.coefficient[static_cast<std::size_t>(i)] < 0) == is_close_high;
    }
    const std::int64_t price = is_price_high ? limit : 1;
    const auto ts_open_ms = static_cast<std::int64_t>(bars.size());
    bars.push_back({ts_open_ms, price, std::max(price, close), std::min(price, close), close});
  }
  return bars;
}

/// Prices of the close alone, so that the newest one is both in the window and beside it.
std::vector<BarTicks> of_close(std::vector<BarTicks> bars) {
  for (std::size_t t = 0; t + 1 < bars.size(); ++t) bars[t].close = bars[t].open;
  bars.back().open = bars.back().close;
  return bars;
}

void require_equal_runs(const AtcConfig& config, const std::vector<BarTicks>& bars) {
  const ReferenceRun expected = reference_run(config, 2, bars);
  AtcState state(AtcParams::create(config, 2));
  Outputs out;
  Detail detail;
  for (std::size_t t = 0; t < expected.bars.size(); ++t) {
    const Status status = state.commit(bars[t], out);
    state.detail(detail);
    std::string difference = first_difference(config, expected.bars[t].detail, detail);
    if (difference.empty()) difference = first_difference(expected.bars[t].outputs, out);
    if (status != Status::ok || !difference.empty()) FAIL("bar " << t << ": " << difference);
  }
  REQUIRE(expected.bars.size() == bars.size());
}

}  // namespace

TEST_CASE("no window overflows at the price limit", "[incremental][overflow]") {
  const int length = GENERATE(9, 28, 60, 300);
  const HmaKind hma = GENERATE(HmaKind::sma, HmaKind::hull);
  for (int family = 0; family < kFamilies; ++family) {
    AtcConfig config;
    config.lengths.fill(length);
    config.hma = hma;
    // Alone, a family has the highest limit.
    config.enabled.fill(false);
    config.enabled[static_cast<std::size_t>(family)] = true;
    for (const Source source : {Source::open, Source::close}) {
      config.source = source;
      const std::int64_t limit = AtcParams::create(config, 2)->price_ticks_max();
      CAPTURE(length, to_string(hma), family, to_string(source), limit);
      for (const int member_length : reference_lengths(config, family)) {
        CAPTURE(member_length);
        // For a recurrence, the extremes of a mean of as many prices.
        const bool is_windowed = family == 1 || family == 2 || family == 4;
        const Window window = average_window(config, is_windowed ? family : 2, member_length);
        for (const bool is_close_high : {false, true}) {
          auto bars = stretching_bars(window, limit, is_close_high, length);
          if (source == Source::close) bars = of_close(bars);
          require_equal_runs(config, bars);
        }
      }
    }
  }
}

TEST_CASE("averaged sources do not overflow at the price limit", "[incremental][overflow]") {
  AtcConfig config;
  config.source = GENERATE(Source::hl2, Source::hlc3, Source::ohlc4, Source::hlcc4);
  config.hma = GENERATE(HmaKind::sma, HmaKind::hull);
  config.lengths.fill(GENERATE(9, 28, 100));
  const std::int64_t limit = AtcParams::create(config, 2)->price_ticks_max();
  std::vector<BarTicks> bars;
  for (std::int64_t t = 0; t < 250; ++t) {
    const bool is_flat = t % 60 < 40;
    const std::int64_t close = t % 40 < 20 ? limit : 1;
    bars.push_back({t, close, is_flat ? close : limit, is_flat ? close : 1, close});
  }
  require_equal_runs(config, bars);
}
