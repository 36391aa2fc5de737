// One batch on one device: which series go together, what is transferred when, and who takes the results.
#pragma once

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/workspace.hpp"
#include "kernels/detail/backend.hpp"

namespace lockstep::cuda {

/// Host memory that a stream's input and columns may take, bytes.
inline constexpr std::size_t kStageBytes = std::size_t{128} << 20;

/// Does all of the work on the device; series that refuse a bar go through recompute_scalar() on the host.
/// Device memory is planned from what is free: the work is split by series, and where one group does not fit
/// by time, which changes no result. DeviceError when the device fails or has no room for even that.
void run_batch(Device& device, Workspace& workspace, const detail::BatchWork& work);

}  // namespace lockstep::cuda
