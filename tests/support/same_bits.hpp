// Identity is tested on bits: NaN equals itself, and 0.0 differs from -0.0.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "incremental/outputs.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::test {

std::uint64_t bits_of(double value);
/// "0.1 (3fb999999999999a)": the shortest text that reads back to the same double, and its bits.
std::string with_bits(double value);
/// Distance of two finite doubles in units in the last place; 0 for the same bits.
std::uint64_t ulps_between(double a, double b);

/// Empty when all bits agree, else the first differing index, both values, and their neighbours.
std::string first_difference(std::span<const double> expected, std::span<const double> actual);
/// Empty when all bits agree, else the first differing field with both values.
std::string first_difference(const Outputs& expected, const Outputs& actual);
/// As above for the enabled families; disabled ones must be undefined.
std::string first_difference(const AtcConfig& config, const Detail& expected, const Detail& actual);

/// Fails the test at the first differing bit.
inline void require_same_bits(std::span<const double> expected, std::span<const double> actual) {
  const std::string difference = first_difference(expected, actual);
  REQUIRE(difference == "");
}
inline void require_same_bits(const Outputs& expected, const Outputs& actual) {
  const std::string difference = first_difference(expected, actual);
  REQUIRE(difference == "");
}
inline void require_same_bits(const AtcConfig& config, const Detail& expected, const Detail& actual) {
  const std::string difference = first_difference(config, expected, actual);
  REQUIRE(difference == "");
}

}  // namespace lockstep::test
