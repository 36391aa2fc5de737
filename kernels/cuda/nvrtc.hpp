// NVIDIA's run-time compiler, opened when it is first asked for; lockstep runs without it.
#pragma once

#include <cstddef>
#include <string>

namespace lockstep::cuda {

struct NvrtcProgramObject;
using NvrtcProgram = NvrtcProgramObject*;

/// The functions of libnvrtc.
struct Nvrtc {
  int (*get_version)(int*, int*) = nullptr;
  int (*create)(NvrtcProgram*, const char*, const char*, int, const char* const*,
                const char* const*) = nullptr;
  int (*destroy)(NvrtcProgram*) = nullptr;
  int (*compile)(NvrtcProgram, int, const char* const*) = nullptr;
  int (*log_size)(NvrtcProgram, std::size_t*) = nullptr;
  int (*log)(NvrtcProgram, char*) = nullptr;
  int (*cubin_size)(NvrtcProgram, std::size_t*) = nullptr;
  int (*cubin)(NvrtcProgram, char*) = nullptr;
  int (*ptx_size)(NvrtcProgram, std::size_t*) = nullptr;
  int (*ptx)(NvrtcProgram, char*) = nullptr;
  std::string version;  ///< "13.0"
};

/// Null when there is no libnvrtc, or when LOCKSTEP_NVRTC=off is set. LOCKSTEP_NVRTC may name the library's
/// file.
const Nvrtc* nvrtc();

enum class KernelForm { cubin, ptx };

/// The kernel "lockstep_batch" for a config_type() and an architecture (75, 80, ...), with the flags of bit
/// identity. DeviceError with the compiler's own words when it refuses.
std::string compile_kernel(const Nvrtc& compiler, const std::string& config_type, int architecture,
                           KernelForm form);

}  // namespace lockstep::cuda
