// The configurations whose kernels the build compiles.
#pragma once

#include "kernels/cuda/device/config.hpp"

namespace lockstep::cuda {

inline constexpr int kAllFamilies = 63;

/// All families of one length, HMA being the simple average.
template <int kOffsets, int kLength, int kFamilies = kAllFamilies>
using OneLength =
    FixedConfig<kOffsets, kFamilies, false, kLength, kLength, kLength, kLength, kLength, kLength>;

/// KERNEL(name, Config), each once. The first takes any configuration.
#define LOCKSTEP_HOT_KERNELS(KERNEL)             \
  KERNEL(any, AnyConfig)                         \
  KERNEL(medium_28, OneLength<1246, 28>)         \
  KERNEL(narrow_28, OneLength<1234, 28>)         \
  KERNEL(wide_28, OneLength<1357, 28>)           \
  KERNEL(medium_14, OneLength<1246, 14>)         \
  KERNEL(ema_28, OneLength<1246, 28, 1 << kEma>) \
  KERNEL(kama_28, OneLength<1246, 28, 1 << kKama>)

}  // namespace lockstep::cuda
