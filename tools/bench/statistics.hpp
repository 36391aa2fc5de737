// From repeats to figures.
#pragma once

#include <vector>

#include "tools/bench/bench.hpp"

namespace lockstep::bench {

/// The middle one; of an even number the lower of the two. `values` must not be empty.
double median(std::vector<double> values);
/// {"p50":..,"p99":..,"p999":..,"max":..}, nearest rank. `values` must not be empty.
Json percentiles(std::vector<double> values);
/// Rounded to `decimals`, so that a report has no digits that mean nothing.
double rounded(double value, int decimals);

}  // namespace lockstep::bench
