#include "incremental/detail/cpu.hpp"

namespace lockstep::detail {

#ifdef LOCKSTEP_X86_64

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
}
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

#else

bool has_avx2() {
  return false;
}
bool has_avx512() {
  return false;
}

#endif

}  // namespace lockstep::detail
