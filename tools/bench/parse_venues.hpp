// What a bar frame of each venue costs to read.
#pragma once

#include "tools/bench/bench.hpp"

namespace lockstep::bench {

/// ns from the text of a frame to a market event, by venue: JSON, symbol look-up, decimals to ticks, all
/// checks.
Json measure_parse_by_venue(const BenchOptions& options);

}  // namespace lockstep::bench
