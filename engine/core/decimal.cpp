#include "engine/core/decimal.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <stdexcept>

#include "engine/core/defence.hpp"

namespace lockstep::core {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the packed form below counts bytes from the low end");
__extension__ using Packed = unsigned __int128;

constexpr int kScaleMax = 18;
constexpr std::size_t kPackedBytes = 16;
constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x8080808080808080;
constexpr std::uint64_t kMagnitudeMax = std::uint64_t{1} << 63;  // of INT64_MIN

constexpr auto kPowersOfTen = [] {
  std::array<std::uint64_t, 20> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

template <class Word>
std::uint64_t load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// The last 8 bytes of `text`, or all of it, in the high bytes of a word; missing ones are zero bytes.
std::uint64_t load_short(std::string_view text) {
  const std::size_t size = text.size();
  if (size == 0) return 0;
  const std::size_t spare = 8 * (8 - size);
  if (size >= 4) {
    const std::uint64_t first = load<std::uint32_t>(text.data());
    const std::uint64_t last = load<std::uint32_t>(text.data() + size - 4);
    return (first << spare) | (last << 32);  // where they overlap they hold the same bytes
  }
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i)
    word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return word << spare;
}

/// At most 16 characters in the high bytes: the last one is byte 15. Unused bytes are zero.
Packed load_text(std::string_view text) {
  const std::size_t size = text.size();
  if (size < 8) return Packed{load_short(text)} << 64;
  const std::uint64_t last = load<std::uint64_t>(text.data() + size - 8);
  const std::uint64_t first = load<std::uint64_t>(text.data());
  const std::uint64_t rest = size == 8 ? 0 : first << (8 * (16 - size));
  return (Packed{last} << 64) | rest;
}

/// The high bit of every byte that is zero (exact up to the lowest one; that one is all we use).
std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - kOnes) & ~word & kHighBits;
}

bool has_non_digit(std::uint64_t values) {
  return (((values + 0x7676767676767676) | values) & kHighBits) != 0;
}

/// Eight digit values, the most significant in the lowest byte.
std::uint64_t eight_digits(std::uint64_t values) {
  values = values * 10 + (values >> 8);
  return (((values & 0x000000FF000000FF) * 0x000F424000000064) +
          (((values >> 16) & 0x000000FF000000FF) * 0x0000271000000001)) >>
         32;
}

/// Digits of a plain decimal as values 0..9, the last one in byte 15, and how many of them are decimals.
struct PlainDecimal {
  Packed digits;
  int decimals;
};

/// Digits with at most one point between them, 16 characters at most. False for everything else, right or
/// wrong.
bool read_plain(std::string_view text, PlainDecimal& out) {
  if (text.empty() || text.size() > kPackedBytes) return false;
  const int unused = static_cast<int>(kPackedBytes - text.size());
  Packed zeros = (Packed{0x3030303030303030} << 64) | 0x3030303030303030;
  zeros = unused == 0 ? zeros : (zeros >> (8 * unused)) << (8 * unused);
  Packed digits = load_text(text) ^ zeros;

  constexpr std::uint64_t kPoints = kOnes * ('.' ^ '0');
  const std::uint64_t low_hits = zero_bytes(static_cast<std::uint64_t>(digits) ^ kPoints);
  const std::uint64_t high_hits = zero_bytes(static_cast<std::uint64_t>(digits >> 64) ^ kPoints);
  out.decimals = 0;
  if ((low_hits | high_hits) != 0) {
    const int point = low_hits != 0 ? std::countr_zero(low_hits) / 8 : 8 + std::countr_zero(high_hits) / 8;
    if (point == unused || point == 15) return false;
    // The digits before the point move up by one place, over it.
    const Packed before = (Packed{1} << (8 * point)) - 1;
    const Packed after = ~((before << 8) | 0xFF);
    digits = (digits & after) | ((digits & before) << 8);
    out.decimals = 15 - point;
  }
  out.digits = digits;
  return !has_non_digit(static_cast<std::uint64_t>(digits)) &&
         !has_non_digit(static_cast<std::uint64_t>(digits >> 64));
}

