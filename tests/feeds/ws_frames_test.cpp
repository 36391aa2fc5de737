// RFC 6455 frames of a server, good and bad (after the classes of the Autobahn suite).
#include "feeds/net/ws_frames.hpp"

#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace lockstep::feeds::net {
namespace {

constexpr std::size_t kMax = 100'000;

/// A server frame with its first byte and payload as given.
std::string frame(unsigned first_byte, const std::string& payload) {
  std::string bytes(1, static_cast<char>(first_byte));
  const std::size_t length = payload.size();
  if (length < 126) {
    bytes += static_cast<char>(length);
  } else if (length < 65536) {
    bytes += {126, static_cast<char>(length >> 8), static_cast<char>(length & 0xff)};
  } else {
    bytes += 127;
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes += static_cast<char>(static_cast<std::uint64_t>(length) >> shift & 0xff);
  }
  bytes += payload;
  return bytes;
}

std::uint16_t violation_of(const std::string& bytes) {
  WsMessageReader reader(kMax);
  std::string_view rest = bytes;
  while (true) {
    const WsTakeResult taken = reader.take(rest);
    if (taken.kind == WsTake::violation) return taken.close_code;
    if (taken.kind == WsTake::need_more) return 0;
    rest.remove_prefix(taken.bytes_used);
  }
}

}  // namespace

TEST_CASE("a text frame is read in place, whatever its length", "[feeds][ws_frames]") {
  const std::size_t length = GENERATE(0, 1, 125, 126, 127, 65535, 65536, 100000);
  const std::string bytes = frame(0x81, std::string(length, 'x'));
  WsMessageReader reader(kMax);
  const WsTakeResult taken = reader.take(bytes + "tail");
  CAPTURE(length);
  REQUIRE(taken.kind == WsTake::message);
  CHECK(taken.bytes_used == bytes.size());
  CHECK(taken.message.opcode == WsOpcode::text);
  CHECK(taken.message.payload.size() == length);
  const WsTakeResult cut = reader.take(std::string_view(bytes).substr(0, bytes.size() - 1));
  CHECK(cut.kind == WsTake::need_more);
  CHECK(cut.bytes_needed <= bytes.size());
  CHECK(cut.bytes_needed > bytes.size() - 1);
}

TEST_CASE("N16: fragments are put together, control frames may come between",
          "[feeds][ws_frames][fault][N16]") {
  const std::string bytes =
      frame(0x01, "one ") + frame(0x89, "ping") + frame(0x00, "\xc3") + frame(0x80, "\xa9 two");
  WsMessageReader reader(kMax);
  std::string_view rest = bytes;
  std::vector<std::string> seen;
  while (!rest.empty()) {
    const WsTakeResult taken = reader.take(rest);
    REQUIRE((taken.kind == WsTake::message || taken.kind == WsTake::consumed));
    if (taken.kind == WsTake::message) seen.emplace_back(taken.message.payload);
    rest.remove_prefix(taken.bytes_used);
  }
  CHECK(seen == std::vector<std::string>{"ping", "one \xc3\xa9 two"});
}

TEST_CASE("N16: what a server may not send is refused with the right code",
          "[feeds][ws_frames][fault][N16]") {
  const struct {
    const char* what;
    std::string bytes;
    int code;
  } rows[] = {{"reserved bit 1 (compression was not agreed)", frame(0xc1, "x"), 1002},
              {"reserved bit 2", frame(0xa1, "x"), 1002},
              {"reserved bit 3", frame(0x91, "x"), 1002},
              {"opcode 3", frame(0x83, "x"), 1002},
              {"opcode 11", frame(0x8b, "x"), 1002},
              {"masked", std::string("\x81\x81\0\0\0\0x", 7), 1002},
              {"long ping", frame(0x89, std::string(126, 'x')), 1002},
              {"fragmented ping", frame(0x09, "x"), 1002},
              {"continuation of nothing", frame(0x80, "x"), 1002},
              {"message inside a message", frame(0x01, "x") + frame(0x81, "y"), 1002},
              {"16-bit length for 5 bytes", std::string("\x81\x7e\0\5hello", 9), 1002},
              {"64-bit length for 300 bytes", std::string("\x81\x7f\0\0\0\0\0\0\1\x2c", 10), 1002},
              {"64-bit length with the top bit", std::string("\x81\x7f\xff\0\0\0\0\0\0\0", 10), 1009},
              {"above the size limit", std::string("\x81\x7f\0\0\0\0\0\2\0\0", 10), 1009},
              {"fragments above the size limit",
               frame(0x01, std::string(60000, 'x')) + frame(0x80, std::string(60000, 'x')), 1009},
              {"not UTF-8", frame(0x81, "\xff"), 1007},
              {"a surrogate", frame(0x81, "\xed\xa0\x80"), 1007},
              {"not UTF-8 over fragments", frame(0x01, "\xc3") + frame(0x80, "x"), 1007},
              {"close of one byte", frame(0x88, "x"), 1002},
              {"close 1005", frame(0x88, "\x03\xed"), 1002},
              {"close 999", frame(0x88, "\x03\xe7"), 1002},
              {"close 5000", frame(0x88, "\x13\x88"), 1002},
              {"close reason not UTF-8", frame(0x88, "\x03\xe8\xff"), 1007}};
  for (const auto& row : rows) {
    CAPTURE(row.what);
    CHECK(violation_of(row.bytes) == row.code);
  }
  CHECK(violation_of(frame(0x88, "\x03\xe8 bye") + frame(0x82, "\xff")) == 0);
}

TEST_CASE("N15: a frame that says it is compressed is refused before a byte of it is looked at",
          "[feeds][ws_frames][fault][N15]") {
  // A kilobyte of deflate that would be a megabyte: no extension is offered, so it may not come at all.
  CHECK(violation_of(frame(0xc1, std::string(1000, '\0'))) == 1002);
  CHECK(violation_of(frame(0x41, "x") + frame(0x80, "y")) == 1002);  // the first of a fragmented one
  CHECK(violation_of(frame(0x01, "x") + frame(0xc0, "y")) == 1002);  // or a later one
}

TEST_CASE("close frames give their code and reason", "[feeds][ws_frames]") {
  WsMessageReader reader(kMax);
  const std::string bytes = frame(0x88, "\x03\xf4 restart");
  const WsTakeResult taken = reader.take(bytes);
  REQUIRE(taken.kind == WsTake::message);
  CHECK(taken.message.opcode == WsOpcode::close);
  CHECK(taken.message.close_code == 1012);
  CHECK(taken.message.payload == " restart");
  CHECK(reader.take(frame(0x88, "")).message.close_code == 1005);
}

TEST_CASE("client frames are masked and final", "[feeds][ws_frames]") {
  const std::string text = make_client_frame(WsOpcode::text, "Hello", 0x3d21fa37);
  // The example of RFC 6455 section 5.7, key 37 fa 21 3d.
  CHECK(text == std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11));
  CHECK(make_client_frame(WsOpcode::text, std::string(126, 'x'), 0).substr(0, 4) ==
        std::string("\x81\xfe\0\x7e", 4));
  CHECK(make_client_frame(WsOpcode::text, std::string(70000, 'x'), 0).size() == 70000 + 14);
}

TEST_CASE("the accept key is that of the RFC's example", "[feeds][ws_frames]") {
  CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace lockstep::feeds::net
