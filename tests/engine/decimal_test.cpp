#include "engine/core/decimal.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

namespace lockstep::core {
namespace {

constexpr std::int64_t kUntouched = 0x5A5A5A5A5A5A5A5A;

struct Parsed {
  DecimalStatus status;
  std::int64_t units;
  friend bool operator==(const Parsed&, const Parsed&) = default;
};
std::ostream& operator<<(std::ostream& out, const Parsed& parsed) {
  return out << to_string(parsed.status) << ' ' << parsed.units;
}

/// A copy without a byte to spare, so that AddressSanitizer sees every read past the end.
Parsed parse(const std::string& text, int scale, bool half_even = false) {
  const std::vector<char> exact(text.begin(), text.end());
  Parsed parsed{DecimalStatus::ok, kUntouched};
  const std::string_view view(exact.data(), exact.size());
  parsed.status = half_even ? parse_decimal_half_even(view, scale, parsed.units)
                            : parse_decimal(view, scale, parsed.units);
  return parsed;
}

Parsed ok(std::int64_t units) {
  return {DecimalStatus::ok, units};
}
Parsed bad(DecimalStatus status) {
  return {status, kUntouched};
}

/// The slow way: the digits as one long text, the point moved by hand.
Parsed parse_by_hand(std::string text, int scale, bool half_even) {
  if (text.empty()) return bad(DecimalStatus::empty);
  const bool negative = text[0] == '-';
  if (negative) text.erase(0, 1);
  int exponent = 0;
  if (const auto e = text.find_first_of("eE"); e != std::string::npos) {
    std::string digits = text.substr(e + 1);
    const bool has_sign = !digits.empty() && (digits[0] == '-' || digits[0] == '+');
    if (digits.size() == (has_sign ? 1u : 0u)) return bad(DecimalStatus::not_a_decimal);
    if (digits.find_first_not_of("0123456789", has_sign ? 1 : 0) != std::string::npos)
      return bad(DecimalStatus::not_a_decimal);
    exponent = static_cast<int>(std::clamp(std::strtol(digits.c_str(), nullptr, 10), -999L, 999L));
    text.resize(e);
  }
  std::string whole = text, decimals;
  if (const auto point = text.find('.'); point != std::string::npos) {
    whole = text.substr(0, point);
    decimals = text.substr(point + 1);
    if (decimals.empty()) return bad(DecimalStatus::not_a_decimal);
  }
  if (whole.empty() || (whole + decimals).find_first_not_of("0123456789") != std::string::npos)
    return bad(DecimalStatus::not_a_decimal);
  for (int shift = exponent + scale; shift > 0; --shift) {
    whole += decimals.empty() ? '0' : decimals[0];
    if (!decimals.empty()) decimals.erase(0, 1);
  }
  for (int shift = exponent + scale; shift < 0; ++shift) {
    decimals.insert(0, 1, whole.empty() ? '0' : whole.back());
    if (!whole.empty()) whole.pop_back();
  }
  while (!decimals.empty() && decimals.back() == '0') decimals.pop_back();
  __extension__ using Wide = unsigned __int128;
  Wide magnitude = 0;
  for (const char c : whole) {
    magnitude = magnitude * 10 + static_cast<unsigned>(c - '0');
    if (magnitude > (Wide{1} << 100)) magnitude = Wide{1} << 100;
  }
  if (half_even) {
    if (decimals > "5" || (decimals == "5" && magnitude % 2 == 1)) ++magnitude;
    decimals.clear();
  }
  if (magnitude > (Wide{1} << 63) - (negative ? 0 : 1)) return bad(DecimalStatus::out_of_range);
  if (!decimals.empty()) return bad(DecimalStatus::too_many_decimals);
  return ok(static_cast<std::int64_t>(negative ? Wide{0} - magnitude : magnitude));
}

std::string random_digits(std::mt19937_64& random, int count) {
  std::string digits;
  // Runs of one digit make zeros, nines and ties likely.
  const char favourite = "059"[random() % 3];
  for (int i = 0; i < count; ++i)
    digits += random() % 2 == 0 ? favourite : static_cast<char>('0' + static_cast<int>(random() % 10));
  return digits;
}

std::string random_text(std::mt19937_64& random) {
  std::string text = random() % 8 == 0 ? "-" : "";
  text += random_digits(random, 1 + static_cast<int>(random() % (random() % 4 == 0 ? 24 : 8)));
  if (random() % 4 != 0) text += '.' + random_digits(random, 1 + static_cast<int>(random() % 20));
  if (random() % 5 == 0) {
    text += random() % 2 == 0 ? 'e' : 'E';
    text += std::vector<const char*>{"", "+", "-"}[random() % 3];
    text += std::to_string(random() % 25);
  }
  if (random() % 6 == 0) {  // one wrong character somewhere
    const std::string wrong = ".eE-+ ,x0\n";
    text.insert(random() % (text.size() + 1), 1, wrong[random() % wrong.size()]);
  }
  return text;
}

}  // namespace

TEST_CASE("a price text becomes ticks exactly", "[engine][decimal]") {
  CHECK(parse("43251.10", 2) == ok(4325110));
  CHECK(parse("43251.10000000", 2) == ok(4325110));
  CHECK(parse("43251.10000000", 8) == ok(4325110000000));
  CHECK(parse("43251.1", 2) == ok(4325110));
  CHECK(parse("0.00001234", 8) == ok(1234));
  CHECK(parse("5", 0) == ok(5));
  CHECK(parse("5", 18) == ok(5'000'000'000'000'000'000));
  CHECK(parse("0", 4) == ok(0));
  CHECK(parse("000.50", 1) == ok(5));
  CHECK(parse("0.1234567890123456789012345", 18, true) == ok(123456789012345679));
  CHECK(parse("12345678.12345678", 8) == ok(1234567812345678));
  CHECK(parse("1234567890123456", 0) == ok(1234567890123456));
  CHECK(parse("1.000000000000000000000000000000000000", 0) == ok(1));
}

TEST_CASE("the ends of the range are exact", "[engine][decimal]") {
  CHECK(parse("9223372036854775807", 0) == ok(INT64_MAX));
  CHECK(parse("9.223372036854775807", 18) == ok(INT64_MAX));
  CHECK(parse("9223372036854775808", 0) == bad(DecimalStatus::out_of_range));
  CHECK(parse("-9223372036854775808", 0) == ok(INT64_MIN));
  CHECK(parse("-9223372036854775809", 0) == bad(DecimalStatus::out_of_range));
  CHECK(parse("9223372036854775807.5", 0) == bad(DecimalStatus::too_many_decimals));
  CHECK(parse("9223372036854775807.5", 0, true) == bad(DecimalStatus::out_of_range));
  CHECK(parse("9223372036854775807.4", 0, true) == ok(INT64_MAX));
  CHECK(parse("10", 18) == bad(DecimalStatus::out_of_range));
  CHECK(parse("18446744073709551616", 0) == bad(DecimalStatus::out_of_range));
  CHECK(parse("-0", 3) == ok(0));
  CHECK(parse("-12.5", 1) == ok(-125));
}

TEST_CASE("D11: an exponent form is read when it is exact", "[engine][decimal][fault][D11]") {
  CHECK(parse("1.1e-05", 6) == ok(11));
  CHECK(parse("1.1E-5", 6) == ok(11));
  CHECK(parse("1.1e-05", 5) == bad(DecimalStatus::too_many_decimals));
  CHECK(parse("4.325e4", 2) == ok(4325000));
  CHECK(parse("4.325e+4", 0) == ok(43250));
  CHECK(parse("0e999", 0) == ok(0));
  CHECK(parse("1e999", 0) == bad(DecimalStatus::out_of_range));
  CHECK(parse("1e99999999999999999999999999", 0) == bad(DecimalStatus::out_of_range));
  CHECK(parse("1e-99999999999999999999999999", 18) == bad(DecimalStatus::too_many_decimals));
  CHECK(parse("1e-99999999999999999999999999", 18, true) == ok(0));
}

TEST_CASE("D11: what is not a plain decimal is refused, each form by itself",
          "[engine][decimal][fault][D11]") {
  const std::string text =
      GENERATE(as<std::string>{}, "0x1F", "0x1p3", "+1", " 1", "1 ", "\t1", "1\n", ".5", "5.", ".", "-",
               "-.5", "--1", "-+1", "1,5", "1.234,5", "1'000", "1_000", "NaN", "nan", "-nan", "Infinity",
               "-Infinity", "inf", "null", "1e", "1e+", "1e-", "1e1.5", "1e 5", "e5", "1.e5", ".1e5", "1..2",
               "1.2.3", "1-", "1e5e5", "12345678901234567890123456.", "1f", "1.0f", "\xD9\xA1",
               "\xEF\xBC\x91", "1234567:", "1234567/", "12.34567\xB0");
  CAPTURE(text);
  CHECK(parse(text, 2) == bad(DecimalStatus::not_a_decimal));
  CHECK(parse(text, 2, true) == bad(DecimalStatus::not_a_decimal));
  int scale = -7;
  CHECK(decimal_scale(text, scale) == DecimalStatus::not_a_decimal);
  CHECK(scale == -7);
}

TEST_CASE("D11: empty, NUL, 25 digits and too many decimals each have their own answer",
          "[engine][decimal][fault][D11]") {
  CHECK(parse("", 2) == bad(DecimalStatus::empty));
  CHECK(parse(std::string(1, '\0'), 2) == bad(DecimalStatus::not_a_decimal));
  CHECK(parse(std::string("1\0", 2), 2) == bad(DecimalStatus::not_a_decimal));
  CHECK(parse(std::string("\0001", 2), 2) == bad(DecimalStatus::not_a_decimal));
  CHECK(parse("1234567890123456789012345", 0) == bad(DecimalStatus::out_of_range));
  CHECK(parse("1234567890123456789012345", 0, true) == bad(DecimalStatus::out_of_range));
  CHECK(parse("0.1234567890123456789012345", 18) == bad(DecimalStatus::too_many_decimals));
  CHECK(parse("43251.101", 2) == bad(DecimalStatus::too_many_decimals));
}

TEST_CASE("half_even rounds to the nearest unit and ties to the even one", "[engine][decimal]") {
  CHECK(parse("1.0999999999999999", 2, true) == ok(110));
  CHECK(parse("1.100000000000000088817841970012523", 2, true) == ok(110));
  CHECK(parse("0.125", 2, true) == ok(12));
  CHECK(parse("0.135", 2, true) == ok(14));
  CHECK(parse("0.1250000000000000000000001", 2, true) == ok(13));
  CHECK(parse("-0.135", 2, true) == ok(-14));
  CHECK(parse("0.004", 2, true) == ok(0));
  CHECK(parse("0.005", 2, true) == ok(0));
  CHECK(parse("0.0051", 2, true) == ok(1));
  CHECK(parse("0.0005", 2, true) == ok(0));
  CHECK(parse("0.0009", 2, true) == ok(0));
  CHECK(parse("9.5", 0, true) == ok(10));
  CHECK(parse("5e-1", 0, true) == ok(0));
  CHECK(parse("15e-1", 0, true) == ok(2));
}

TEST_CASE("decimal_scale is the least scale at which a text is whole", "[engine][decimal]") {
  const auto scale_of = [](std::string_view text) {
    int scale = -1;
    return decimal_scale(text, scale) == DecimalStatus::ok ? scale : -1;
  };
  CHECK(scale_of("43251.10") == 1);
  CHECK(scale_of("43251.10000000") == 1);
  CHECK(scale_of("43251") == 0);
  CHECK(scale_of("43250") == 0);
  CHECK(scale_of("0.00") == 0);
  CHECK(scale_of("0.00000001") == 8);
  CHECK(scale_of("1.1e-05") == 6);
  CHECK(scale_of("1.25e1") == 1);
  CHECK(scale_of("1e999") == 0);
  CHECK(scale_of("0.0000000000000000010000000") == 18);
  int scale = -7;
  CHECK(decimal_scale("0.0000000000000000001", scale) == DecimalStatus::too_many_decimals);
  CHECK(decimal_scale("1.1000000000000000888", scale) == DecimalStatus::too_many_decimals);
  CHECK(decimal_scale("", scale) == DecimalStatus::empty);
  CHECK(scale == -7);
}

TEST_CASE("parsing agrees with long arithmetic on random texts, right and wrong", "[engine][decimal]") {
  const auto seed = GENERATE(1u, 2u, 3u);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = random_text(random);
    const int scale = static_cast<int>(random() % 19);
    CAPTURE(seed, i, text, scale);
    const Parsed exact = parse(text, scale);
    const Parsed rounded = parse(text, scale, true);
    if (exact != parse_by_hand(text, scale, false)) REQUIRE(exact == parse_by_hand(text, scale, false));
    if (rounded != parse_by_hand(text, scale, true)) REQUIRE(rounded == parse_by_hand(text, scale, true));

    int least = -1;
    const DecimalStatus status = decimal_scale(text, least);
    if (exact.status == DecimalStatus::ok) REQUIRE((status == DecimalStatus::ok && least <= scale));
    if (status != DecimalStatus::ok) continue;
    REQUIRE(parse_by_hand(text, least, false).status != DecimalStatus::too_many_decimals);
    if (least > 0) REQUIRE(parse_by_hand(text, least - 1, false).status != DecimalStatus::ok);
  }
}

