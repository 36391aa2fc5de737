// What one venue answers over REST: its time, its symbols, its history. Pure: targets and bodies, no sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/catalog.hpp"
#include "feeds/bar_reader.hpp"

namespace lockstep::feeds {

/// A symbol of a venue's list. The texts hold only during the visit.
struct ListedSymbol {
  std::string_view symbol;     ///< as stream frames write it
  std::string_view tick_size;  ///< empty: the list says none
  bool is_trading = false;
};

/// A row of a venue's list of recent trades.
struct TradeRow {
  std::int64_t ts_event_ms = 0;
  std::string_view price, quantity, trade_id;
};

/// Keeps what it must know from one answer for the next request (a pair's other name, the server's time), so
/// it belongs to one feed. Parsers give an error text for people, outside bytes escaped; empty when fine.
/// Bodies may grow in capacity; texts of rows point into them.
class RestSource {
 public:
  struct Target {
    std::string path;
    int weight = 1;
    /// Bars: the answer covers opens up to this one, so an empty one is no end. INT64_MAX: whatever comes
    /// first at or after the start.
    std::int64_t covers_to_ms = std::numeric_limits<std::int64_t>::max();
  };
  using Visit = std::function<void(const ListedSymbol&)>;
  using VisitVolume = std::function<void(std::string_view symbol, double quote_volume)>;

  virtual ~RestSource() = default;

  virtual int rows_max() const = 0;
  virtual Target time_target() const = 0;
  virtual std::string parse_time(std::string& body, std::int64_t& server_time_ms) = 0;

  /// Bars that open at or after from_ms.
  virtual Target bars_target(const core::Series& series, std::int64_t from_ms, int rows) const = 0;
  /// Rows in any order; ts_close_ms is the last ms of the bar.
  virtual std::string parse_bars(std::string& body, const core::Interval& interval,
                                 std::vector<HistoryRow>& rows) = 0;
  /// Rows of recent trades, in the order of the body.
  virtual std::string parse_trades(std::string& /*body*/, std::vector<TradeRow>& /*rows*/) {
    return "lists of trades are not read for this venue";
  }

  /// One page of the symbol list; `cursor` is empty for the first.
  virtual Target listing_target(const std::string& cursor) const = 0;
  /// Visits the symbols of a page and gives the next page's cursor, empty after the last.
  virtual std::string parse_listing(std::string& body, const Visit& visit, std::string& cursor) = 0;

  /// What was traded of each symbol in the last 24 hours, paged like the list and asked for after it. An
  /// empty path: the venue does not tell it of all symbols at once.
  virtual Target volumes_target(const std::string& /*cursor*/) const { return {}; }
  virtual std::string parse_volumes(std::string& /*body*/, const VisitVolume& /*visit*/,
                                    std::string& /*cursor*/) {
    return "volumes are not read for this venue";
  }
};

}  // namespace lockstep::feeds
