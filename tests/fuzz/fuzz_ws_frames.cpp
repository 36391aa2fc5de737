// Any bytes as what a server sends: in one piece or cut anywhere, the messages are the same.
#include <cstdlib>
#include <string>
#include <vector>

#include "feeds/net/ws_frames.hpp"

using namespace lockstep::feeds::net;

namespace {

constexpr std::size_t kMessageBytesMax = 4096;

struct Outcome {
  std::vector<std::string> messages;
  std::uint16_t violation = 0;
  bool operator==(const Outcome&) const = default;
};

/// Feeds `bytes` in pieces of `step`.
Outcome read_all(std::string_view bytes, std::size_t step) {
  Outcome outcome;
  WsMessageReader reader(kMessageBytesMax);
  std::string buffer;
  while (!bytes.empty()) {
    buffer += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (true) {
      const WsTakeResult taken = reader.take(buffer);
      if (taken.kind == WsTake::violation) {
        outcome.violation = taken.close_code;
        return outcome;
      }
      if (taken.kind == WsTake::need_more) {
        const bool is_sane =
            taken.bytes_needed > buffer.size() && taken.bytes_needed <= kMessageBytesMax + kWsHeaderBytesMax;
        if (!is_sane) abort();
        break;
      }
      if (taken.bytes_used == 0 || taken.bytes_used > buffer.size()) abort();
      if (taken.kind == WsTake::message) {
        if (taken.message.payload.size() > kMessageBytesMax) abort();
        outcome.messages.push_back(std::string(1, static_cast<char>(taken.message.opcode)) +
                                   std::string(taken.message.payload));
      }
      buffer.erase(0, taken.bytes_used);
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read_all(bytes, std::max<std::size_t>(size, 1));
  if (read_all(bytes, 1) != whole || read_all(bytes, 7) != whole) abort();
  return 0;
}
