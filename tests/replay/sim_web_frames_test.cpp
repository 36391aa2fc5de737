#include <string>

#include "replay/sim/detail/web_frames.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::sim {
namespace {

using Result = WebFrameReader::Result;

// A client's frame: masked with a fixed key.
std::string client_frame(unsigned first_byte, const std::string& payload) {
  std::string out(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() <= 0xffff) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  }
  const std::string mask = "\x11\x22\x33\x44";
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

TEST_CASE("messages of every length come out whole, whatever the pieces they arrive in",
          "[replay][sim_web_frames]") {
  const auto size = GENERATE(0u, 1u, 125u, 126u, 65535u, 65536u, 200000u);
  const std::string payload(size, 'x');
  const std::string bytes = client_frame(0x81, payload);
  const std::size_t piece = GENERATE(1u, 7u, 300'000u);
  if (piece == 1 && size > 1000) return;  // quadratic and no news
  WebFrameReader reader;
  std::string input, got;
  WebOpcode opcode{};
  Result result = Result::need_more;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    REQUIRE(result == Result::need_more);
    input += bytes.substr(at, piece);
    result = reader.next(input, opcode, got);
  }
  REQUIRE(result == Result::message);
  REQUIRE(opcode == WebOpcode::text);
  REQUIRE(got == payload);
  REQUIRE(input.empty());
}

TEST_CASE("fragments are joined, control frames may come between", "[replay][sim_web_frames]") {
  WebFrameReader reader;
  std::string input = client_frame(0x01, "one ") + client_frame(0x89, "ping") + client_frame(0x80, "two") +
                      client_frame(0x81, "three");
  std::string got;
  WebOpcode opcode{};
  REQUIRE(reader.next(input, opcode, got) == Result::message);
  REQUIRE((opcode == WebOpcode::ping && got == "ping"));
  REQUIRE(reader.next(input, opcode, got) == Result::message);
  REQUIRE((opcode == WebOpcode::text && got == "one two"));
  REQUIRE(reader.next(input, opcode, got) == Result::message);
  REQUIRE(got == "three");
  REQUIRE(reader.next(input, opcode, got) == Result::need_more);
}

TEST_CASE("frames against the protocol are violations", "[replay][sim_web_frames]") {
  const auto result_of = [](std::string input) {
    WebFrameReader reader;
    WebOpcode opcode{};
    std::string got;
    return reader.next(input, opcode, got);
  };
  REQUIRE(result_of(std::string("\x81\x02hi")) == Result::violation);                  // not masked
  REQUIRE(result_of(client_frame(0xc1, "a")) == Result::violation);                    // reserved bit
  REQUIRE(result_of(client_frame(0x83, "a")) == Result::violation);                    // unknown opcode
  REQUIRE(result_of(client_frame(0x80, "a")) == Result::violation);                    // nothing to continue
  REQUIRE(result_of(client_frame(0x09, "a")) == Result::violation);                    // ping in fragments
  REQUIRE(result_of(client_frame(0x89, std::string(126, 'a'))) == Result::violation);  // long ping
  REQUIRE(result_of(client_frame(0x81, std::string(300'000, 'a'))) == Result::violation);  // too big
  REQUIRE(result_of(client_frame(0x01, "a") + client_frame(0x81, "b")) == Result::violation);
}

TEST_CASE("the accept key is the one of RFC 6455", "[replay][sim_web_frames]") {
  REQUIRE(web_accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

}  // namespace
}  // namespace lockstep::sim
