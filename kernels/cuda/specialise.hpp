// Kernels with the lengths of one configuration in their code: those that the build has, and those that NVRTC
// compiles at run time and the disk keeps.
#pragma once

#include <optional>
#include <string>

#include "kernels/cuda/device.hpp"
#include "kernels/detail/backend.hpp"

namespace lockstep::cuda {

/// The type that stands for a configuration in the kernels' source: "FixedConfig<1246, 63, false, 28, ...>".
std::string config_type(const AtcConfig& config);
/// The name of the kernel that the build has for it, nothing: none.
std::optional<std::string> hot_kernel(const AtcConfig& config);

/// Symbol-bars from which on a kernel that no disk has is compiled: it takes some seconds, once a machine,
/// and who has work of this size once has it again.
inline constexpr std::int64_t kCompileBars = 10'000'000;

/// The kernel for bars from DevicePlan::steady_from on; null: the one for any configuration takes them too.
/// Another configuration than the hot ones is looked for on disk, and compiled when work.specialise says so
/// and the work is large. Whatever fails there costs only the gain.
const void* specialised_kernel(Device& device, const AtcConfig& config, const detail::BatchWork& work);

}  // namespace lockstep::cuda
