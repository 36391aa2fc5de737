// Coinbase frames, of Advanced Trade and of the older Exchange feed, from bytes to records. Pure.
// Source: docs.cdp.coinbase.com (advanced-trade websocket channels; exchange websocket feed, channels).
#pragma once

#include <string_view>

#include "feeds/frame.hpp"

namespace lockstep::feeds::coinbase {

/// The only bars that the venue pushes.
inline constexpr std::string_view kCandleInterval = "5m";

/// Kinds on Advanced Trade: channels candles (bars, five minutes, no closed flag), market_trades (trades,
/// given oldest first: the wire has them the other way round), heartbeats, subscriptions (an ack that names
/// all that is subscribed so far), status. On Exchange: match and last_match are trades.
class CoinbaseFrameParser final : public FrameParser {
 public:
  ParseResult parse(std::string_view bytes, Frame& frame) override;

 private:
  simdjson::ondemand::parser parser_;
};

}  // namespace lockstep::feeds::coinbase
