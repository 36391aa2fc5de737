#include "kernels/cuda/cuda_backend.hpp"

#include <atomic>
#include <mutex>

#include "kernels/cuda/batch_run.hpp"
#include "kernels/cuda/driver_device.hpp"
#include "kernels/cuda/images.hpp"

namespace lockstep::cuda {
namespace {

/// The machine's GPU, looked for once.
DeviceFinding& machine() {
  static DeviceFinding finding = find_device();
  return finding;
}

/// Who works, and with what memory; one batch at a time.
struct Place {
  std::mutex mutex;
  Workspace workspace;
  Device* planted = nullptr;
  std::string lost;  ///< not empty: the device failed in a way that it does not recover from

  Device* device() { return planted ? planted : machine().device.get(); }
};
Place& place() {
  // Lives until the process ends, as the driver does.
  static Place* const one = new Place;
  return *one;
}

}  // namespace

std::optional<std::string> why_not_cuda() {
  const std::lock_guard lock(place().mutex);
  if (!place().lost.empty()) return place().lost;
  if (place().device()) return std::nullopt;
  return machine().why_not;
}

std::string cuda_description() {
  return machine().description;
}

std::optional<std::string> notice_of_missing_gpu() {
  static std::atomic<bool> is_said{false};
  if (embedded_kernels().empty()) return std::nullopt;
  auto reason = why_not_cuda();
  if (!reason || is_said.exchange(true)) return std::nullopt;
  return reason;
}

std::optional<std::string> run_cuda(const detail::BatchWork& work) {
  const std::lock_guard lock(place().mutex);
  Device* device = place().device();
  if (!device) return machine().why_not;
  try {
    try {
      run_batch(*device, place().workspace, work);
    } catch (const DeviceMemoryError&) {
      // What earlier batches left may have been in the way.
      place().workspace.drop();
      run_batch(*device, place().workspace, work);
    }
  } catch (const DeviceMemoryError& error) {
    place().workspace.drop();
    return error.what();
  } catch (const DeviceError& error) {
    if (!place().planted) place().lost = std::string("an earlier batch failed on it: ") + error.what();
    return error.what();
  }
  return std::nullopt;
}

double cuda_kernel_ms() {
  const std::lock_guard lock(place().mutex);
  Device* device = place().device();
  return device ? device->kernel_ms() : 0;
}

#ifdef LOCKSTEP_PLANTED_FAULTS
void plant_device(Device* device) {
  const std::lock_guard lock(place().mutex);
  place().workspace.drop();
  place().planted = device;
}
#endif

}  // namespace lockstep::cuda
