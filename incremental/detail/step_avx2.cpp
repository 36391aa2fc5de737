// The step for CPUs with AVX2, BMI2: compiled with their flags, called only where step_functions() found
// them.
#define LOCKSTEP_ISA avx2
#include "incremental/detail/step.ipp"
