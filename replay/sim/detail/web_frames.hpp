// Websocket framing (RFC 6455), server side: frames out, masked frames in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::sim {

enum class WebOpcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// Appends one unfragmented, unmasked frame.
void append_web_frame(std::string& out, WebOpcode opcode, std::string_view payload);
/// Payload of a close frame: code, then reason.
std::string close_payload(std::uint16_t code, std::string_view reason);
/// The value of Sec-WebSocket-Accept for a client's key.
std::string web_accept_key(std::string_view client_key);

/// Takes a client's bytes apart. A message is whole: fragments are joined, control frames may come between
/// them.
class WebFrameReader {
 public:
  enum class Result : std::uint8_t { need_more, message, violation };

  static constexpr std::size_t kMessageBytesMax = 256 * 1024;

  /// Takes the next message from the front of `input`, removing what it used. On `violation` (unmasked,
  /// reserved bits, oversized, broken fragments) the connection must be closed.
  Result next(std::string& input, WebOpcode& opcode, std::string& payload);

 private:
  Result finish(bool is_last, WebOpcode frame_opcode, std::string&& frame, WebOpcode& opcode,
                std::string& payload);

  std::string fragments_;
  WebOpcode fragments_opcode_ = WebOpcode::continuation;  // continuation: no message in progress
};

}  // namespace lockstep::sim
