// The growth function against MPFR: every result must be the double nearest to the exact value.
#include "incremental/exp.hpp"

#include <mpfr.h>

#include <cmath>
#include <limits>
#include <memory>

#include "tests/support/random_series.hpp"
#include "tests/support/reference.hpp"
#include "tests/support/same_bits.hpp"

using namespace lockstep;
using namespace lockstep::test;

namespace {

/// The largest double whose exponential is one.
constexpr double kLargest = 0x1.62e42fefa39efp+9;

/// A number of MPFR that frees itself.
class Real {
 public:
  explicit Real(mpfr_prec_t bits) { mpfr_init2(value_, bits); }
  ~Real() { mpfr_clear(value_); }
  Real(const Real&) = delete;
  Real& operator=(const Real&) = delete;
  mpfr_ptr get() { return value_; }

 private:
  mpfr_t value_;
};

/// The functions of the header at x.
void check(double x) {
  const double expected = reference_exp(x);
  const double fast = detail::exp_correctly_rounded(x);
  const double longer = detail::exp_long(x);
  const double wide = detail::exp_wide(x);
  if (bits_of(fast) != bits_of(expected)) {
    FAIL("exp(" << with_bits(x) << "): expected " << with_bits(expected) << ", got " << with_bits(fast));
  }
  if (bits_of(longer) != bits_of(expected)) {
    FAIL("exp_long(" << with_bits(x) << "): expected " << with_bits(expected) << ", got "
                     << with_bits(longer));
  }
  if (bits_of(wide) != bits_of(expected)) {
    FAIL("exp_wide(" << with_bits(x) << "): expected " << with_bits(expected) << ", got " << with_bits(wide));
  }
}

/// -log2 of the distance of exp(x) from the nearest midpoint of two doubles or double, in units in the last
/// place.
long bits_to_boundary(double x) {
  Real value(400);
  mpfr_set_d(value.get(), x, MPFR_RNDN);
  mpfr_exp(value.get(), value.get(), MPFR_RNDN);
  // In half units in the last place, so that doubles and midpoints are whole numbers.
  mpfr_mul_2si(value.get(), value.get(), 54 - mpfr_get_exp(value.get()), MPFR_RNDN);
  Real whole(400);
  mpfr_rint(whole.get(), value.get(), MPFR_RNDN);
  mpfr_sub(value.get(), value.get(), whole.get(), MPFR_RNDN);
  return 1 - mpfr_get_exp(value.get());
}

/// The double nearest to log(y), y = 1 + (2k+1) * 2^-53: its exponential lies next to a midpoint.
double log_of_midpoint(std::int64_t k) {
  Real value(200);
  mpfr_set_si(value.get(), 2 * k + 1, MPFR_RNDN);
  mpfr_mul_2si(value.get(), value.get(), -53, MPFR_RNDN);
  mpfr_log1p(value.get(), value.get(), MPFR_RNDN);
  return mpfr_get_d(value.get(), MPFR_RNDN);
}

}  // namespace