TEST_CASE("every price printed with fixed decimals is read back", "[engine][decimal]") {
  std::mt19937_64 random(20240101);
  for (int i = 0; i < 100'000; ++i) {
    const int decimals = static_cast<int>(random() % 9);
    const auto ticks = static_cast<std::int64_t>(random() >> (1 + random() % 60));
    std::string text = std::to_string(ticks);
    if (decimals > 0) {
      if (text.size() <= static_cast<std::size_t>(decimals))
        text.insert(0, static_cast<std::size_t>(decimals) + 1 - text.size(), '0');
      text.insert(text.size() - static_cast<std::size_t>(decimals), 1, '.');
    }
    const Parsed parsed = parse(text, decimals);
    CAPTURE(text, decimals);
    if (parsed != ok(ticks)) REQUIRE(parsed == ok(ticks));
  }
}

TEST_CASE("decimal_text has exactly the decimals of the scale and reads back", "[engine][decimal]") {
  CHECK(decimal_text(4325110, 2) == "43251.10");
  CHECK(decimal_text(4325110, 0) == "4325110");
  CHECK(decimal_text(5, 2) == "0.05");
  CHECK(decimal_text(0, 3) == "0.000");
  CHECK(decimal_text(100, 2) == "1.00");
  CHECK(decimal_text(-5, 2) == "-0.05");
  CHECK(decimal_text(INT64_MAX, 18) == "9.223372036854775807");
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    const auto units = static_cast<std::int64_t>(random()) >> (random() % 63);
    const int scale = static_cast<int>(random() % 19);
    const Parsed parsed = parse(decimal_text(units, scale), scale);
    CAPTURE(units, scale);
    if (parsed != ok(units)) REQUIRE(parsed == ok(units));
  }
}

TEST_CASE("a scale outside 0 to 18 is a wrong call", "[engine][decimal]") {
  std::int64_t units = 0;
  CHECK_THROWS_AS(parse_decimal("1", -1, units), std::invalid_argument);
  CHECK_THROWS_AS(parse_decimal("1", 19, units), std::invalid_argument);
  CHECK_THROWS_AS(parse_decimal_half_even("1", 19, units), std::invalid_argument);
}

}  // namespace lockstep::core
