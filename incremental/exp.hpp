// The exponential function, correctly rounded, in integers only: no libm and no rounding mode decides a bit
// of growth.
#pragma once

namespace lockstep::detail {

/// exp(x) rounded to the nearest double, ties to even, for 0 <= x; infinity where that leaves the double
/// range (x above 709.78). Undefined for negative or non-finite x.
double exp_correctly_rounded(double x);

/// The same by 256-bit arithmetic: what the fast path falls back to where 128 bits do not decide the
/// rounding.
double exp_wide(double x);

}  // namespace lockstep::detail
