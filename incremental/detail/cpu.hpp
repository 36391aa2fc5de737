// What this CPU has.
#pragma once

namespace lockstep::detail {

/// AVX2 and BMI2.
bool has_avx2();
/// AVX-512 F, DQ, BW, VL, and the above.
bool has_avx512();

}  // namespace lockstep::detail
