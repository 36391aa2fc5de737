// Binance frames (spot and USD-M) from bytes to plain structs. Pure: no sockets, no clock, no allocation per
// frame. Source: binance-spot-api-docs web-socket-streams.md; developers.binance.com "Websocket Market
// Streams" (USD-M).
#pragma once

#include <string_view>

#include "feeds/frame.hpp"

namespace lockstep::feeds::binance {

/// Kinds: kline is a bar, trade and aggTrade are trades, serverShutdown is a status that ends the connection.
class BinanceFrameParser final : public FrameParser {
 public:
  ParseResult parse(std::string_view bytes, Frame& frame) override;

 private:
  simdjson::ondemand::parser parser_;
};

}  // namespace lockstep::feeds::binance
