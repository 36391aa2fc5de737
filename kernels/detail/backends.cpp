// The backends of this build.
#include "incremental/detail/cpu.hpp"
#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/detail/backend.hpp"
#include "kernels/detail/scalar_backend.hpp"
#ifdef LOCKSTEP_X86_64
#include "kernels/detail/wide_backend.hpp"
#endif

namespace lockstep::detail {
namespace {

using Reason = std::optional<std::string>;

constexpr BackendEntry kEntries[] = {
    {Backend::scalar, [] { return Reason(); }, run_scalar},
#ifdef LOCKSTEP_X86_64
    {Backend::avx2, [] { return has_avx2() ? Reason() : "this CPU has no AVX2"; }, run_avx2},
    {Backend::avx512, [] { return has_avx512() ? Reason() : "this CPU has no AVX-512 F, DQ, BW, VL"; },
     run_avx512},
#endif
    {Backend::cuda, cuda::why_not_cuda, cuda::run_cuda},
};

}  // namespace

std::span<const BackendEntry> backend_entries() {
  return kEntries;
}

}  // namespace lockstep::detail
