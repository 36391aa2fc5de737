// Kline frames as Binance's combined streams send them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "incremental/bar.hpp"

namespace lockstep::bench {

/// BENCH0USDT, BENCH1USDT, ...
std::vector<std::string> symbol_names(std::size_t count);

/// The text of one frame: 1m bar `bar` of `symbol`, prices of scale kWalkScale written with eight decimals as
/// spot does.
std::string kline_text(std::string_view symbol, const BarTicks& bar, bool is_closed,
                       std::int64_t ts_event_ms);

/// The frame of a server around a text of 126 to 65535 bytes.
std::string websocket_frame(std::string_view text);

/// A price as the venue writes it.
std::string price_text(std::int64_t ticks);

}  // namespace lockstep::bench
