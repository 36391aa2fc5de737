// One long series on one or two threads.
#pragma once

#include "kernels/detail/backend.hpp"
#include "kernels/detail/long.hpp"

namespace lockstep::detail {

/// Bars before the long kernel can start: every member and every equity is in its steady recurrence from
/// there on.
std::int64_t long_start(const BatchPlan& plan);
/// Whether the long kernel can do this series: no members wanted, no Hull, and enough bars that it is worth
/// it.
bool suits_long(const BatchPlan& plan, const BatchSeries& series);

/// The whole series. `growth` has an entry for every bar from the cutout on; `threads` 1, or 2 for one half
/// of the work on a second thread. std::bad_alloc.
BatchResult recompute_long(const BatchPlan& plan, const LongKernel& kernel, const BatchSeries& series,
                           const double* growth, int threads, int chunk_bars);

}  // namespace lockstep::detail
