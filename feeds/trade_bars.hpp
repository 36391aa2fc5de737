// Bars from trades: exact, by venue time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/core/interval.hpp"
#include "feeds/trade_order.hpp"
#include "incremental/bar.hpp"

namespace lockstep::feeds {

/// A sum of quantities, exact: units of 10^-scale.
class QuantitySum {
 public:
  /// scale: 0 to 18. Quantities below 9.2e18 units; the sum holds 1e20 of them at the finest scale.
  void add(std::int64_t units, int scale);
  double value() const;
  friend bool operator==(const QuantitySum& a, const QuantitySum& b);

 private:
  __extension__ using Wide = __int128;
  Wide units_ = 0;
  int scale_ = 0;
};

struct TradeBar {
  BarTicks bar;
  QuantitySum volume;
  std::int64_t trades = 0;
  bool is_closed = false;
  std::int64_t ts_event_ms = 0;  ///< newest trade of the bar; of a closed one: the trade that closed it
};

/// How much older than the newest one a trade may be and still find its bar open. Ids that count up tell of
/// themselves that one is missing, so nothing is waited for; elsewhere only time tells, and a venue may send
/// trades this much out of order. Whoever makes bars from trades, live or from a recording, goes by it: with
/// another one a bar of the recording would take a trade that corrected the live one, or the other way round.
constexpr std::int64_t trade_lateness_ms(TradeIds ids) {
  return ids == TradeIds::dense ? 0 : 1'000;
}

/// Where a trade belongs: bars of equal time. Bars of equal count or volume would be another such class, with
/// the same two functions: which bar a trade belongs to, and until when that bar can still change.
class TimeBoundary {
 public:
  TimeBoundary(const core::Interval& interval, TradeIds ids)
      : interval_(interval), lateness_ms_(trade_lateness_ms(ids)) {}

  /// Open time of the trade's bar, which is also the key of that bar.
  std::int64_t bar_of(const Trade& trade) const { return interval_.open_of(trade.ts_ms); }
  std::int64_t next(std::int64_t bar) const { return interval_.next_open_ms(bar); }
  /// The bar is final once the newest trade is as young as that.
  bool is_over(std::int64_t bar, std::int64_t newest_ms) const {
    return newest_ms >= next(bar) + lateness_ms_;
  }

 private:
  core::Interval interval_;
  std::int64_t lateness_ms_;
};

/// Pure and deterministic. Takes the trades of TradeOrder and gives bars that no trade is missing from: the
/// first one is that after the bar of the first trade seen, as trades before that one were not. The first
/// trade of a bar by (time, id) is its open, the last its close, in whatever order they come. A trade older
/// than what has been closed changes its bar all the same, if it is one of the last kClosedKept: the bar
/// comes again, closed, with other content, which is a revision.
template <class Boundary>
class TradeBars {
 public:
  static constexpr std::size_t kClosedKept = 8;

  explicit TradeBars(Boundary boundary) : boundary_(std::move(boundary)) {}

  /// Gives what has changed: closed bars first, oldest first, then the newest open one. Until the next call.
  const std::vector<TradeBar>& take(const std::vector<Trade>& trades);
  /// Trades are missing before the ones that come now: bars in progress are given up.
  void reset();

  std::uint64_t late() const { return late_; }          ///< trades that changed a closed bar
  std::uint64_t too_late() const { return too_late_; }  ///< trades of bars that are no longer kept, dropped

 private:
  struct Running {
    TradeBar bar;
    std::int64_t first_ms = 0, last_ms = 0;
    std::uint64_t first_id = 0, last_id = 0;
    bool is_changed = true;
  };
  void add(const Trade& trade);
  static void add_to(Running& running, const Trade& trade);

  Boundary boundary_;
  std::map<std::int64_t, Running> bars_;     ///< the open ones and the last closed ones
  std::optional<std::int64_t> first_whole_;  ///< no bar before it is whole
  std::int64_t newest_ms_ = 0;
  std::vector<TradeBar> out_;
  std::uint64_t late_ = 0;
  std::uint64_t too_late_ = 0;
};

extern template class TradeBars<TimeBoundary>;

}  // namespace lockstep::feeds
