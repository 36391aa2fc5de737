#include "kernels/cuda/driver_device.hpp"

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "kernels/cuda/driver.hpp"
#include "kernels/cuda/images.hpp"

namespace lockstep::cuda {
namespace {

/// Two events around a launch.
struct Timing {
  CuEvent begin = nullptr;
  CuEvent end = nullptr;
  int stream = -1;  ///< -1: free
};

class DriverDevice final : public Device {
 public:
  DriverDevice(const Driver& driver, CuDevice device, int architecture)
      : driver_(driver), device_(device), architecture_(architecture) {
    check(driver_.context_retain(&context_, device_), "cuDevicePrimaryCtxRetain");
    enter();
    for (CuStream& stream : streams_)
      check(driver_.stream_create(&stream, kCuStreamNonBlocking), "cuStreamCreate");
    check(driver_.module_load(&module_, embedded_kernels().data()), "cuModuleLoadData");
  }
  // It lives as long as the process, whose end gives everything back; the driver may be gone by then.
  ~DriverDevice() override = default;

  void enter() override { check(driver_.context_set(context_), "cuCtxSetCurrent"); }
  std::size_t free_bytes() override {
    std::size_t free = 0, total = 0;
    check(driver_.memory_info(&free, &total), "cuMemGetInfo");
    return free;
  }
  void* allocate(std::size_t bytes) override {
    CuPointer memory = 0;
    check(driver_.memory_allocate(&memory, bytes), "cuMemAlloc");
    return reinterpret_cast<void*>(memory);
  }
  void release(void* memory) noexcept override { driver_.memory_free(address(memory)); }
  void* allocate_pinned(std::size_t bytes) override {
    void* memory = nullptr;
    check(driver_.pinned_allocate(&memory, bytes), "cuMemAllocHost");
    return memory;
  }
  void release_pinned(void* memory) noexcept override { driver_.pinned_free(memory); }

  void upload(int stream, void* to, const void* from, std::size_t bytes) override {
    check(driver_.upload(address(to), from, bytes, at(stream)), "cuMemcpyHtoDAsync");
  }
  void download(int stream, void* to, const void* from, std::size_t bytes) override {
    check(driver_.download(to, address(from), bytes, at(stream)), "cuMemcpyDtoHAsync");
  }
  void clear(int stream, void* memory, std::size_t bytes) override {
    check(driver_.clear(address(memory), 0, bytes, at(stream)), "cuMemsetD8Async");
  }
  void launch(int stream, const void* kernel, std::int64_t groups, const LaunchArgs& args) override {
    Timing& timing = free_timing();
    timing.stream = stream;
    check(driver_.event_record(timing.begin, at(stream)), "cuEventRecord");
    start(stream, kernel, groups, kThreads, const_cast<LaunchArgs*>(&args));
    check(driver_.event_record(timing.end, at(stream)), "cuEventRecord");
  }
  void wait(int stream) override {
    check(driver_.stream_wait(at(stream)), "a kernel or a transfer");
    for (Timing& timing : timings_) {
      if (timing.stream != stream) continue;
      float ms = 0;
      check(driver_.event_elapsed(&ms, timing.begin, timing.end), "cuEventElapsedTime");
      kernel_ms_ += static_cast<double>(ms);
      timing.stream = -1;
    }
  }
  void abandon() noexcept override {
    driver_.context_wait();
    for (Timing& timing : timings_) timing.stream = -1;
  }

  const void* kernel(std::string_view name) override {
    const std::string symbol = "lockstep_" + std::string(name);
    return function(module_, symbol.c_str());
  }
  const void* load(const std::string& key, std::string_view image) override {
    CuModule& module = loaded_[key];
    if (!module) check(driver_.module_load(&module, image.data()), "cuModuleLoadData");
    return function(module, "lockstep_batch");
  }
  int architecture() const override { return architecture_; }
  double kernel_ms() const override { return kernel_ms_; }

