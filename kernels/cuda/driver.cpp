#include "kernels/cuda/driver.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string_view>

#include "kernels/cuda/device.hpp"

namespace lockstep::cuda {
namespace {

std::string text_of(const Driver& driver, CuResult result) {
  const char* text = nullptr;
  if (driver.error_text && driver.error_text(result, &text) == kCuSuccess && text) return text;
  return "error " + std::to_string(result);
}

}  // namespace

void Driver::check(CuResult result, const char* what) const {
  if (result == kCuSuccess) return;
  const std::string sentence = std::string(what) + ": " + text_of(*this, result);
  if (result == kCuOutOfMemory) throw DeviceMemoryError(sentence);
  throw DeviceError(sentence);
}

std::optional<std::string> open_driver(Driver& driver) {
  const char* asked = std::getenv("LOCKSTEP_CUDA");
  if (asked && std::string_view(asked) == "off") return "LOCKSTEP_CUDA=off is set";
  // Never closed: the driver has threads of its own.
  void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return "no NVIDIA driver on this machine (libcuda.so.1 is not there)";
  const char* missing = nullptr;
  const auto find = [&](auto*& function, const char* symbol) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, symbol));
    if (!function && !missing) missing = symbol;
  };
#define LOCKSTEP_CUDA_ENTRY(member, symbol, parameters) find(driver.member, symbol);
  LOCKSTEP_CUDA_DRIVER(LOCKSTEP_CUDA_ENTRY)
#undef LOCKSTEP_CUDA_ENTRY
  if (missing) return std::string("the NVIDIA driver is too old: it has no ") + missing;
  if (const CuResult result = driver.init(0); result != kCuSuccess) {
    return "the NVIDIA driver says: " + text_of(driver, result);
  }
  return std::nullopt;
}

}  // namespace lockstep::cuda
