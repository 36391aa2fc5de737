// Eight series side by side on CPUs with avx2: compiled with its flags, called only where cpu.cpp found it.
#define LOCKSTEP_ISA batch_avx2
#include "kernels/detail/wide.ipp"
