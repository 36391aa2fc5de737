// Draws of the property tests: settings, series and company of any kind.
#pragma once

#include <vector>

#include "tests/kernels/batch_rig.hpp"
#include "tests/support/random_series.hpp"

namespace lockstep::test {

/// 1 to 20 series of one configuration, some of them with a bar that is refused. One draw in fifty has long
/// windows.
std::vector<BatchCase> random_cases(Rng& rng);

}  // namespace lockstep::test
