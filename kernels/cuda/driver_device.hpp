// The first NVIDIA GPU that the driver shows.
#pragma once

#include <memory>
#include <string>

#include "kernels/cuda/device.hpp"

namespace lockstep::cuda {

/// A GPU that is there and can be used, or why not.
struct DeviceFinding {
  std::string why_not;      ///< one sentence; empty: it can be used
  std::string description;  ///< name, compute capability, memory, driver; empty without a GPU
  std::unique_ptr<Device> device;
};

/// Opens driver and device, loads the kernels, and asks the device to prove that it rounds every operation by
/// itself. CUDA_VISIBLE_DEVICES chooses another GPU.
DeviceFinding find_device();

}  // namespace lockstep::cuda
