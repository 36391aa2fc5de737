#include "incremental/exp.hpp"

#include <bit>
#include <cstdint>
#include <limits>

#include "incremental/detail/exp_tables.hpp"

namespace lockstep::detail {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr Uint128 join(std::uint64_t high, std::uint64_t low) {
  return static_cast<Uint128>(high) << 64 | low;
}
constexpr Uint128 join(const Bits128& bits) {
  return join(bits.high, bits.low);
}
constexpr std::uint64_t high_half(Uint128 value) {
  return static_cast<std::uint64_t>(value >> 64);
}
constexpr std::uint64_t low_half(Uint128 value) {
  return static_cast<std::uint64_t>(value);
}

std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
  return high_half(static_cast<Uint128>(a) * b);
}

/// The high half of a 256-bit product, at most 3 units too low.
Uint128 multiply_high(Uint128 a, Uint128 b) {
  const std::uint64_t a1 = high_half(a), a0 = low_half(a), b1 = high_half(b), b0 = low_half(b);
  return static_cast<Uint128>(a1) * b1 + multiply_high(a1, b0) + multiply_high(a0, b1);
}

/// x = mantissa * 2^exponent, for positive normal x.
struct Parts {
  std::uint64_t mantissa;
  int exponent;
};
Parts parts_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  return {(bits & ((std::uint64_t{1} << 52) - 1)) | std::uint64_t{1} << 52,
          static_cast<int>(bits >> 52) - 1075};
}

/// mantissa (53 bits, the top one set) * 2^(exponent - 52), one unit more if `round_up`; infinity past the
/// range.
double assemble(std::uint64_t mantissa, int exponent, bool round_up) {
  if (exponent > 1023) return std::numeric_limits<double>::infinity();
  const std::uint64_t bits =
      (static_cast<std::uint64_t>(exponent + 1022) << 52) + mantissa + (round_up ? 1 : 0);
  return std::bit_cast<double>(bits);
}

// Below this exp(x) is less than half a unit above 1; from the other on it is past the double range.
constexpr double kRoundsToOne = 0x1p-54;
constexpr double kOverflows = 710.0;

/// x - k * ln(2)/128 in units of 2^-128; k is corrected so that it lies in [0, ln(2)/128).
Uint128 reduce(double x, std::uint32_t& k) {
  const Parts parts = parts_of(x);
  const Uint128 fraction = static_cast<Uint128>(parts.mantissa) << (parts.exponent + 128);  // modulo 1
  constexpr Uint128 kUnit = join(kLn2Over128[0], kLn2Over128[1]);
  k = static_cast<std::uint32_t>(x * 184.6649652337873);  // 128 / ln(2)
  // k * ln(2)/128 modulo 1, rounded down to 2^-128.
  const Uint128 lowest = static_cast<Uint128>(k) * kLn2Over128[2];
  const Uint128 product = static_cast<Uint128>(k) * kUnit + high_half(lowest);
  Uint128 rest = fraction - product;
  if (rest >> 127) {
    rest += kUnit;
    --k;
  } else if (rest >= kUnit) {
    rest -= kUnit;
    ++k;
  }
  return rest;
}

/// exp(r) - 1 in units of 2^-128 for r in [0, ln(2)/128) in the same units; off by a few units at most.
Uint128 exp_minus_one(Uint128 r) {
  // Terms from r^8/8! on need 64 bits only: r^8 < 2^-60.
  std::uint64_t tail = kInverseFactorialHigh[5];
  for (int n = 4; n >= 0; --n) tail = kInverseFactorialHigh[n] + multiply_high(tail, high_half(r));
  Uint128 sum = static_cast<Uint128>(tail) << 49;  // from units of 2^-79
  for (int n = 5; n >= 0; --n) sum = join(kInverseFactorial[n]) + multiply_high(sum, r);
  return r + multiply_high(multiply_high(r, r), sum);
}

