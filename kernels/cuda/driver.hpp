// The CUDA driver, opened when it is first asked for: lockstep links nothing of CUDA and runs where there is
// no driver.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace lockstep::cuda {

// As cuda.h has them; only what is used here.
using CuResult = int;
using CuDevice = int;
using CuPointer = unsigned long long;
struct CuContextObject;
struct CuModuleObject;
struct CuFunctionObject;
struct CuStreamObject;
struct CuEventObject;
using CuContext = CuContextObject*;
using CuModule = CuModuleObject*;
using CuFunction = CuFunctionObject*;
using CuStream = CuStreamObject*;
using CuEvent = CuEventObject*;

inline constexpr CuResult kCuSuccess = 0;
inline constexpr CuResult kCuOutOfMemory = 2;
inline constexpr int kCuCapabilityMajor = 75;
inline constexpr int kCuCapabilityMinor = 76;
inline constexpr unsigned kCuStreamNonBlocking = 1;

/// CUDA_DRIVER(member, symbol, parameters of the function)
#define LOCKSTEP_CUDA_DRIVER(ENTRY)                                                                          \
  ENTRY(init, "cuInit", (unsigned))                                                                          \
  ENTRY(driver_version, "cuDriverGetVersion", (int*))                                                        \
  ENTRY(device_count, "cuDeviceGetCount", (int*))                                                            \
  ENTRY(device_get, "cuDeviceGet", (CuDevice*, int))                                                         \
  ENTRY(device_name, "cuDeviceGetName", (char*, int, CuDevice))                                              \
  ENTRY(device_attribute, "cuDeviceGetAttribute", (int*, int, CuDevice))                                     \
  ENTRY(device_memory, "cuDeviceTotalMem_v2", (std::size_t*, CuDevice))                                      \
  ENTRY(context_retain, "cuDevicePrimaryCtxRetain", (CuContext*, CuDevice))                                  \
  ENTRY(context_release, "cuDevicePrimaryCtxRelease_v2", (CuDevice))                                         \
  ENTRY(context_set, "cuCtxSetCurrent", (CuContext))                                                         \
  ENTRY(context_wait, "cuCtxSynchronize", ())                                                                \
  ENTRY(module_load, "cuModuleLoadData", (CuModule*, const void*))                                           \
  ENTRY(module_unload, "cuModuleUnload", (CuModule))                                                         \
  ENTRY(module_function, "cuModuleGetFunction", (CuFunction*, CuModule, const char*))                        \
  ENTRY(launch, "cuLaunchKernel",                                                                            \
        (CuFunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CuStream, void**, \
         void**))                                                                                            \
  ENTRY(memory_info, "cuMemGetInfo_v2", (std::size_t*, std::size_t*))                                        \
  ENTRY(memory_allocate, "cuMemAlloc_v2", (CuPointer*, std::size_t))                                         \
  ENTRY(memory_free, "cuMemFree_v2", (CuPointer))                                                            \
  ENTRY(pinned_allocate, "cuMemAllocHost_v2", (void**, std::size_t))                                         \
  ENTRY(pinned_free, "cuMemFreeHost", (void*))                                                               \
  ENTRY(upload, "cuMemcpyHtoDAsync_v2", (CuPointer, const void*, std::size_t, CuStream))                     \
  ENTRY(download, "cuMemcpyDtoHAsync_v2", (void*, CuPointer, std::size_t, CuStream))                         \
  ENTRY(clear, "cuMemsetD8Async", (CuPointer, unsigned char, std::size_t, CuStream))                         \
  ENTRY(stream_create, "cuStreamCreate", (CuStream*, unsigned))                                              \
  ENTRY(stream_destroy, "cuStreamDestroy_v2", (CuStream))                                                    \
  ENTRY(stream_wait, "cuStreamSynchronize", (CuStream))                                                      \
  ENTRY(event_create, "cuEventCreate", (CuEvent*, unsigned))                                                 \
  ENTRY(event_destroy, "cuEventDestroy_v2", (CuEvent))                                                       \
  ENTRY(event_record, "cuEventRecord", (CuEvent, CuStream))                                                  \
  ENTRY(event_elapsed, "cuEventElapsedTime", (float*, CuEvent, CuEvent))                                     \
  ENTRY(error_text, "cuGetErrorString", (CuResult, const char**))

struct Driver {
#define LOCKSTEP_CUDA_ENTRY(member, symbol, parameters) CuResult(*member) parameters = nullptr;
  LOCKSTEP_CUDA_DRIVER(LOCKSTEP_CUDA_ENTRY)
#undef LOCKSTEP_CUDA_ENTRY

  /// Throws DeviceError: what was asked, and what the driver says.
  void check(CuResult result, const char* what) const;
};

/// Opens libcuda.so.1 and initialises it. Nothing when that works, else one sentence; `driver` is usable only
/// then. LOCKSTEP_CUDA=off in the environment keeps it closed.
std::optional<std::string> open_driver(Driver& driver);

}  // namespace lockstep::cuda
