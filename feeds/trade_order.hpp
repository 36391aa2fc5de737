// Trades of one symbol, each once and in the venue's order, whatever came late, twice or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "feeds/venue.hpp"

namespace lockstep::feeds {

/// A trade in integers.
struct Trade {
  std::int64_t ts_ms = 0;  ///< venue time
  std::uint64_t id = 0;    ///< dense ids: the venue's; else the order of arrival
  std::int64_t price_ticks = 0;
  std::int64_t quantity_units = 0;  ///< in units of 10^-quantity_scale
  std::uint8_t quantity_scale = 0;
  bool is_of_market = true;  ///< false: it has a number, and makes no price
};

/// Pure and deterministic: what comes out depends on the sequence of take() alone. Bounded.
///
/// Dense ids (+1 a trade): a trade comes out when all before it have. What is missing is waited for until
/// kHeldMax trades are held behind the hole, or one of them is kWaitMs younger than the last that came out;
/// then the hole is final: has_gap() says so with the first trade behind it. Other ids: trades come out at
/// once, in the order of arrival; one that repeats an id of the last kRememberedMax is dropped.
class TradeOrder {
 public:
  static constexpr std::size_t kHeldMax = 1024;
  static constexpr std::int64_t kWaitMs = 5'000;
  static constexpr std::size_t kRememberedMax = 4096;

  explicit TradeOrder(TradeIds ids) : ids_(ids) {}

  /// `id_text`: the venue's. Gives the trades that are now in order, until the next call. `trade.id` is set
  /// here. A dense id that is no number is refused: is_refused is set and nothing comes out.
  const std::vector<Trade>& take(Trade trade, std::string_view id_text, bool& is_refused);
  /// The trades that came out last stand behind a hole that will not be filled.
  bool has_gap() const { return has_gap_; }
  /// The connection was lost: what comes next is a new beginning.
  void reset();

  std::uint64_t duplicates() const { return duplicates_; }
  std::uint64_t gaps() const { return gaps_; }

 private:
  void take_dense(const Trade& trade);
  void take_free(Trade trade, std::string_view id_text);
  void release();

  TradeIds ids_;
  std::vector<Trade> ready_;
  bool has_gap_ = false;
  bool is_begun_ = false;
  std::uint64_t next_id_ = 0;               ///< dense: the one that must come next; free: arrivals so far
  std::int64_t last_ts_ms_ = 0;             ///< of the newest trade that came out
  std::map<std::uint64_t, Trade> held_;     ///< dense: behind a hole
  std::unordered_set<std::uint64_t> seen_;  ///< free: ids, or their hashes where they are no numbers
  std::deque<std::uint64_t> seen_order_;
  std::uint64_t duplicates_ = 0;
  std::uint64_t gaps_ = 0;
};

}  // namespace lockstep::feeds