TEST_CASE("exp is correctly rounded all over its range", "[incremental][exp]") {
  Rng rng(1);
  for (int i = 0; i < draws(600'000); ++i) check(rng.uniform() * kLargest);
}

TEST_CASE("exp is correctly rounded near 0, over every magnitude", "[incremental][exp]") {
  Rng rng(2);
  for (int i = 0; i < draws(400'000); ++i) {
    check(std::ldexp(1 + rng.uniform(), static_cast<int>(rng.between(-70, 8))));
    check(rng.uniform());
  }
}

TEST_CASE("exp is correctly rounded at the growth exponents of usual rates", "[incremental][exp]") {
  for (const double lambda : {0.02, 0.01, 0.03, 0.05, 0.1, 0.25, 1.0, 3.3, 20.0}) {
    const double rate = lambda / 1000;
    for (int t = 0; t < 40'000 && rate * t < kLargest; ++t) check(rate * t);
  }
}

TEST_CASE("exp is correctly rounded next to midpoints of doubles", "[incremental][exp]") {
  Rng rng(3);
  long hardest = 0;
  for (int i = 0; i < draws(40'000); ++i) {
    const std::int64_t k = i < 2000 ? i : rng.between(0, std::int64_t{1} << rng.between(12, 50));
    const double x = log_of_midpoint(k);
    check(x);
    check(std::nextafter(x, 0));
    check(std::nextafter(x, 1));
    hardest = std::max(hardest, bits_to_boundary(x));
  }
  REQUIRE(hardest > 50);
}

TEST_CASE("exp is correctly rounded where it is known to be hard", "[incremental][exp]") {
  // From the lists of worst cases that go back to V. Lefevre and J.-M. Muller, "Worst cases for correct
  // rounding of the elementary functions in double precision" (2001): 45 and more equal bits after the
  // rounding bit.
  constexpr double kHard[] = {
      0x1.0122ef37212ebp-1, 0x1.00d48a707b93ep-1, 0x1.0303c5638675fp-1, 0x1.0addd48128974p-1,
      0x1.1192c566b2f9ep-1, 0x1.1c95bec799745p-1, 0x1.239f703242df4p-1, 0x1.2b2f6c2d827ep-1,
      0x1.3d963bb752ap-1,   0x1.4095d4fb5304p-1,  0x1.4eaff005010dp-1,  0x1.5da74f9de668p-1,
      0x1.6ad3e698768ap-1,  0x1.74654e8d79dfp-1,  0x1.84eabec52018p-1,  0x1.8f60a7ee187bp-1,
      0x1.9320eeb0a709p-1,  0x1.a39f1e3bc67ebp-1, 0x1.accfbe46b4efp-1,  0x1.b9b847289b02fp-1,
      0x1.ccd7e55d6609p-1,  0x1.d4fa82ced839p-1,  0x1.dcae06874c81p-1,  0x1.ee263701d932p-1,
      0x1.f20b8d1b8468p-1,  0x1.0a5de82b37bd1p+0, 0x1.1249997a87ddp+0,  0x1.1e753523125ep+0,
      0x1.2fb7cf2d44e3p+0,  0x1.303239b51efbp+0,  0x1.3b4eae354aa3p+0,  0x1.4df6c48246aep+0,
      0x1.58324f77fed4p+0,  0x1.698339944192p+0,  0x1.718eb2bca77dp+0,  0x1.716d9d86987cp+4,
      0x1.b2a87cb61634p+4,  0x1.c193c400bcc4p+4,  0x1.cb1e5a48cb0bp+4,  0x1.d3f113e57f58p+4,
      0x1.dcfd3f2e93ddp+4,  0x1.e34794e88e3ap+4,  0x1.f156ecacb965p+4,  0x1.f4fabdd6946ap+4,
      0x1.025c1e9baa55p+5,  0x1.2da7475f5d78p+5,  0x1.39fc4d3bb711p+5,  0x1.4ba333e5edecp+5,
      0x1.5dfba1612d9ep+5,  0x1.63de39489a95p+5,  0x1.7977d4c5ca36p+5,  0x1.8f91f2f64444p+5,
      0x1.918175879396ep+5, 0x1.a7ad6c1b38e3p+5,  0x1.ab3edbd9b891p+5,  0x1.b4366172b8c85p+5,
      0x1.b5a100b1a22cp+5,  0x1.b70cc4c7b34ep+5,  0x1.cc1f797ab8e1ep+5, 0x1.d3a4e21f7a0fbp+5,
  };
  for (const double x : kHard) {
    CAPTURE(with_bits(x));
    REQUIRE(bits_to_boundary(x) >= 45);
    check(x);
  }
}

TEST_CASE("exp is correctly rounded at the ends", "[incremental][exp]") {
  REQUIRE(bits_of(detail::exp_correctly_rounded(0.0)) == bits_of(1.0));
  for (double x = std::numeric_limits<double>::denorm_min(); x < 1; x *= 2) check(x);
  for (const double edge :
       {0x1p-54, 0x1p-53, 0x1p-52, 0x1.5p-53, 0x1.8p-53, 1.0, 0x1.62e42fefa39efp-1, kLargest}) {
    double below = edge;
    double above = edge;
    for (int i = 0; i < 2000; ++i) {
      check(below);
      check(above);
      below = std::nextafter(below, 0);
      above = std::nextafter(above, 1e300);
    }
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  REQUIRE(detail::exp_correctly_rounded(kLargest) < kInfinity);
  for (const double x : {std::nextafter(kLargest, 1e300), 709.8, 710.0, 1e3, 1e9, 1e300}) {
    CAPTURE(x);
    REQUIRE(detail::exp_correctly_rounded(x) == kInfinity);
    REQUIRE(detail::exp_wide(x) == kInfinity);
  }
}
