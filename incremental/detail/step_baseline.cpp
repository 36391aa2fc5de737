// The step for every CPU of the architecture.
#define LOCKSTEP_ISA baseline
#include "incremental/detail/step.ipp"
