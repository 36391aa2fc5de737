#include "incremental/arithmetic.hpp"

#include <bit>
#include <cmath>

#include "tests/support/random_series.hpp"
#include "tests/support/reference.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

/// round2 at x and -x against the exact one.
void check(double x) {
  for (const double value : {x, -x}) {
    const double expected = reference_round2(value);
    const double actual = detail::round2(value);
    if (bits_of(actual) != bits_of(expected)) {
      FAIL("round2(" << with_bits(value) << "): expected " << with_bits(expected) << ", got "
                     << with_bits(actual));
    }
  }
}

/// x and its neighbours, `reach` doubles each way.
void check_around(double x, int reach) {
  double below = x;
  double above = x;
  for (int i = 0; i <= reach; ++i) {
    check(below);
    check(above);
    below = std::nextafter(below, -10.0);
    above = std::nextafter(above, 10.0);
  }
}

}  // namespace

TEST_CASE("round2 gives hundredths, ties away from zero, and no negative zero", "[incremental][round2]") {
  const auto same = [](double x, double expected) { return bits_of(detail::round2(x)) == bits_of(expected); };
  REQUIRE(same(0.0, 0.0));
  REQUIRE(same(-0.0, 0.0));
  REQUIRE(same(-0.001, 0.0));
  REQUIRE(same(-1e-300, 0.0));
  REQUIRE(same(-5e-324, 0.0));
  REQUIRE(same(0.004, 0.0));
  REQUIRE(same(0.005, 0.01));
  REQUIRE(same(-0.005, -0.01));
  REQUIRE(same(0.125, 0.13));
  REQUIRE(same(-0.125, -0.13));
  REQUIRE(same(0.375, 0.38));
  REQUIRE(same(0.49, 0.49));
  REQUIRE(same(0.495, 0.5));  // below the tie by 5e-16 of a hundredth: counts as the tie
  REQUIRE(same(1.0, 1.0));
  REQUIRE(same(-1.0, -1.0));
  REQUIRE(same(0.994999999, 0.99));  // below the tie by 1e-7: does not
}

TEST_CASE("round2 counts what lies within 1e-10 below a tie as the tie", "[incremental][round2]") {
  REQUIRE(detail::round2((12.5 - 0.9e-10) / 100) == 0.13);
  REQUIRE(detail::round2((12.5 - 1.1e-10) / 100) == 0.12);
  REQUIRE(detail::round2(-(12.5 - 0.9e-10) / 100) == -0.13);
  REQUIRE(detail::round2(-(12.5 - 1.1e-10) / 100) == -0.12);
  for (int hundredths = 0; hundredths <= 100; ++hundredths) {
    CAPTURE(hundredths);
    check_around((hundredths + 0.5) / 100, 300);
    check_around((hundredths + 0.5 - 1e-10) / 100, 300);
    check_around((hundredths + 0.5 + 1e-10) / 100, 20);
    check_around(hundredths / 100.0, 300);
  }
}

TEST_CASE("round2 is exact for every quotient of small whole numbers", "[incremental][round2]") {
  for (int w = 1; w <= 1200; ++w) {
    for (int n = 0; n <= w; ++n) check(static_cast<double>(n) / w);
  }
}

TEST_CASE("round2 is exact for random quotients of sums of equities", "[incremental][round2]") {
  Rng rng(1);
  for (int i = 0; i < draws(1'000'000); ++i) {
    double n = 0;
    double w = 0;
    for (int j = 0; j < 9; ++j) {
      const double equity = rng.chance(30) ? 0.25 : 0.25 + 3 * rng.uniform();
      n += static_cast<double>(rng.between(-1, 1)) * equity;
      w += equity;
    }
    check(n / w);
    check(rng.uniform());
    check(std::ldexp(rng.uniform(), -static_cast<int>(rng.between(0, 80))));
  }
}
