// Decimal text to integer ticks, exactly, never through a double.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::core {

enum class DecimalStatus : std::uint8_t {
  ok,
  empty,
  not_a_decimal,  ///< anything but digits, one point, and an exponent: signs, blanks, hex, NaN, Infinity, 1,5
  too_many_decimals,  ///< not a whole number of 10^-scale (trailing zeros do not count)
  out_of_range,       ///< beyond int64 in units of 10^-scale
};
const char* to_string(DecimalStatus status);

/// Reads the whole of `text` as units of 10^-scale: "43251.10" at scale 2 is 4325110. Digits with at most one
/// point
/// ("5", "0.5", not ".5" or "5."), optionally an exponent (e or E, optional sign, digits) if the value is
/// exact. A leading minus is read (so that callers can name a negative price); a plus is not. scale: 0 to 18.
/// On any status but ok `units` is untouched.
DecimalStatus parse_decimal(std::string_view text, int scale, std::int64_t& units);

/// The least scale at which `text` is a whole number: "43251.10" gives 1, "1.1e-05" gives 6. At most 18, else
/// too_many_decimals. On any status but ok `scale` is untouched.
DecimalStatus decimal_scale(std::string_view text, int& scale);

/// Rounds to the nearest unit, ties to even: the explicit price_rounding = half_even for files written from
/// binary floats. Otherwise as parse_decimal; never gives too_many_decimals.
DecimalStatus parse_decimal_half_even(std::string_view text, int scale, std::int64_t& units);

/// The text of `units` of 10^-scale with exactly `scale` decimals: 4325110 at scale 2 is 43251.10. scale: 0
/// to 18.
std::string decimal_text(std::int64_t units, int scale);

}  // namespace lockstep::core
