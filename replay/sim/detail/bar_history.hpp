// Bars of any interval, aggregated on the spot from the market model's minutes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "replay/sim/detail/market_model.hpp"
#include "replay/sim/detail/sim_interval.hpp"

namespace lockstep::sim {

/// The venue's past: it begins at first_minute. Stateless, so any thread may ask. The model must outlive it.
class BarHistory {
 public:
  /// `has_quiet_bars`: a minute without trades is a bar, at the close before it. Without them such a minute
  /// is nothing, also within a longer bar: that one begins with its first trade.
  BarHistory(const MarketModel& model, std::int64_t first_minute, bool has_quiet_bars = true)
      : model_(model), first_minute_(first_minute), has_quiet_bars_(has_quiet_bars) {}

  const MarketModel& model() const { return model_; }
  std::int64_t first_minute() const { return first_minute_; }
  /// Open time of the first bar of an interval; it may hold fewer minutes than the interval has.
  std::int64_t first_open_ms(const SimInterval& interval) const {
    return interval.open_of(first_minute_ * kMinuteMs);
  }

  /// The bar that opens at ts_open_ms, from the minutes that ended by until_ms, with the running minute as it
  /// stands then. Nothing when no minute of it has begun by until_ms.
  std::optional<SimBar> bar(int symbol, const SimInterval& interval, std::int64_t ts_open_ms,
                            std::int64_t until_ms) const;

  /// Adds the minute that follows in time to a longer bar; the bar's open time stays.
  void append(SimBar& bar, const SimBar& minute) const;

  /// Bars with from_ms <= open time <= to_ms that have begun by now_ms, oldest first, the newest of them
  /// possibly open. At most `limit`: the oldest ones when from_ms is given, else the newest ones.
  std::vector<SimBar> range(int symbol, const SimInterval& interval, std::optional<std::int64_t> from_ms,
                            std::optional<std::int64_t> to_ms, std::size_t limit, std::int64_t now_ms) const;

 private:
  const MarketModel& model_;
  std::int64_t first_minute_;
  bool has_quiet_bars_;
};

}  // namespace lockstep::sim
