// One bar of the simulated venue, in the symbol's own integers.
#pragma once

#include <algorithm>
#include <cstdint>

namespace lockstep::sim {

/// Prices in ticks of the symbol, quantities in lots, quote amounts in price unit * lot (see SymbolSpec).
struct SimBar {
  std::int64_t ts_open_ms = 0;
  std::int64_t first_id = -1;  ///< -1 without trades, as the venue writes it
  std::int64_t last_id = -1;
  std::int64_t open = 0, high = 0, low = 0, close = 0;
  std::int64_t volume = 0;
  std::int64_t trades = 0;
  std::int64_t quote = 0;
  std::int64_t taker_volume = 0;
  std::int64_t taker_quote = 0;

  /// Adds the bar that follows in time to this one; ts_open_ms stays.
  void append(const SimBar& next) {
    high = std::max(high, next.high);
    low = std::min(low, next.low);
    close = next.close;
    if (next.trades > 0) {
      if (first_id < 0) first_id = next.first_id;
      last_id = next.last_id;
    }
    volume += next.volume;
    trades += next.trades;
    quote += next.quote;
    taker_volume += next.taker_volume;
    taker_quote += next.taker_quote;
  }
};

/// One trade of the simulated venue.
struct SimTrade {
  std::int64_t id = 0;
  std::int64_t ts_ms = 0;
  std::int64_t price = 0;     ///< ticks
  std::int64_t quantity = 0;  ///< lots
};

}  // namespace lockstep::sim
