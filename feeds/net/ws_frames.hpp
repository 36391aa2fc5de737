// RFC 6455 frames of a server, from bytes to messages, in place. Pure: no sockets, no clock.
//
// Beast's own reader asks the socket once per some five frames and takes about a microsecond a message; here
// a frame is framed where it lies in a large read buffer (some 40 ns).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::feeds::net {

enum class WsOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Close codes of RFC 6455 section 7.4.1 that we send.
inline constexpr std::uint16_t kWsCloseNormal = 1000;
inline constexpr std::uint16_t kWsCloseProtocol = 1002;
inline constexpr std::uint16_t kWsCloseNotUtf8 = 1007;
inline constexpr std::uint16_t kWsCloseTooBig = 1009;

/// A frame costs at most this many bytes beside its payload.
inline constexpr std::size_t kWsHeaderBytesMax = 10;

/// One whole message, or a control frame.
struct WsMessage {
  WsOpcode opcode = WsOpcode::text;  ///< never continuation
  std::string_view payload;      ///< until the next take(); in the caller's buffer unless it was fragmented
  std::uint16_t close_code = 0;  ///< close: what the server said, 1005 when it said nothing
};

enum class WsTake : std::uint8_t {
  message,    ///< `message` is filled; bytes_used are done with
  consumed,   ///< a fragment was kept; bytes_used are done with, go on
  need_more,  ///< the frame is not all there: bytes_needed is its whole size, or a lower bound
  violation,  ///< the connection must be closed with close_code; `why` is a static text
};

struct WsTakeResult {
  WsTake kind = WsTake::need_more;
  std::size_t bytes_used = 0;
  std::size_t bytes_needed = 0;
  WsMessage message;
  std::uint16_t close_code = 0;
  const char* why = "";
};

/// Reads the messages of one connection. Refuses what RFC 6455 forbids a server: masked frames, reserved bits
/// and opcodes, control frames that are long or fragmented, continuations of nothing, lengths not in their
/// shortest form or beyond 63 bits, text that is not UTF-8, close frames of one byte or with a code that may
/// not be sent. A message above message_bytes_max is refused as soon as its header tells.
class WsMessageReader {
 public:
  explicit WsMessageReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  /// Looks at the frame at the front of `bytes`. After a violation the reader must not be used again.
  WsTakeResult take(std::string_view bytes);

  /// Readable bytes behind the payload of a message that was put together here (for JSON parsers that read
  /// ahead).
  static constexpr std::size_t kPaddingBytes = 64;

 private:
  WsTakeResult take_control(WsOpcode opcode, std::string_view payload, std::size_t frame_bytes);
  WsTakeResult take_data(WsOpcode opcode, bool is_final, std::string_view payload, std::size_t frame_bytes);

  std::size_t message_bytes_max_;
  std::string fragments_;
  bool is_fragmented_ = false;
  WsOpcode fragmented_opcode_ = WsOpcode::text;
};

/// A final client frame, masked with `mask`. Client frames must be masked with bytes nobody can foresee.
std::string make_client_frame(WsOpcode opcode, std::string_view payload, std::uint32_t mask);

/// The Sec-WebSocket-Accept that answers `key`.
std::string websocket_accept(std::string_view key);

}  // namespace lockstep::feeds::net
