// A daemon's feed from a simulated exchange.
#pragma once

#include <string>
#include <vector>

#include "engine/config.hpp"
#include "replay/sim/exchange_sim.hpp"

namespace lockstep::test {

/// Of all its symbols, with quick reconnects.
inline feeds::FeedConfig feed_from(const sim::ExchangeSim& exchange,
                                   std::vector<std::string> intervals = {"1m"},
                                   const std::string& venue = "binance_spot") {
  feeds::FeedConfig feed;
  feed.venue = venue;
  feed.symbols = exchange.symbol_names();
  feed.intervals = std::move(intervals);
  feed.ws_url = exchange.ws_url();
  feed.rest_url = exchange.rest_url();
  feed.backoff_ms_max = 200;
  return feed;
}

}  // namespace lockstep::test
