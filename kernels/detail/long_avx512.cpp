// One long series on CPUs with avx512: compiled with its flags, called only where cpu.cpp found it.
#define LOCKSTEP_ISA batch_avx512
#include "kernels/detail/long_layers.ipp"

namespace lockstep::batch_avx512 {
const detail::LongKernel kLongKernel = {long_sides, long_layers};
}
