// The two functions of the reference that need more than doubles.
#include <mpfr.h>

#include <cmath>
#include <cstdint>

#include "tests/support/reference.hpp"
#include "tests/support/reference_averages.hpp"

namespace lockstep::test {

double reference_exp(double x) {
  mpfr_t value;
  mpfr_init2(value, 53);
  mpfr_set_d(value, x, MPFR_RNDN);
  mpfr_exp(value, value, MPFR_RNDN);
  const double result = mpfr_get_d(value, MPFR_RNDN);
  mpfr_clear(value);
  return result;
}

double reference_round2(double x) {
  if (x == 0) return 0;
  int exponent = 0;
  // |x| = mantissa * 2^(exponent - 53), mantissa a whole number below 2^53.
  const auto mantissa = static_cast<std::int64_t>(std::ldexp(std::frexp(std::fabs(x), &exponent), 53));
  const int shift = 53 - exponent;
  const Int128 hundredfold = Int128{mantissa} * 100;
  Int128 whole = 0;
  // Below 2^-9 nothing reaches half a hundredth, and shifts would leave 128 bits.
  if (shift <= 62) {
    whole = hundredfold >> shift;
    const Int128 rest = hundredfold - (whole << shift);
    // rest / 2^shift >= tie, times 2^shift * 2^54. The difference is a constant that is folded once in
    // double, as that of KAMA's two is; it is a whole number of 2^-54.
    const auto tie = static_cast<std::int64_t>(std::ldexp(0.5 - 1e-10, 54));
    if (rest * (Int128{1} << 54) >= (Int128{tie} << shift)) ++whole;
  }
  const double rounded = static_cast<double>(whole) / 100.0;
  return x < 0 && whole != 0 ? -rounded : rounded;
}

}  // namespace lockstep::test
