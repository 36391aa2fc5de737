// A GPU as the batch run sees it: memory, streams, launches. driver_device.cpp has the real one; tests have
// one that runs the kernels on the host.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "kernels/cuda/device/layout.hpp"

namespace lockstep::cuda {

/// The device did not do what it was asked; the sentence says what.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// No room: with less in use it may work.
class DeviceMemoryError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// Streams 0 .. kStreams - 1: what is put on one is done in order, beside the others.
inline constexpr int kStreams = 3;

/// One thread at a time. Everything throws DeviceError.
class Device {
 public:
  virtual ~Device() = default;

  /// Call it first on every thread that uses the device.
  virtual void enter() = 0;
  /// Device memory that is free now.
  virtual std::size_t free_bytes() = 0;
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;
  /// Host memory that transfers go from and to beside the computation.
  virtual void* allocate_pinned(std::size_t bytes) = 0;
  virtual void release_pinned(void* memory) noexcept = 0;

  // On a stream; host memory must stay as it is until wait().
  virtual void upload(int stream, void* to, const void* from, std::size_t bytes) = 0;
  virtual void download(int stream, void* to, const void* from, std::size_t bytes) = 0;
  virtual void clear(int stream, void* memory, std::size_t bytes) = 0;
  virtual void launch(int stream, const void* kernel, std::int64_t groups, const LaunchArgs& args) = 0;
  /// Until all of the stream is done.
  virtual void wait(int stream) = 0;
  /// Until nothing runs any more, whatever went wrong before: afterwards host memory may go.
  virtual void abandon() noexcept = 0;

  /// One of LOCKSTEP_HOT_KERNELS; lives as long as the device.
  virtual const void* kernel(std::string_view name) = 0;
  /// The kernel "lockstep_batch" of a compiled image, kept by its key.
  virtual const void* load(const std::string& key, std::string_view image) = 0;
  /// 10 * major + minor of its compute capability; 0: it takes no images.
  virtual int architecture() const = 0;
  /// Time that kernels have run, over all streams, ms.
  virtual double kernel_ms() const = 0;
};

}  // namespace lockstep::cuda
