// Trades as a second opinion: bars made from them against those that series were told.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/catalog.hpp"
#include "feeds/connection.hpp"
#include "feeds/cross_check.hpp"
#include "feeds/event_outlet.hpp"
#include "feeds/feed.hpp"
#include "feeds/series_table.hpp"
#include "feeds/trade_bars.hpp"

namespace lockstep::feeds {

/// Some series of a venue; lives on the network thread. Has a connection of its own. A bar that differs is
/// counted and logged with both contents, and its series is doubted: it is STALE until the venue's history
/// has said the last bars again. History decides; trades never change a bar by themselves.
class TradeCheck {
 public:
  /// The rest must outlive this. Series that are rejected are passed over.
  TradeCheck(boost::asio::io_context& io, const Venue& venue, const core::Catalog& catalog,
             EventOutlet& outlet, LinkSettings settings, const std::vector<core::SeriesId>& series);
  ~TradeCheck() { stop(); }
  TradeCheck(const TradeCheck&) = delete;
  TradeCheck& operator=(const TradeCheck&) = delete;

  void start() { connection_->start(); }
  void stop() { connection_->stop(); }
  /// A series of this one that was rejected is listed again. False: it is none of this one's.
  bool resume(core::SeriesId id);
  /// Makes the connection anew.
  void drop(const std::string& why) { connection_->drop(core::Reason::silent, why); }
  /// Compares what has come. To be called regularly, never from inside a handler of the connection.
  void tick();
  ComparedCounters counters() const;

 private:
  struct Checked {
    core::SeriesId id;
    TradeBars<TimeBoundary> bars;
    CrossCheck check;
    int price_scale = -1;  ///< of the bars at hand
  };
  struct Symbol {
    TradeOrder order;
    std::vector<Checked> series;
  };
  void reset(Symbol& symbol);
  void reset_all();
  void take(const Frame& frame);
  void take_trade(const TradeRecord& record);
  void tell(const Checked& checked, const CrossCheck::Difference& difference);

  const core::Catalog& catalog_;
  EventOutlet& outlet_;
  std::string name_;
  std::vector<Topic> topics_;
  std::vector<Symbol> symbols_;  ///< by topic
  SeriesTable table_;
  std::unique_ptr<Connection> connection_;
  bool is_ending_ = false;
};

}  // namespace lockstep::feeds
