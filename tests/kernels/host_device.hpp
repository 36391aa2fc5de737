// A device without a GPU: the kernels' own source, run on the CPU block by block, phase by phase, thread by
// thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "kernels/cuda/device.hpp"

namespace lockstep::test {

/// The order in which the threads of a phase run. Any must give the same bits.
enum class ThreadOrder { rising, falling, shuffled };

/// Work on a stream is done as late as possible: when it is waited for. Streams are independent, so that a
/// missing wait shows as wrong results. Memory is filled with noise when it is handed out.
class HostDevice final : public cuda::Device {
 public:
  struct Settings {
    ThreadOrder order = ThreadOrder::rising;
    std::size_t memory_bytes = std::size_t{1} << 30;
    int operations_until_failure =
        -1;  ///< after so many transfers and launches the device fails; negative: never
  };
  HostDevice() = default;
  explicit HostDevice(const Settings& settings) : settings_(settings) {}
  ~HostDevice() override;

  void enter() override {}
  std::size_t free_bytes() override { return settings_.memory_bytes - used_bytes_; }
  void* allocate(std::size_t bytes) override;
  void release(void* memory) noexcept override;
  void* allocate_pinned(std::size_t bytes) override;
  void release_pinned(void* memory) noexcept override;
  void upload(int stream, void* to, const void* from, std::size_t bytes) override;
  void download(int stream, void* to, const void* from, std::size_t bytes) override;
  void clear(int stream, void* memory, std::size_t bytes) override;
  void launch(int stream, const void* kernel, std::int64_t groups, const cuda::LaunchArgs& args) override;
  void wait(int stream) override;
  void abandon() noexcept override;
  const void* kernel(std::string_view name) override;
  const void* load(const std::string& key, std::string_view image) override;
  int architecture() const override { return 0; }
  double kernel_ms() const override { return 0; }

  /// Launches by name of the kernel.
  const std::map<std::string, int>& launches() const { return launches_; }
  std::size_t most_bytes() const { return most_bytes_; }

 private:
  void put(int stream, std::function<void()> operation);

  Settings settings_;
  std::deque<std::function<void()>> queue_[cuda::kStreams];
  std::map<void*, std::vector<std::byte>> memory_;
  std::map<std::string, int> launches_;
  std::size_t used_bytes_ = 0;
  std::size_t most_bytes_ = 0;
  int operations_ = 0;
};

/// The device of the cuda backend while it lives.
class PlantedDevice {
 public:
  explicit PlantedDevice(cuda::Device& device);
  ~PlantedDevice();
  PlantedDevice(const PlantedDevice&) = delete;
  PlantedDevice& operator=(const PlantedDevice&) = delete;
};

}  // namespace lockstep::test
