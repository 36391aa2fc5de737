// The kernels that the build compiles: any configuration, and the hot ones with their lengths in the code.
// Any other is compiled at run time from the same headers (specialise.cpp).
#include "kernels/cuda/device/batch_kernel.hpp"
#include "kernels/cuda/device/hot.hpp"
#include "kernels/cuda/rounding_probe.cuh"

namespace lockstep::cuda {

#define LOCKSTEP_HOT_KERNEL(name, ...)                           \
  extern "C" __global__ void __launch_bounds__(kThreads)         \
      lockstep_##name(const __grid_constant__ LaunchArgs args) { \
    run_block<__VA_ARGS__>(args);                                \
  }
LOCKSTEP_HOT_KERNELS(LOCKSTEP_HOT_KERNEL)
#undef LOCKSTEP_HOT_KERNEL

}  // namespace lockstep::cuda
