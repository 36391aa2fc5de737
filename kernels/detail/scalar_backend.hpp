// The definition of a batch: AtcState::commit over each series.
#pragma once

#include "kernels/detail/backend.hpp"

namespace lockstep::detail {

std::optional<std::string> run_scalar(const BatchWork& work);

/// One series, whole, on this thread. Also what the other backends call for a series that refuses a bar.
BatchResult recompute_scalar(const BatchSeries& series);

/// Makes the outputs of bars `first` and later undefined.
void undefine_outputs(const BatchSeries& series, std::int64_t first);

}  // namespace lockstep::detail
