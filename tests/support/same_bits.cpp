#include "tests/support/same_bits.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdio>

namespace lockstep::test {
namespace {

std::string report(const std::string& field, double expected, double actual) {
  return field + ": expected " + with_bits(expected) + ", got " + with_bits(actual);
}

std::string report(const std::string& field, int expected, int actual) {
  return field + ": expected " + std::to_string(expected) + ", got " + std::to_string(actual);
}

bool same(double a, double b) {
  return bits_of(a) == bits_of(b);
}

std::string member_name(int family, int member, int length) {
  return "detail." + std::string(kFamilyNames[static_cast<std::size_t>(family)]) + "[" +
         std::to_string(member) + "] (length " + std::to_string(length) + ")";
}

}  // namespace

std::uint64_t bits_of(double value) {
  return std::bit_cast<std::uint64_t>(value);
}

std::string with_bits(double value) {
  std::array<char, 64> text{};
  char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  std::array<char, 32> hex{};
  std::snprintf(hex.data(), hex.size(), " (%016llx)", static_cast<unsigned long long>(bits_of(value)));
  return std::string(text.data(), end) + hex.data();
}

std::uint64_t ulps_between(double a, double b) {
  // Monotonic in the value: negative doubles count down from zero.
  const auto ordered = [](double value) {
    const auto bits = std::bit_cast<std::int64_t>(value);
    return bits < 0 ? INT64_MIN - bits : bits;
  };
  const std::int64_t x = ordered(a);
  const std::int64_t y = ordered(b);
  return x > y ? static_cast<std::uint64_t>(x) - static_cast<std::uint64_t>(y)
               : static_cast<std::uint64_t>(y) - static_cast<std::uint64_t>(x);
}

std::string first_difference(std::span<const double> expected, std::span<const double> actual) {
  const std::size_t common = std::min(expected.size(), actual.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (same(expected[i], actual[i])) continue;
    std::string text = report("index " + std::to_string(i), expected[i], actual[i]);
    if (i > 0) text += "\n  the one before: " + with_bits(expected[i - 1]) + ", " + with_bits(actual[i - 1]);
    if (i + 1 < common)
      text += "\n  the one after: " + with_bits(expected[i + 1]) + ", " + with_bits(actual[i + 1]);
    return text;
  }
  if (expected.size() == actual.size()) return "";
  return "sizes: expected " + std::to_string(expected.size()) + ", got " + std::to_string(actual.size());
}

std::string first_difference(const Outputs& expected, const Outputs& actual) {
  for (std::size_t f = 0; f < kFamilies; ++f) {
    const std::string name(kFamilyNames[f]);
    if (!same(expected.signal[f], actual.signal[f])) {
      return report(name + ".signal", expected.signal[f], actual.signal[f]);
    }
    if (!same(expected.equity[f], actual.equity[f])) {
      return report(name + ".equity", expected.equity[f], actual.equity[f]);
    }
  }
  if (!same(expected.growth, actual.growth)) return report("growth", expected.growth, actual.growth);
  if (!same(expected.average, actual.average)) return report("average", expected.average, actual.average);
  if (expected.direction != actual.direction)
    return report("direction", expected.direction, actual.direction);
  if (expected.event != actual.event) {
    return report("event", static_cast<int>(expected.event), static_cast<int>(actual.event));
  }
  return "";
}

std::string first_difference(const AtcConfig& config, const Detail& expected, const Detail& actual) {
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers; ++j) {
      const std::string name = member_name(f, j, expected.length[f][j]);
      if (config.enabled[f] && expected.length[f][j] != actual.length[f][j]) {
        return report(name + ".length", expected.length[f][j], actual.length[f][j]);
      }
      if (!same(expected.average[f][j], actual.average[f][j])) {
        return report(name + ".average", expected.average[f][j], actual.average[f][j]);
      }
      if (expected.signal[f][j] != actual.signal[f][j]) {
        return report(name + ".signal", expected.signal[f][j], actual.signal[f][j]);
      }
      if (!same(expected.equity[f][j], actual.equity[f][j])) {
        return report(name + ".equity", expected.equity[f][j], actual.equity[f][j]);
      }
    }
  }
  return "";
}

}  // namespace lockstep::test
