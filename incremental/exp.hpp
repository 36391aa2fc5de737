// The exponential function, correctly rounded, in integers only: no libm and no rounding mode decides a bit
// of growth.
#pragma once

namespace lockstep::detail {

/// exp(x) rounded to the nearest double, ties to even, for 0 <= x; infinity where that leaves the double
/// range (x above 709.78). Undefined for negative or non-finite x.
double exp_correctly_rounded(double x);

/// The same with 128 bits throughout: what the one above, which takes 64 where they do, falls back to when
/// they do not decide the rounding.
double exp_long(double x);

/// The same with 256 bits, for what 128 do not decide.
double exp_wide(double x);

}  // namespace lockstep::detail