/// The same in units of 2^-71, r likewise; at most 3 of them too low. With v = 128 r, in units of 2^-64 the
/// same number, it is v + v^2 P(v), where P = 1/(2! 2^7) + v/(3! 2^14) + ... in units of 2^-71; the terms
/// left out are below a tenth of a unit of the result.
std::uint64_t short_exp_minus_one(std::uint64_t v) {
  constexpr std::uint64_t kTerm[] = {std::uint64_t{1} << 63,         (std::uint64_t{1} << 57) / 6,
                                     (std::uint64_t{1} << 50) / 24,  (std::uint64_t{1} << 43) / 120,
                                     (std::uint64_t{1} << 36) / 720, (std::uint64_t{1} << 29) / 5040};
  const std::uint64_t squared = multiply_high(v, v);
  const std::uint64_t fifth = kTerm[4] + multiply_high(kTerm[5], v);
  const std::uint64_t third = kTerm[2] + multiply_high(kTerm[3], v) + multiply_high(fifth, squared);
  const std::uint64_t first = kTerm[0] + multiply_high(kTerm[1], v) + multiply_high(third, squared);
  return v + (multiply_high(first, squared) >> 7);
}

// --- 256-bit path: fractions of 320 bits, most significant limb first.

constexpr int kLimbs = 5;
struct Fraction {
  std::uint64_t limb[kLimbs] = {};
};

Fraction add(const Fraction& a, const Fraction& b) {
  Fraction sum;
  Uint128 carry = 0;
  for (int i = kLimbs - 1; i >= 0; --i) {
    carry += static_cast<Uint128>(a.limb[i]) + b.limb[i];
    sum.limb[i] = low_half(carry);
    carry >>= 64;
  }
  return sum;
}

Fraction negate(const Fraction& a) {
  Fraction result;
  Uint128 carry = 1;
  for (int i = kLimbs - 1; i >= 0; --i) {
    carry += ~a.limb[i];
    result.limb[i] = low_half(carry);
    carry >>= 64;
  }
  return result;
}

Fraction multiply(const Fraction& a, const Fraction& b) {
  std::uint64_t product[2 * kLimbs] = {};
  for (int i = kLimbs - 1; i >= 0; --i) {
    std::uint64_t carry = 0;
    for (int j = kLimbs - 1; j >= 0; --j) {
      const Uint128 sum = static_cast<Uint128>(a.limb[i]) * b.limb[j] + product[i + j + 1] + carry;
      product[i + j + 1] = low_half(sum);
      carry = high_half(sum);
    }
    product[i] += carry;
  }
  Fraction result;
  for (int i = 0; i < kLimbs; ++i) result.limb[i] = product[i];
  return result;
}

Fraction divide(const Fraction& a, std::uint64_t by) {
  Fraction result;
  Uint128 rest = 0;
  for (int i = 0; i < kLimbs; ++i) {
    rest = rest << 64 | a.limb[i];
    result.limb[i] = static_cast<std::uint64_t>(rest / by);
    rest %= by;
  }
  return result;
}

bool is_zero(const Fraction& a) {
  for (const std::uint64_t limb : a.limb) {
    if (limb != 0) return false;
  }
  return true;
}

/// x modulo 1; exact, since the lowest bit of x is at least 2^-106.
Fraction fraction_of(double x) {
  const Parts parts = parts_of(x);
  Fraction result;
  const int shift = parts.exponent + 64 * kLimbs;  // of the mantissa's lowest bit, from the fraction's lowest
  const int at = kLimbs - 1 - shift / 64;
  const Uint128 wide = static_cast<Uint128>(parts.mantissa) << (shift % 64);
  if (at >= 0) result.limb[at] = low_half(wide);
  if (at >= 1) result.limb[at - 1] = high_half(wide);
  return result;
}

