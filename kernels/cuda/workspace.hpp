// Memory that batch runs keep for the next one: allocating it, the pinned kind above all, takes longer than a
// batch.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/cuda/device.hpp"

namespace lockstep::cuda {

/// Device or pinned memory that grows.
template <void* (Device::*kAllocate)(std::size_t), void (Device::*kRelease)(void*) noexcept>
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { drop(); }

  /// At least `bytes`; what was in it is lost when it grows.
  std::byte* at_least(Device& device, std::size_t bytes) {
    if (bytes > bytes_) {
      drop();
      memory_ = static_cast<std::byte*>((device.*kAllocate)(bytes));
      device_ = &device;
      bytes_ = bytes;
    }
    return memory_;
  }
  void drop() {
    if (memory_) (device_->*kRelease)(memory_);
    memory_ = nullptr;
    bytes_ = 0;
  }
  std::byte* get() const { return memory_; }
  std::size_t bytes() const { return bytes_; }

 private:
  Device* device_ = nullptr;
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
};
using DeviceBuffer = Buffer<&Device::allocate, &Device::release>;
using PinnedBuffer = Buffer<&Device::allocate_pinned, &Device::release_pinned>;

/// What the work of one stream goes through.
struct SlotBuffers {
  DeviceBuffer bars, input, output, state, rings;
  PinnedBuffer host_bars, host_input, host_output, host_state, host_rings;
};

/// Must go before its device.
struct Workspace {
  std::array<SlotBuffers, kStreams> slot;
  DeviceBuffer growth;

  std::size_t device_bytes() const {
    std::size_t bytes = growth.bytes();
    for (const SlotBuffers& one : slot) {
      for (const DeviceBuffer* buffer : {&one.bars, &one.input, &one.output, &one.state, &one.rings}) {
        bytes += buffer->bytes();
      }
    }
    return bytes;
  }
  void drop() {
    growth.drop();
    for (SlotBuffers& one : slot) {
      for (DeviceBuffer* buffer : {&one.bars, &one.input, &one.output, &one.state, &one.rings})
        buffer->drop();
      for (PinnedBuffer* buffer :
           {&one.host_bars, &one.host_input, &one.host_output, &one.host_state, &one.host_rings}) {
        buffer->drop();
      }
    }
  }
};

}  // namespace lockstep::cuda
