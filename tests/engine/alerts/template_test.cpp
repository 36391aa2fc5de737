// Templates: what they become, and that a wrong one says so at the start.
#include <nlohmann/json.hpp>

#include <cmath>
#include <random>

#include "engine/alerts/template.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::alerts {
namespace {

std::string error_of(const std::string& text) {
  try {
    Template checked(text);
  } catch (const TemplateError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("the default body is one JSON object with every field", "[engine][alerts]") {
  const nlohmann::json json = nlohmann::json::parse(to_json(sample_alert()));
  CHECK(json.size() == fields().size());
  CHECK(json["symbol"] == "TESTUSDT");
  CHECK(json["average"] == 0.25);
  CHECK(json["closed"] == true);
  CHECK(json["close"] == "43250.07");
  CHECK(json["text"].get<std::string>().find("test TESTUSDT 1m on binance_spot") == 0);
}

TEST_CASE("what is undefined is null", "[engine][alerts]") {
  const nlohmann::json json = nlohmann::json::parse(to_json(Alert{}));
  CHECK(json["average"].is_null());
  CHECK(json["ts_open_ms"].is_null());
}

TEST_CASE("a template's fields are filled in as JSON has them", "[engine][alerts]") {
  const Template text("{\"content\": \"{{event}} {{ symbol }} at {{average}}\", \"n\": {{average}}}");
  const nlohmann::json json = nlohmann::json::parse(text.render(sample_alert()));
  CHECK(json["content"] == "test TESTUSDT at 0.25");
  CHECK(json["n"] == 0.25);
}

TEST_CASE("A9: a hostile symbol cannot leave its quotes", "[engine][alerts][fault][A9]") {
  Alert alert = sample_alert();
  alert.symbol = "X\",\"admin\":true,\"\\\n\x01\xff";
  const Template text("{\"symbol\":\"{{symbol}}\"}");
  const nlohmann::json json = nlohmann::json::parse(text.render(alert));
  CHECK(json.size() == 1);
  CHECK(nlohmann::json::parse(to_json(alert)).size() == fields().size());
}

TEST_CASE("a wrong template names the place, the value and what would be right", "[engine][alerts]") {
  CHECK(error_of("{\"a\": \"{{symbl}}\"}") ==
        "line 1, character 8: there is no field {{symbl}}; the fields are id, rule, event, text, venue, "
        "symbol, "
        "interval, ts_ms, ts_open_ms, closed, valid, replayed, state, reason, average, level, direction, "
        "close, "
        "revision, suppressed, detail");
  CHECK(error_of("{\n \"a\": \"{{symbol\"}").find("line 2, character 8: {{ without }}") == 0);
  CHECK(error_of("{\"a\": {{symbol}}}").find("it is not JSON; texts need quotes") != std::string::npos);
  // An average may be undefined: in quotes it is a text either way, half in quotes it is nothing.
  CHECK(error_of("{\"a\": -{{average}}}").find("it is not JSON") != std::string::npos);
  CHECK(error_of(std::string(20'000, ' ')).find("at most 16384 bytes") != std::string::npos);
  CHECK(error_of("{\"text\": \"{{text}}\"}").empty());
}

TEST_CASE("any template is refused, or makes JSON of any alert", "[engine][alerts][property]") {
  const std::vector<std::string> pieces = {
      "{{", "}}", "{", "}", "\"", ":", ",",          "symbol",      "average",      "text",
      " ",  "\\", "1", "[", "]",  "x", "{{symbol}}", "{{average}}", "\"{{close}}\""};
  std::mt19937 random(7);
  Alert alert = sample_alert();
  alert.symbol = "\"\\\n";
  alert.average = std::nan("");
  int accepted = 0;
  for (int draw = 0; draw < 20'000; ++draw) {
    std::string text;
    for (std::size_t count = 1 + random() % 8; count > 0; --count) text += pieces[random() % pieces.size()];
    CAPTURE(draw, text);
    if (!error_of(text).empty()) continue;
    ++accepted;
    REQUIRE(nlohmann::json::accept(Template(text).render(alert)));
  }
  CHECK(accepted > 100);
}

}  // namespace
}  // namespace lockstep::engine::alerts
