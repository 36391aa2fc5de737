#include "feeds/net/ws_frames.hpp"

#include <openssl/evp.h>
#include <simdjson.h>

#include <array>
#include <cstring>

namespace lockstep::feeds::net {
namespace {

WsTakeResult violation(std::uint16_t close_code, const char* why) {
  WsTakeResult result;
  result.kind = WsTake::violation;
  result.close_code = close_code;
  result.why = why;
  return result;
}

WsTakeResult need(std::size_t bytes) {
  WsTakeResult result;
  result.bytes_needed = bytes;
  return result;
}

std::uint64_t big_endian(const unsigned char* bytes, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

/// Codes a peer may put on the wire: RFC 6455 section 7.4, and 1012..1014 of the IANA registry.
bool may_be_sent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

bool is_utf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

bool is_known(unsigned opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

WsTakeResult WsMessageReader::take(std::string_view bytes) {
  if (bytes.size() < 2) return need(2);
  const auto* head = reinterpret_cast<const unsigned char*>(bytes.data());
  const bool is_final = (head[0] & 0x80) != 0;
  const unsigned opcode = head[0] & 0x0f;
  if ((head[0] & 0x70) != 0) return violation(kWsCloseProtocol, "reserved bits are set");
  if (!is_known(opcode)) return violation(kWsCloseProtocol, "unknown opcode");
  if ((head[1] & 0x80) != 0) return violation(kWsCloseProtocol, "a server frame is masked");
  std::uint64_t length = head[1] & 0x7f;
  const bool is_control = opcode >= 8;
  if (is_control && length > 125)
    return violation(kWsCloseProtocol, "a control frame is longer than 125 bytes");
  if (is_control && !is_final) return violation(kWsCloseProtocol, "a control frame is fragmented");
  std::size_t header_bytes = 2;
  if (length >= 126) {
    const int length_bytes = length == 126 ? 2 : 8;
    header_bytes += static_cast<std::size_t>(length_bytes);
    if (bytes.size() < header_bytes) return need(header_bytes);
    length = big_endian(head + 2, length_bytes);
    if (length < (length_bytes == 2 ? 126U : 65536U)) {
      return violation(kWsCloseProtocol, "a length is not in its shortest form");
    }
  }
  // Before it is waited for: a length beyond any limit must not make the buffer grow.
  if (length > message_bytes_max_) return violation(kWsCloseTooBig, "a frame is above the size limit");
  const std::size_t frame_bytes = header_bytes + static_cast<std::size_t>(length);
  if (bytes.size() < frame_bytes) return need(frame_bytes);
  const std::string_view payload = bytes.substr(header_bytes, static_cast<std::size_t>(length));
  const auto known = static_cast<WsOpcode>(opcode);
  return is_control ? take_control(known, payload, frame_bytes)
                    : take_data(known, is_final, payload, frame_bytes);
}

WsTakeResult WsMessageReader::take_control(WsOpcode opcode, std::string_view payload,
                                           std::size_t frame_bytes) {
  WsTakeResult result;
  result.kind = WsTake::message;
  result.bytes_used = frame_bytes;
  result.message = {opcode, payload, 0};
  if (opcode != WsOpcode::close) return result;
  if (payload.empty()) {
    result.message.close_code = 1005;
    return result;
  }
  if (payload.size() == 1) return violation(kWsCloseProtocol, "a close frame has one byte");
  const auto code =
      static_cast<std::uint16_t>(big_endian(reinterpret_cast<const unsigned char*>(payload.data()), 2));
  if (!may_be_sent(code)) return violation(kWsCloseProtocol, "a close code that may not be sent");
  result.message.close_code = code;
  result.message.payload = payload.substr(2);
  if (!is_utf8(result.message.payload)) return violation(kWsCloseNotUtf8, "a close reason is not UTF-8");
  return result;
}

WsTakeResult WsMessageReader::take_data(WsOpcode opcode, bool is_final, std::string_view payload,
                                        std::size_t frame_bytes) {
  WsTakeResult result;
  result.bytes_used = frame_bytes;
  const bool is_continuation = opcode == WsOpcode::continuation;
  if (is_continuation != is_fragmented_) {
    return violation(kWsCloseProtocol,
                     is_continuation ? "a continuation of nothing" : "a message inside a message");
  }
  if (!is_continuation && is_final) {
    result.kind = WsTake::message;
    result.message = {opcode, payload, 0};
  } else {
    if (!is_continuation) {
      is_fragmented_ = true;
      fragmented_opcode_ = opcode;
      fragments_.clear();
    }
    if (fragments_.size() + payload.size() > message_bytes_max_) {
      return violation(kWsCloseTooBig, "a fragmented message is above the size limit");
    }
    fragments_ += payload;
    result.kind = WsTake::consumed;
    if (!is_final) return result;
    is_fragmented_ = false;
    fragments_.reserve(fragments_.size() + kPaddingBytes);
    result.kind = WsTake::message;
    result.message = {fragmented_opcode_, fragments_, 0};
  }
  if (result.message.opcode == WsOpcode::text && !is_utf8(result.message.payload)) {
    return violation(kWsCloseNotUtf8, "a text message is not UTF-8");
  }
  return result;
}

std::string make_client_frame(WsOpcode opcode, std::string_view payload, std::uint32_t mask) {
  std::string frame;
  frame.reserve(payload.size() + kWsHeaderBytesMax + 4);
  frame += static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  const std::uint64_t length = payload.size();
  const int length_bytes = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const auto marker = length_bytes == 0 ? static_cast<unsigned>(length) : length_bytes == 2 ? 126U : 127U;
  frame += static_cast<char>(0x80 | marker);
  for (int i = length_bytes - 1; i >= 0; --i) frame += static_cast<char>(length >> (8 * i) & 0xff);
  std::array<char, 4> key{};
  std::memcpy(key.data(), &mask, 4);
  frame.append(key.data(), 4);
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ key[i % 4]);
  return frame;
}

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_bytes = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &digest_bytes, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> base64{};
  const int count = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest_bytes));
  return std::string(reinterpret_cast<const char*>(base64.data()), static_cast<std::size_t>(count));
}

}  // namespace lockstep::feeds::net
