// The SIMD backends: series sorted by length, eight at a time, over threads.
#pragma once

#include "kernels/detail/backend.hpp"

namespace lockstep::detail {

std::optional<std::string> run_avx2(const BatchWork& work);
std::optional<std::string> run_avx512(const BatchWork& work);

}  // namespace lockstep::detail
