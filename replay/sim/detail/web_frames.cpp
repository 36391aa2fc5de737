#include "replay/sim/detail/web_frames.hpp"

#include <openssl/evp.h>

#include <array>
#include <utility>

namespace lockstep::sim {

void append_web_frame(std::string& out, WebOpcode opcode, std::string_view payload) {
  out += static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  const std::uint64_t size = payload.size();
  int size_bytes = 0;
  if (size < 126) {
    out += static_cast<char>(size);
  } else if (size <= 0xffff) {
    out += static_cast<char>(126);
    size_bytes = 2;
  } else {
    out += static_cast<char>(127);
    size_bytes = 8;
  }
  for (int i = size_bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i) & 0xff);
  out += payload;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string out;
  out += static_cast<char>(code >> 8);
  out += static_cast<char>(code & 0xff);
  return out += reason;
}

std::string web_accept_key(std::string_view client_key) {
  const std::string text = std::string(client_key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> base64{};
  const int length = EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(size));
  return std::string(base64.begin(), base64.begin() + length);
}

WebFrameReader::Result WebFrameReader::next(std::string& input, WebOpcode& opcode, std::string& payload) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(input[i]); };
  while (true) {
    if (input.size() < 2) return Result::need_more;
    const bool is_masked = (byte(1) & 0x80) != 0;
    if (!is_masked || (byte(0) & 0x70) != 0) return Result::violation;
    std::uint64_t size = byte(1) & 0x7f;
    const std::size_t size_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    const std::size_t head = 2 + size_bytes + 4;
    if (input.size() < head) return Result::need_more;
    if (size_bytes > 0) size = 0;
    for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | byte(2 + i);
    if (size > kMessageBytesMax) return Result::violation;
    if (input.size() < head + size) return Result::need_more;

    std::string frame = input.substr(head, size);
    for (std::size_t i = 0; i < frame.size(); ++i) {
      frame[i] = static_cast<char>(static_cast<unsigned char>(frame[i]) ^ byte(head - 4 + i % 4));
    }
    const bool is_last = (byte(0) & 0x80) != 0;
    const auto frame_opcode = static_cast<WebOpcode>(byte(0) & 0x0f);
    input.erase(0, head + size);
    const Result result = finish(is_last, frame_opcode, std::move(frame), opcode, payload);
    if (result != Result::need_more) return result;
  }
}

WebFrameReader::Result WebFrameReader::finish(bool is_last, WebOpcode frame_opcode, std::string&& frame,
                                              WebOpcode& opcode, std::string& payload) {
  switch (frame_opcode) {
    case WebOpcode::close:
    case WebOpcode::ping:
    case WebOpcode::pong:
      if (!is_last || frame.size() > 125) return Result::violation;
      opcode = frame_opcode;
      payload = std::move(frame);
      return Result::message;
    case WebOpcode::text:
    case WebOpcode::binary:
      if (fragments_opcode_ != WebOpcode::continuation) return Result::violation;
      fragments_opcode_ = frame_opcode;
      fragments_ = std::move(frame);
      break;
    case WebOpcode::continuation:
      if (fragments_opcode_ == WebOpcode::continuation) return Result::violation;
      fragments_ += frame;
      if (fragments_.size() > kMessageBytesMax) return Result::violation;
      break;
    default:
      return Result::violation;
  }
  if (!is_last) return Result::need_more;
  opcode = std::exchange(fragments_opcode_, WebOpcode::continuation);
  payload = std::exchange(fragments_, {});
  return Result::message;
}

}  // namespace lockstep::sim
