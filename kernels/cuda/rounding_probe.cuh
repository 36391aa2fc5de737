// A kernel that shows whether the compiler's switches reach the device: asked of every device before it is
// used, and compiled by a test with fusing switched on.
#include "kernels/cuda/device/numbers.hpp"

namespace lockstep::cuda {

/// Whether a * b + c is rounded twice, as plain operators and as intrinsics.
extern "C" __global__ void lockstep_rounding(const double* in, double* out) {
  out[0] = in[0] * in[1] + in[2];
  out[1] = (F64(in[0]) * F64(in[1]) + F64(in[2])).value;
}

}  // namespace lockstep::cuda