  /// Whether a * b + c is rounded twice, written either way.
  bool rounds_every_operation() {
    // The product is 1 + 2^-29 + 2^-60, rounded without its last bit: only a fused operation keeps it.
    constexpr double kFactor = 1 + 0x1p-30;
    const double in[3] = {kFactor, kFactor, -(1 + 0x1p-29)};
    double out[2] = {1, 1};
    auto* memory = static_cast<double*>(allocate(sizeof in + sizeof out));
    double* result = memory + 3;
    upload(0, memory, in, sizeof in);
    void* parameters[] = {&memory, &result};
    check(driver_.launch(function(module_, "lockstep_rounding"), 1, 1, 1, 1, 1, 1, 0, at(0), parameters,
                         nullptr),
          "cuLaunchKernel");
    download(0, out, result, sizeof out);
    wait(0);
    release(memory);
    return out[0] == 0 && out[1] == 0;
  }

 private:
  static CuPointer address(const void* memory) { return reinterpret_cast<CuPointer>(memory); }
  void check(CuResult result, const char* what) const { driver_.check(result, what); }
  CuStream at(int stream) const { return streams_[static_cast<std::size_t>(stream)]; }

  CuFunction function(CuModule module, const char* symbol) const {
    CuFunction found = nullptr;
    check(driver_.module_function(&found, module, symbol), symbol);
    return found;
  }
  void start(int stream, const void* kernel, std::int64_t groups, unsigned threads, void* args) {
    auto* function = static_cast<CuFunction>(const_cast<void*>(kernel));
    void* parameters[] = {args};
    check(driver_.launch(function, static_cast<unsigned>(groups), 1, 1, threads, 1, 1, 0, at(stream),
                         parameters, nullptr),
          "cuLaunchKernel");
  }
  Timing& free_timing() {
    for (Timing& timing : timings_) {
      if (timing.stream < 0) return timing;
    }
    Timing timing;
    check(driver_.event_create(&timing.begin, 0), "cuEventCreate");
    check(driver_.event_create(&timing.end, 0), "cuEventCreate");
    timings_.push_back(timing);
    return timings_.back();
  }

  Driver driver_;
  CuDevice device_;
  int architecture_;
  CuContext context_ = nullptr;
  CuModule module_ = nullptr;
  std::array<CuStream, kStreams> streams_{};
  std::map<std::string, CuModule> loaded_;
  std::vector<Timing> timings_;
  double kernel_ms_ = 0;
};

std::string description(const Driver& driver, CuDevice device, int architecture) {
  char name[256] = "?";
  std::size_t bytes = 0;
  int version = 0;
  driver.check(driver.device_name(name, sizeof name, device), "cuDeviceGetName");
  driver.check(driver.device_memory(&bytes, device), "cuDeviceTotalMem");
  driver.check(driver.driver_version(&version), "cuDriverGetVersion");
  return std::string(name) + ", compute capability " + std::to_string(architecture / 10) + "." +
         std::to_string(architecture % 10) + ", " + std::to_string(bytes >> 30) + " GiB, driver for CUDA " +
         std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

void find_device(DeviceFinding& finding) {
  if (embedded_kernels().empty()) {
    finding.why_not = "this build was made without the CUDA toolkit (nvcc)";
    return;
  }
  Driver driver;
  if (auto reason = open_driver(driver)) {
    finding.why_not = *std::move(reason);
    return;
  }
  int count = 0;
  driver.check(driver.device_count(&count), "cuDeviceGetCount");
  if (count == 0) {
    finding.why_not = "the NVIDIA driver shows no GPU";
    return;
  }
  CuDevice device = 0;
  int major = 0, minor = 0;
  driver.check(driver.device_get(&device, 0), "cuDeviceGet");
  driver.check(driver.device_attribute(&major, kCuCapabilityMajor, device), "cuDeviceGetAttribute");
  driver.check(driver.device_attribute(&minor, kCuCapabilityMinor, device), "cuDeviceGetAttribute");
  const int architecture = 10 * major + minor;
  finding.description = description(driver, device, architecture);
  if (architecture < 75) {
    finding.why_not = finding.description + ": compute capability 7.5 is the least";
    return;
  }
  auto opened = std::make_unique<DriverDevice>(driver, device, architecture);
  if (!opened->rounds_every_operation()) {
    finding.why_not = "the device fuses multiplications with additions, although its code says not to";
    return;
  }
  finding.device = std::move(opened);
}

}  // namespace

DeviceFinding find_device() {
  DeviceFinding finding;
  try {
    find_device(finding);
  } catch (const DeviceError& error) {
    finding.why_not = error.what();
  }
  return finding;
}

}  // namespace lockstep::cuda
