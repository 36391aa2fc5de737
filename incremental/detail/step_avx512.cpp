// The step for CPUs with AVX-512 F, DQ, BW, VL: compiled with their flags, called only where step_functions()
// found them.
#define LOCKSTEP_ISA avx512
#include "incremental/detail/step.ipp"
