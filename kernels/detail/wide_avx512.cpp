// Eight series side by side on CPUs with avx512: compiled with its flags, called only where cpu.cpp found it.
#define LOCKSTEP_ISA batch_avx512
#include "kernels/detail/wide.ipp"
