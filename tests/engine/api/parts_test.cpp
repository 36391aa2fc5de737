// The small pieces of the API by themselves.
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/api/access.hpp"
#include "engine/api/json_writer.hpp"
#include "engine/api/outgoing_queue.hpp"
#include "engine/api/target.hpp"
#include "engine/api/utf8.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

std::string number(double value) {
  std::string out;
  append_json_number(out, value);
  return out;
}
std::string text(std::string_view value) {
  std::string out;
  append_json_string(out, value);
  return out;
}
std::string decimal(std::int64_t units, int scale) {
  std::string out;
  append_decimal(out, units, scale);
  return out;
}

TEST_CASE("a double is written so that it reads back to the same bits", "[engine][api]") {
  std::mt19937_64 random(20260101);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const double back = nlohmann::json::parse(number(value)).get<double>();
    std::uint64_t back_bits;
    std::memcpy(&back_bits, &back, sizeof back);
    CAPTURE(bits, number(value));
    // A JSON reader may take -0 as the integer 0.
    REQUIRE((back_bits == bits || value == 0));
  }
  CHECK(number(0.1) == "0.1");
  CHECK(number(1e21) == "1e+21");
  CHECK(number(5e-324) == "5e-324");
}

TEST_CASE("what JSON has no number for is null", "[engine][api]") {
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(number(std::numeric_limits<double>::infinity()) == "null");
  CHECK(number(-std::numeric_limits<double>::infinity()) == "null");
}

TEST_CASE("any bytes become a valid JSON string", "[engine][api][fault][D16]") {
  CHECK(text("a\"b\\c\n\x01\x7f") == R"("a\"b\\c\n\u0001\u007f")");
  CHECK(text("币安") == "\"币安\"");
  CHECK(text("\xff\xc0\x80\xed\xa0\x80\xf5") == "\"\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd\"");
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 12, '\0');
    for (char& each : bytes) each = static_cast<char>(random());
    const auto back = nlohmann::json::parse(text(bytes)).get<std::string>();
    REQUIRE(is_utf8(back));
    if (is_utf8(bytes)) REQUIRE(back == bytes);
  }
}

TEST_CASE("a decimal has exactly as many decimals as the scale says", "[engine][api]") {
  CHECK(decimal(4'325'110, 2) == "43251.10");
  CHECK(decimal(5, 0) == "5");
  CHECK(decimal(5, 3) == "0.005");
  CHECK(decimal(100, 2) == "1.00");
  CHECK(decimal(0, 2) == "0.00");
  CHECK(decimal(-5, 2) == "-0.05");
  CHECK(decimal(INT64_MAX, 18) == "9.223372036854775807");
  CHECK(decimal(INT64_MIN, 18) == "-9.223372036854775808");
}

TEST_CASE("the writer puts commas where they belong", "[engine][api]") {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .field("a", 1)
      .key("b")
      .begin_array()
      .value("x")
      .begin_object()
      .end_object()
      .null()
      .end_array();
  json.field("c", true).field("d", UINT64_MAX).field("e", INT64_MIN).decimal_field("f", 15, 1).end_object();
  CHECK(out ==
        R"({"a":1,"b":["x",{},null],"c":true,"d":18446744073709551615,"e":-9223372036854775808,"f":"1.5"})");
}

TEST_CASE("a target is taken apart before it is decoded, once", "[engine][api]") {
  const auto target = Target::parse("/v1/a%2Fb/%2541?x=1,2&x=a%2Cb&y&&z=#frag");
  REQUIRE(target);
  CHECK(target->parts == std::vector<std::string>{"v1", "a/b", "%41"});
  REQUIRE(target->query.size() == 4);
  CHECK(target->query[0].values == std::vector<std::string>{"1", "2"});
  CHECK(target->query[1].values == std::vector<std::string>{"a,b"});
  CHECK(target->query[2].name == "y");
  CHECK(target->query[2].values == std::vector<std::string>{""});
  CHECK(target->query[3].values == std::vector<std::string>{""});
  for (const char* wrong : {"", "x", "/%", "/%4", "/%zz", "/a?b=%f", "/%c3%28", "http://localhost/"}) {
    CAPTURE(wrong);
    CHECK(!Target::parse(wrong));
  }
}

TEST_CASE("an authority is a host and a port, nothing more", "[engine][api]") {
  CHECK(parse_authority("Example.ORG:80")->host == "example.org");
  CHECK(parse_authority("[::1]:80")->port == "80");
  CHECK(parse_authority("[::1]")->host == "::1");
  for (const char* wrong :
       {"", ":80", "a b", "a/b", "user@host", "[::1", "[x]", "::1", "a:", "a:b", "a:123456", "a\n"}) {
    CAPTURE(wrong);
    CHECK(!parse_authority(wrong));
  }
}

Outgoing message(core::SeriesId series, Signal::Kind kind, std::int64_t tag, std::size_t bytes = 100) {
  return {std::make_shared<const std::string>(bytes, 'x'), series, kind, tag, 0};
}

TEST_CASE("A1: a queue conflates open bars only, and never past a closed one", "[engine][api][fault][A1]") {
  using Push = OutgoingQueue::Push;
  constexpr auto kOpen = Signal::Kind::open_bar;
  constexpr auto kClosed = Signal::Kind::closed_bar;
  OutgoingQueue queue(0, 10'000);
  CHECK(queue.push(message(1, kOpen, 1)) == Push::queued);
  CHECK(queue.push(message(2, kOpen, 2)) == Push::queued);
  CHECK(queue.push(message(1, kOpen, 3, 200)) == Push::conflated);
  CHECK(queue.push(message(1, kOpen, 4)) == Push::conflated);
  CHECK(queue.push(message(1, kClosed, 5)) == Push::queued);
  CHECK(queue.push(message(1, kOpen, 6)) == Push::queued);
  CHECK(queue.push(message(1, kOpen, 7)) == Push::conflated);
  CHECK(queue.size() == 4);
  const Outgoing first = queue.pop();
  CHECK(first.ts_published_ns == 4);
  CHECK(first.conflated == 2);
  CHECK(queue.push(message(2, kOpen, 8)) == Push::conflated);
  CHECK(queue.pop().ts_published_ns == 8);
  CHECK(queue.pop().ts_published_ns == 5);
  CHECK(queue.pop().ts_published_ns == 7);
  CHECK(queue.bytes() == 0);
}

TEST_CASE("A1: a queue never holds more than its cap", "[engine][api][fault][A1]") {
  OutgoingQueue queue(1'000, 5'000);
  std::mt19937 random(3);
  int overflows = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto kind = random() % 3 == 0 ? Signal::Kind::closed_bar : Signal::Kind::open_bar;
    const auto pushed = queue.push(message(random() % 10, kind, i, random() % 900));
    overflows += pushed == OutgoingQueue::Push::overflow ? 1 : 0;
    REQUIRE(queue.bytes() <= 5'000);
    if (random() % 3 == 0 && !queue.empty()) queue.pop();
    if (random() % 500 == 0) queue.keep([](core::SeriesId id, Signal::Kind) { return id % 2 == 0; });
  }
  CHECK(overflows > 0);
  while (!queue.empty()) queue.pop();
  CHECK(queue.bytes() == 0);
}

}  // namespace
}  // namespace lockstep::engine
