// The CUDA backend: one GPU for the whole process.
#pragma once

#include <string>

#include "kernels/cuda/device.hpp"
#include "kernels/detail/backend.hpp"

namespace lockstep::cuda {

/// Nothing when there is a GPU that can be used, else one sentence. The first call looks for it.
std::optional<std::string> why_not_cuda();
/// The GPU in words; empty when there is none.
std::string cuda_description();
/// The reason, once a process, when this build has kernels but the machine no GPU for them.
std::optional<std::string> notice_of_missing_gpu();

std::optional<std::string> run_cuda(const detail::BatchWork& work);

/// Time that kernels of this process have run, ms.
double cuda_kernel_ms();

#ifdef LOCKSTEP_PLANTED_FAULTS
/// Tests: this device instead of the machine's, until null. Not while a batch runs.
void plant_device(Device* device);
#endif

}  // namespace lockstep::cuda
