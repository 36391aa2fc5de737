// One long series on CPUs with avx2: compiled with its flags, called only where cpu.cpp found it.
#define LOCKSTEP_ISA batch_avx2
#include "kernels/detail/long_layers.ipp"

namespace lockstep::batch_avx2 {
const detail::LongKernel kLongKernel = {long_sides, long_layers};
}
