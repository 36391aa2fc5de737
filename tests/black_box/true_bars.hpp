// The simulated venues' truth in a series' own integers.
#pragma once

#include <cstdint>
#include <string>

#include "incremental/bar.hpp"
#include "replay/sim/exchange_sim.hpp"

namespace lockstep {

inline std::int64_t ticks_of(const std::string& text, int price_scale) {
  const std::size_t point = text.find('.');
  std::string fraction = point == std::string::npos ? "" : text.substr(point + 1);
  fraction.resize(static_cast<std::size_t>(price_scale), '0');
  return std::stoll(text.substr(0, point) + fraction);
}

inline BarTicks true_bar(const sim::ExchangeSim::TruthBar& bar, int price_scale) {
  return {bar.ts_open_ms, ticks_of(bar.open, price_scale), ticks_of(bar.high, price_scale),
          ticks_of(bar.low, price_scale), ticks_of(bar.close, price_scale)};
}

}  // namespace lockstep