/// The common case, a plain decimal that fits. False: parse_general() decides.
bool parse_plain(std::string_view text, int scale, std::int64_t& units) {
  PlainDecimal plain;
  if (!read_plain(text, plain)) return false;
  int missing = scale - plain.decimals;
  if (missing < 0) {
    const int surplus = -8 * missing;  // bits
    if ((plain.digits >> (128 - surplus)) != 0) return false;
    plain.digits <<= surplus;
    missing = 0;
  }
  const std::uint64_t value = eight_digits(static_cast<std::uint64_t>(plain.digits)) * 100'000'000 +
                              eight_digits(static_cast<std::uint64_t>(plain.digits >> 64));
  std::int64_t product = 0;
  if (__builtin_mul_overflow(static_cast<std::int64_t>(value),
                             static_cast<std::int64_t>(kPowersOfTen[static_cast<std::size_t>(missing)]),
                             &product)) {
    return false;
  }
  units = product;
  return true;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A decimal text taken apart: (negative) 0.DIGITS * 10^magnitude, where DIGITS are the characters of
/// `digits` without a point among them, and begin and end with a digit other than 0. Zero has no digits.
struct ParsedText {
  bool negative = false;
  std::string_view digits;
  std::int64_t magnitude = 0;
};

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

/// The optional exponent at the end. Values that no text in memory can bring back into range stop growing.
bool read_exponent(std::string_view text, std::int64_t& exponent) {
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  const bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  const std::string_view digits = take_digits(text);
  if (digits.empty() || !text.empty()) return false;
  constexpr std::int64_t kExponentMax = 100'000'000'000'000'000;
  for (const char c : digits) exponent = std::min(kExponentMax, exponent * 10 + (c - '0'));
  if (negative) exponent = -exponent;
  return true;
}

DecimalStatus read_text(std::string_view text, ParsedText& out) {
  if (text.empty()) return DecimalStatus::empty;
  out.negative = text[0] == '-';
  if (out.negative) text.remove_prefix(1);
  const std::string_view start = text;
  const std::string_view whole = take_digits(text);
  if (whole.empty()) return DecimalStatus::not_a_decimal;
  std::string_view number = whole;
  if (!text.empty() && text[0] == '.') {
    text.remove_prefix(1);
    const std::string_view decimals = take_digits(text);
    if (decimals.empty()) return DecimalStatus::not_a_decimal;
    number = start.substr(0, whole.size() + 1 + decimals.size());
  }
  std::int64_t exponent = 0;
  if (!read_exponent(text, exponent)) return DecimalStatus::not_a_decimal;

  const std::size_t first = number.find_first_not_of("0.");
  if (first == std::string_view::npos) return DecimalStatus::ok;
  const std::size_t last = number.find_last_not_of("0.");
  out.digits = number.substr(first, last - first + 1);
  const auto places = static_cast<std::int64_t>(whole.size()) - static_cast<std::int64_t>(first);
  out.magnitude = (first < whole.size() ? places : places + 1) + exponent;
  return DecimalStatus::ok;
}

/// What is left of the digits after the whole units were taken, against one half.
enum class Remainder { none, below_half, half, above_half };

Remainder remainder_of(std::string_view rest, bool first_digit_is_next) {
  if (!rest.empty() && rest[0] == '.') rest.remove_prefix(1);
  if (rest.empty()) return Remainder::none;  // DIGITS does not end with 0, so anything left counts
  if (!first_digit_is_next || rest[0] < '5') return Remainder::below_half;
  return rest == "5" ? Remainder::half : Remainder::above_half;
}

/// Magnitude in whole units, towards zero, and the remainder. False when it does not fit a uint64.
bool take_units(const ParsedText& parsed, int scale, std::uint64_t& units, Remainder& remainder) {
  const std::int64_t places = parsed.magnitude + scale;  // digits of the whole units
  units = 0;
  if (parsed.digits.empty() || places < 0) {
    remainder = remainder_of(parsed.digits, false);
    return true;
  }
  if (places > 19) return false;
  std::int64_t taken = 0;
  std::size_t next = 0;
  for (; taken < places && next < parsed.digits.size(); ++next) {
    if (parsed.digits[next] == '.') continue;
    units = units * 10 + static_cast<std::uint64_t>(parsed.digits[next] - '0');  // 19 digits fit
    ++taken;
  }
  units *= kPowersOfTen[static_cast<std::size_t>(places - taken)];
  remainder = remainder_of(parsed.digits.substr(next), true);
  return true;
}

enum class Rounding { none, half_even };

DecimalStatus parse_general(std::string_view text, int scale, Rounding rounding, std::int64_t& units) {
  ParsedText parsed;
  const DecimalStatus status = read_text(text, parsed);
  if (status != DecimalStatus::ok) return status;
  std::uint64_t magnitude = 0;
  Remainder remainder = Remainder::none;
  if (!take_units(parsed, scale, magnitude, remainder)) return DecimalStatus::out_of_range;
  const bool round_up =
      remainder == Remainder::above_half || (remainder == Remainder::half && (magnitude & 1) != 0);
  if (rounding == Rounding::half_even && round_up) ++magnitude;
  if (magnitude > kMagnitudeMax - (parsed.negative ? 0 : 1) && LOCKSTEP_DEFENCE(price_range))
    return DecimalStatus::out_of_range;
  if (rounding == Rounding::none && remainder != Remainder::none) return DecimalStatus::too_many_decimals;
  units = static_cast<std::int64_t>(parsed.negative ? ~magnitude + 1 : magnitude);
  return DecimalStatus::ok;
}

void check_scale(int scale) {
  if (scale < 0 || scale > kScaleMax) throw std::invalid_argument("a price scale is 0 to 18");
}

}  // namespace