/// x - e * ln(2), with e such that it lies in [0, ln(2)).
Fraction reduce_wide(double x, int& e) {
  e = static_cast<int>(x * 1.4426950408889634);
  Fraction unit;
  Fraction product;
  Uint128 carry = 0;
  for (int i = kLimbs - 1; i >= 0; --i) {
    unit.limb[i] = kLn2[i];
    carry += static_cast<Uint128>(kLn2[i]) * static_cast<std::uint64_t>(e);
    product.limb[i] = low_half(carry);
    carry >>= 64;
  }
  Fraction rest = add(fraction_of(x), negate(product));
  if (rest.limb[0] >= 0xe000000000000000u) {  // e was one too high: the rest wrapped to just below 1
    rest = add(rest, unit);
    --e;
  } else if (rest.limb[0] > unit.limb[0]) {
    rest = add(rest, negate(unit));
    ++e;
  }
  return rest;
}

}  // namespace

double exp_wide(double x) {
  if (x < kRoundsToOne) return 1.0;
  if (x >= kOverflows) return std::numeric_limits<double>::infinity();
  int e = 0;
  // exp(r) = exp(r/256)^256; both kept as what they are above 1.
  const Fraction r = divide(reduce_wide(x, e), 256);
  Fraction sum = r;
  Fraction term = r;
  for (std::uint64_t n = 2; !is_zero(term); ++n) {
    term = divide(multiply(term, r), n);
    sum = add(sum, term);
  }
  for (int i = 0; i < 8; ++i) sum = add(add(sum, sum), multiply(sum, sum));
  const std::uint64_t mantissa = std::uint64_t{1} << 52 | sum.limb[0] >> 12;
  return assemble(mantissa, e, (sum.limb[0] >> 11 & 1) != 0);
}

double exp_long(double x) {
  if (x < kRoundsToOne) return 1.0;
  if (x >= kOverflows) return std::numeric_limits<double>::infinity();
  std::uint32_t k = 0;
  const Uint128 r = reduce(x, k);
  const Uint128 base = join(kTwoTo128ths[k % 128]);
  const Uint128 value = base + multiply_high(base, exp_minus_one(r));  // in [1, 2) in units of 2^-127
  constexpr Uint128 kHalf = static_cast<Uint128>(1) << 74;
  constexpr Uint128 kErrorMax = 256;  // some ten units; more costs nothing
  const Uint128 rest = value & ((static_cast<Uint128>(1) << 75) - 1);
  const bool is_decided = rest + kErrorMax < kHalf || rest > kHalf + kErrorMax;
  // Too close to a tie, or to the carry into the next binade, to be sure: decide with twice the digits.
  if (!is_decided || value < base) return exp_wide(x);
  return assemble(static_cast<std::uint64_t>(value >> 75), static_cast<int>(k / 128), rest > kHalf);
}

double exp_correctly_rounded(double x) {
  if (x < kRoundsToOne) return 1.0;
  if (x >= kOverflows) return std::numeric_limits<double>::infinity();
  std::uint32_t k = 0;
  const Uint128 r = reduce(x, k);
  const Bits128& base = kTwoTo128ths[k % 128];
  // In units of 2^-70, in [1, 2); at most 6 of them too low: 1 of the base, 1 of this product, 1 of the
  // base's lower half times exp(r) - 1, and 3 halves of a unit twice for exp(r) - 1.
  const Uint128 value =
      (join(base) >> 57) + multiply_high(base.high, short_exp_minus_one(static_cast<std::uint64_t>(r >> 57)));
  constexpr std::uint64_t kHalf = 1u << 17;
  constexpr std::uint64_t kErrorMax = 32;
  const std::uint64_t rest = low_half(value) & (2 * kHalf - 1);
  const bool is_decided = rest + kErrorMax < kHalf || rest > kHalf + kErrorMax;
  if (!is_decided || value >> 71 != 0) return exp_long(x);  // one of 4,096
  return assemble(static_cast<std::uint64_t>(value >> 18), static_cast<int>(k / 128), rest > kHalf);
}

}  // namespace lockstep::detail
