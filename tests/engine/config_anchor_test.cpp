// [engine] anchor, in all its forms.
#include <string>

#include "engine/config.hpp"
#include "tests/engine/config_texts.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine {
namespace {

using namespace test;

TEST_CASE("an anchor is history, a UTC time or rolling", "[engine][config][anchor]") {
  CHECK(parse_anchor("history") == Anchor{});
  CHECK(parse_anchor("2024-01-01T00:00:00Z") == Anchor{Anchor::Kind::time, 1'704'067'200'000, 0, 0});
  CHECK(parse_anchor("2024-01-01") == parse_anchor("2024-01-01T00:00:00Z"));
  CHECK(parse_anchor("2024-02-29T13:47:11.123Z").time_ms == 1'709'214'431'123);
  CHECK(parse_anchor("1969-12-31T23:59:59.999Z").time_ms == -1);
  CHECK(parse_anchor("rolling:1500/100") == Anchor{Anchor::Kind::rolling, 0, 1500, 100});
  CHECK(parse_anchor("rolling:1/1") == Anchor{Anchor::Kind::rolling, 0, 1, 1});
  for (const char* text :
       {"history", "2024-01-01T00:00:00Z", "2024-02-29T13:47:11.123Z", "1969-12-31T23:59:59.999Z",
        "1900-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "rolling:1000000/1"}) {
    CHECK(to_string(parse_anchor(text)) == text);
  }
}

TEST_CASE("an anchor can be one of TOML's own dates", "[engine][config][anchor]") {
  CHECK(parse("[engine]\nanchor = 2024-01-01T00:00:00Z\n").engine.anchor == parse_anchor("2024-01-01"));
  CHECK(parse("[engine]\nanchor = 2024-01-01\n").engine.anchor == parse_anchor("2024-01-01"));
  CHECK_THAT(error_of("[engine]\nanchor = 2024-01-01T00:00:00+01:00\n"),
             Catch::StartsWith(
                 "bot.toml:2: [engine] anchor = 2024-01-01T00:00:00+01:00: must be \"history\", a UTC"));
  CHECK_THAT(error_of("[engine]\nanchor = 2024-01-01T00:00:00\n"),
             Catch::StartsWith("bot.toml:2: [engine] anchor = "));
}

TEST_CASE("what is not an anchor is refused, each form by itself", "[engine][config][anchor]") {
  const auto text = GENERATE(
      as<std::string>{}, "", "History", "yesterday", "2024", "2024-13-01", "2023-02-29", "2024-00-10",
      "2024-01-00", "24-01-01", "2024-1-1", "2024-01-01T00:00:00", "2024-01-01T24:00:00Z",
      "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01 00:00:00Z", "2024-01-01T00:00:00+01:00",
      "2024-01-01T00:00:00.1Z", "2024-01-01Z", "1899-12-31", "2200-01-01", "-024-01-01", "1704067200000",
      "rolling", "rolling:", "rolling:1500", "rolling:/100", "rolling:1500/", "rolling:0/100",
      "rolling:1500/0", "rolling:-1/1", "rolling:1500/100/1", "rolling: 1500/100", "rolling:1500/100 ",
      "rolling:1000001/1", "rolling:99999999999999999999/1", "rolling:1.5/1");
  CAPTURE(text);
  CHECK_THROWS_AS(parse_anchor(text), ConfigError);
  CHECK_THAT(
      error_of("[engine]\nanchor = \"" + text + "\"\n"),
      Catch::StartsWith("bot.toml:2: [engine] anchor = \"" + text + "\": must be \"history\", a UTC time"));
}

}  // namespace
}  // namespace lockstep::engine
