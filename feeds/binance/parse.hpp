// Binance frames (spot and USD-M) from bytes to plain structs. Pure: no sockets, no clock, no allocation per
// frame. Source: binance-spot-api-docs web-socket-streams.md; developers.binance.com "Websocket Market
// Streams" (USD-M).
#pragma once

#include <cstdint>
#include <string_view>

#include "feeds/bar_reader.hpp"
#include "feeds/json_fields.hpp"

namespace lockstep::feeds::binance {

enum class FrameKind : std::uint8_t {
  bar,              ///< event kline
  trade,            ///< events trade and aggTrade
  ack,              ///< {"result":null,"id":n}
  error,            ///< {"code":..,"msg":..} or {"error":{..}}
  server_shutdown,  ///< a restart is planned: reconnect
  unknown,          ///< proper JSON of no use to us
};

/// Texts point into the frame (or into the parser, where the frame had escapes) until the next parse.
struct Kline {
  std::int64_t ts_event_ms = 0;
  std::string_view symbol;
  std::string_view interval;
  BarTexts bar;
  bool is_closed = false;
};

struct Trade {
  std::int64_t ts_event_ms = 0;
  std::string_view symbol;
  std::string_view price, quantity;
  std::string_view trade_id;  ///< digits; the aggregate's id for aggTrade
  std::string_view origin;    ///< USD-M: MARKET, INSURANCE_FUND, ...; empty on spot
};

/// An answer to a request of ours. id is -1 when it is absent, null or no integer.
struct Reply {
  std::int64_t id = -1;
  std::int64_t code = 0;     ///< error only
  std::string_view message;  ///< error only
};

/// Which of the members holds is told by `kind`; server_shutdown sets ts_event_ms.
struct Frame {
  FrameKind kind = FrameKind::unknown;
  std::int64_t ts_event_ms = 0;
  Kline kline;
  Trade trade;
  Reply reply;
};

/// Reuse one parser for all frames of a thread. Fields may come in any order; the wire's own is the fastest.
/// Unknown keys, unknown events and blanks are skipped; a needed key that is there twice is refused. The
/// whole of the frame is read, so a cut or damaged one is never taken for good.
class FrameParser {
 public:
  /// `bytes` must be followed by kJsonPadding readable bytes. On any status but ok `frame` is unspecified,
  /// but for kline.symbol and kline.interval: those of a kline as far as they had been read, else empty.
  ParseResult parse(std::string_view bytes, Frame& frame);

 private:
  simdjson::ondemand::parser parser_;
};

}  // namespace lockstep::feeds::binance
