#include "tests/kernels/host_device.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <string>

#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/cuda/device/batch_kernel.hpp"
#include "kernels/cuda/device/hot.hpp"

namespace lockstep::test {
namespace {

using namespace cuda;

/// One block: its threads' registers live from phase to phase, as on a device.
template <class Config>
class Block {
 public:
  Block(const LaunchArgs& args, std::int64_t group, ThreadOrder order)
      : args_(args), group_(group), order_(order), engine_(static_cast<std::uint64_t>(group) + 1) {
    // A device gives neither shared memory nor registers any first value.
    std::memset(static_cast<void*>(&shared_), 0xa5, sizeof shared_);
    std::memset(static_cast<void*>(registers_), 0xa5, sizeof registers_);
    std::iota(std::begin(threads_), std::end(threads_), 0);
    if (order_ == ThreadOrder::falling) std::reverse(std::begin(threads_), std::end(threads_));
  }

  void run() {
    each([](const BatchKernel<Config>& kernel) { kernel.load_state(); });
    const I64 chunks = BatchKernel<Config>::chunks(args_, group_);
    for (I64 index = 0; index < chunks; ++index) {
      const ChunkRows chunk = BatchKernel<Config>::chunk_of(args_, index);
      phases(chunk, std::make_integer_sequence<int, BatchKernel<Config>::kPhases>());
    }
    each([](const BatchKernel<Config>& kernel) { kernel.save_state(); });
  }

 private:
  template <int... kPhase>
  void phases(const ChunkRows& chunk, std::integer_sequence<int, kPhase...>) {
    (each([&](const BatchKernel<Config>& kernel) { kernel.template phase<kPhase>(chunk); }), ...);
  }
  /// All threads, to the barrier.
  template <class Body>
  void each(Body body) {
    if (order_ == ThreadOrder::shuffled) std::shuffle(std::begin(threads_), std::end(threads_), engine_);
    for (const int thread : threads_) {
      body(BatchKernel<Config>{
          {args_, shared_, registers_[thread], group_, thread / kLanes, thread % kLanes}});
    }
  }

  const LaunchArgs& args_;
  std::int64_t group_;
  ThreadOrder order_;
  std::mt19937_64 engine_;
  Shared shared_;
  Registers registers_[kThreads];
  int threads_[kThreads];
};

using RunBlock = void (*)(const LaunchArgs&, std::int64_t, ThreadOrder);
struct HostKernel {
  const char* name;
  RunBlock run;
};

template <class Config>
void run_block_of(const LaunchArgs& args, std::int64_t group, ThreadOrder order) {
  std::make_unique<Block<Config>>(args, group, order)->run();
}

#define LOCKSTEP_HOST_KERNEL(name, ...) {#name, run_block_of<__VA_ARGS__>},
constexpr HostKernel kKernels[] = {LOCKSTEP_HOT_KERNELS(LOCKSTEP_HOST_KERNEL)};
#undef LOCKSTEP_HOST_KERNEL

}  // namespace

HostDevice::~HostDevice() = default;

void* HostDevice::allocate(std::size_t bytes) {
  if (used_bytes_ + bytes > settings_.memory_bytes) throw DeviceMemoryError("cuMemAlloc: out of memory");
  used_bytes_ += bytes;
  most_bytes_ = std::max(most_bytes_, used_bytes_);
  return allocate_pinned(bytes);
}

void HostDevice::release(void* memory) noexcept {
  used_bytes_ -= memory_.at(memory).size();
  memory_.erase(memory);
}

void* HostDevice::allocate_pinned(std::size_t bytes) {
  std::vector<std::byte> block(bytes, std::byte{0xa5});
  void* memory = block.data();
  memory_.emplace(memory, std::move(block));
  return memory;
}

void HostDevice::release_pinned(void* memory) noexcept {
  memory_.erase(memory);
}

void HostDevice::put(int stream, std::function<void()> operation) {
  if (settings_.operations_until_failure >= 0 && operations_++ >= settings_.operations_until_failure) {
    throw DeviceError("a kernel or a transfer: a planted fault of the device");
  }
  queue_[stream].push_back(std::move(operation));
}

void HostDevice::upload(int stream, void* to, const void* from, std::size_t bytes) {
  put(stream, [=] { std::memcpy(to, from, bytes); });
}

void HostDevice::download(int stream, void* to, const void* from, std::size_t bytes) {
  put(stream, [=] { std::memcpy(to, from, bytes); });
}

void HostDevice::clear(int stream, void* memory, std::size_t bytes) {
  put(stream, [=] { std::memset(memory, 0, bytes); });
}

void HostDevice::launch(int stream, const void* kernel, std::int64_t groups, const LaunchArgs& args) {
  const auto& one = *static_cast<const HostKernel*>(kernel);
  ++launches_[one.name];
  put(stream, [&one, groups, args, order = settings_.order] {
    for (std::int64_t group = groups; group-- > 0;) one.run(args, group, order);
  });
}

void HostDevice::wait(int stream) {
  auto& queue = queue_[stream];
  for (; !queue.empty(); queue.pop_front()) queue.front()();
}

void HostDevice::abandon() noexcept {
  for (auto& queue : queue_) queue.clear();
}

const void* HostDevice::kernel(std::string_view name) {
  for (const HostKernel& one : kKernels) {
    if (one.name == name) return &one;
  }
  throw DeviceError("no kernel of the name " + std::string(name));
}

const void* HostDevice::load(const std::string&, std::string_view) {
  throw DeviceError("the host takes no images");
}

PlantedDevice::PlantedDevice(cuda::Device& device) {
  cuda::plant_device(&device);
}

PlantedDevice::~PlantedDevice() {
  cuda::plant_device(nullptr);
}

}  // namespace lockstep::test
