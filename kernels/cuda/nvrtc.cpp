#include "kernels/cuda/nvrtc.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "kernels/cuda/device.hpp"
#include "kernels/cuda/images.hpp"

namespace lockstep::cuda {
namespace {

void* open_library() {
  const char* asked = std::getenv("LOCKSTEP_NVRTC");
  if (asked && std::string_view(asked) == "off") return nullptr;
  if (asked && *asked) return dlopen(asked, RTLD_NOW | RTLD_LOCAL);
  std::vector<std::string> folders = {""};
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const char* home = std::getenv(variable)) folders.push_back(std::string(home) + "/lib64/");
  }
  folders.push_back(
      "/usr/local/cuda/lib64/");  // where NVIDIA's own packages put it, often unknown to the loader
  for (const std::string& folder : folders) {
    for (const char* name : {"libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12"}) {
      if (void* library = dlopen((folder + name).c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    }
  }
  return nullptr;
}

bool open_nvrtc(Nvrtc& nvrtc) {
  void* library = open_library();
  if (!library) return false;
  bool is_complete = true;
  const auto find = [&](auto*& function, const char* symbol) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, symbol));
    is_complete &= function != nullptr;
  };
  find(nvrtc.get_version, "nvrtcVersion");
  find(nvrtc.create, "nvrtcCreateProgram");
  find(nvrtc.destroy, "nvrtcDestroyProgram");
  find(nvrtc.compile, "nvrtcCompileProgram");
  find(nvrtc.log_size, "nvrtcGetProgramLogSize");
  find(nvrtc.log, "nvrtcGetProgramLog");
  find(nvrtc.cubin_size, "nvrtcGetCUBINSize");
  find(nvrtc.cubin, "nvrtcGetCUBIN");
  find(nvrtc.ptx_size, "nvrtcGetPTXSize");
  find(nvrtc.ptx, "nvrtcGetPTX");
  int major = 0, minor = 0;
  if (!is_complete || nvrtc.get_version(&major, &minor) != 0) return false;
  nvrtc.version = std::to_string(major) + "." + std::to_string(minor);
  return true;
}

/// A program that goes when it is done with.
class Program {
 public:
  Program(const Nvrtc& nvrtc, const std::string& source) : nvrtc_(nvrtc) {
    std::vector<std::string> names, texts;
    for (const EmbeddedHeader& header : embedded_headers()) {
      names.emplace_back(header.name);
      texts.emplace_back(header.text);
    }
    std::vector<const char*> name_pointers, text_pointers;
    for (const std::string& name : names) name_pointers.push_back(name.c_str());
    for (const std::string& text : texts) text_pointers.push_back(text.c_str());
    if (nvrtc_.create(&program_, source.c_str(), "lockstep.cu", static_cast<int>(names.size()),
                      text_pointers.data(), name_pointers.data()) != 0) {
      throw DeviceError("NVRTC: no program could be made");
    }
  }
  ~Program() { nvrtc_.destroy(&program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void compile(const std::vector<std::string>& flags) {
    std::vector<const char*> pointers;
    for (const std::string& flag : flags) pointers.push_back(flag.c_str());
    if (nvrtc_.compile(program_, static_cast<int>(pointers.size()), pointers.data()) == 0) return;
    throw DeviceError("NVRTC: " + text(nvrtc_.log_size, nvrtc_.log));
  }
  std::string text(int (*size_of)(NvrtcProgram, std::size_t*), int (*get)(NvrtcProgram, char*)) const {
    std::size_t bytes = 0;
    if (size_of(program_, &bytes) != 0) throw DeviceError("NVRTC: it has no result");
    std::string result(bytes, '\0');
    if (get(program_, result.data()) != 0) throw DeviceError("NVRTC: it has no result");
    return result;
  }

 private:
  const Nvrtc& nvrtc_;
  NvrtcProgram program_ = nullptr;
};

}  // namespace

const Nvrtc* nvrtc() {
  static Nvrtc opened;
  static const bool is_open = open_nvrtc(opened);
  return is_open ? &opened : nullptr;
}

std::string compile_kernel(const Nvrtc& compiler, const std::string& config_type, int architecture,
                           KernelForm form) {
  Program program(
      compiler,
      "#include \"kernels/cuda/device/batch_kernel.hpp\"\n"
      "namespace lockstep::cuda {\n"
      "extern \"C\" __global__ void __launch_bounds__(kThreads) lockstep_batch(const __grid_constant__ "
      "LaunchArgs args) {\n  run_block<" +
          config_type + ">(args);\n}\n}\n");
  std::vector<std::string> flags = {LOCKSTEP_CUDA_FLAGS, "--std=c++20"};
  flags.push_back((form == KernelForm::ptx ? "--gpu-architecture=compute_" : "--gpu-architecture=sm_") +
                  std::to_string(architecture));
  program.compile(flags);
  return form == KernelForm::ptx ? program.text(compiler.ptx_size, compiler.ptx)
                                 : program.text(compiler.cubin_size, compiler.cubin);
}

}  // namespace lockstep::cuda
