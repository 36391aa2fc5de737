// OKX v5 public and business frames from bytes to records. Pure. OKCoin and OKJ speak the same.
// Source: okx.com/docs-v5 (websocket overview, candlesticks channel, trades channel).
#pragma once

#include <string_view>

#include "feeds/frame.hpp"

namespace lockstep::feeds::okx {

/// Kinds: channels candle* are bars, trades and trades-all trades; the text pong is a heartbeat, event notice
/// a status (64008: the connection is about to end). Frames carry no time of their own: ts_event_ms of bars
/// is 0.
class OkxFrameParser final : public FrameParser {
 public:
  ParseResult parse(std::string_view bytes, Frame& frame) override;

 private:
  simdjson::ondemand::parser parser_;
};

/// The suffix of a candle channel ("1m", "1H", "1Dutc") as lockstep's interval ("1m", "1h", "1d"); `text`
/// itself where it is none that we have: 1D is a day of UTC+8, which is another bar than 1d.
std::string_view interval_of(std::string_view text);
/// The other way round; empty where the venue does not have it.
std::string_view interval_text(std::string_view interval);

}  // namespace lockstep::feeds::okx
