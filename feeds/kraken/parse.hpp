// Kraken v2 (spot) frames from bytes to records. Pure.
// Source: docs.kraken.com (spot-websocket-v2 ohlc, trade, status, heartbeat, ping).
#pragma once

#include <string_view>

#include "feeds/frame.hpp"

namespace lockstep::feeds::kraken {

/// Kinds: channels ohlc (bars without a closed flag) and trade, heartbeat and the answer to a ping, status;
/// answers to subscribe requests are an ack or an error a symbol. Prices are JSON numbers; their texts are
/// the raw tokens.
class KrakenFrameParser final : public FrameParser {
 public:
  ParseResult parse(std::string_view bytes, Frame& frame) override;

 private:
  simdjson::ondemand::parser parser_;
};

/// The venue's minutes ("1", "60") as lockstep's interval ("1m", "1h"); `text` itself where it is none that
/// we have.
std::string_view interval_of(std::string_view text);
/// The other way round; empty where the venue does not have it.
std::string_view interval_text(std::string_view interval);

}  // namespace lockstep::feeds::kraken
