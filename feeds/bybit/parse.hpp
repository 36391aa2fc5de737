// Bybit v5 public frames (spot, linear, inverse) from bytes to records. Pure.
// Source: bybit-exchange.github.io/docs/v5 (ws/connect, websocket/public/kline, websocket/public/trade).
#pragma once

#include <string_view>

#include "feeds/frame.hpp"

namespace lockstep::feeds::bybit {

/// Kinds: topics kline.* are bars (one frame may hold the closed bar and the next one), publicTrade.* trades;
/// the answer to our ping is a heartbeat. The category (spot, linear, ...) is not in a frame, the path is it.
class BybitFrameParser final : public FrameParser {
 public:
  ParseResult parse(std::string_view bytes, Frame& frame) override;

 private:
  simdjson::ondemand::parser parser_;
};

/// The venue's spelling of an interval ("1", "60", "D") as lockstep's ("1m", "1h", "1d"); `text` itself where
/// it is none that we have.
std::string_view interval_of(std::string_view text);
/// The other way round; empty where the venue does not have it.
std::string_view interval_text(std::string_view interval);

}  // namespace lockstep::feeds::bybit
