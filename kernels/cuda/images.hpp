// What the build embeds of the kernels: their code for GPUs, and their source for the run-time compiler.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace lockstep::cuda {

/// Code for the architectures that the build names, and PTX for newer ones. Empty: built without the CUDA
/// toolkit.
std::span<const unsigned char> embedded_kernels();

/// A header that the kernels include.
struct EmbeddedHeader {
  std::string_view name;  ///< as in #include
  std::string_view text;
};
std::span<const EmbeddedHeader> embedded_headers();

}  // namespace lockstep::cuda