const char* to_string(DecimalStatus status) {
  switch (status) {
    case DecimalStatus::ok:
      return "ok";
    case DecimalStatus::empty:
      return "empty";
    case DecimalStatus::not_a_decimal:
      return "not a decimal number";
    case DecimalStatus::too_many_decimals:
      return "too many decimals";
    case DecimalStatus::out_of_range:
      return "out of range";
  }
  return "unknown";
}

DecimalStatus parse_decimal(std::string_view text, int scale, std::int64_t& units) {
  check_scale(scale);
  if (parse_plain(text, scale, units)) return DecimalStatus::ok;
  return parse_general(text, scale, Rounding::none, units);
}

DecimalStatus parse_decimal_half_even(std::string_view text, int scale, std::int64_t& units) {
  check_scale(scale);
  if (parse_plain(text, scale, units)) return DecimalStatus::ok;
  return parse_general(text, scale, Rounding::half_even, units);
}

DecimalStatus decimal_scale(std::string_view text, int& scale) {
  PlainDecimal plain;
  if (read_plain(text, plain)) {
    const auto high = static_cast<std::uint64_t>(plain.digits >> 64);
    const auto low = static_cast<std::uint64_t>(plain.digits);
    const int zeros = high != 0 ? std::countl_zero(high) / 8 : 8 + std::countl_zero(low) / 8;
    scale = std::max(0, plain.decimals - zeros);
    return DecimalStatus::ok;
  }
  ParsedText parsed;
  const DecimalStatus status = read_text(text, parsed);
  if (status != DecimalStatus::ok) return status;
  const std::size_t points = parsed.digits.find('.') == std::string_view::npos ? 0 : 1;
  const std::int64_t decimals = static_cast<std::int64_t>(parsed.digits.size() - points) - parsed.magnitude;
  if (!parsed.digits.empty() && decimals > kScaleMax) return DecimalStatus::too_many_decimals;
  scale = parsed.digits.empty() ? 0 : static_cast<int>(std::max<std::int64_t>(0, decimals));
  return DecimalStatus::ok;
}

std::string decimal_text(std::int64_t units, int scale) {
  check_scale(scale);
  const bool is_negative = units < 0;
  std::string text = std::to_string(units).substr(is_negative ? 1 : 0);
  const auto decimals = static_cast<std::size_t>(scale);
  if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
  if (decimals > 0) text.insert(text.size() - decimals, 1, '.');
  if (is_negative) text.insert(0, 1, '-');
  return text;
}

}  // namespace lockstep::core
