// Faults that tests plant to see that they are found. Without LOCKSTEP_PLANTED_FAULTS (test builds) there are
// none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "kernels/batch.hpp"

namespace lockstep::detail {

#ifdef LOCKSTEP_PLANTED_FAULTS

struct PlantedFault {
  Backend backend = Backend::scalar;
  bool fails = false;    ///< the backend says that it cannot work
  std::int64_t bar = 0;  ///< else: what it gives for this bar of the first series is one ulp off
  int field = 0;         ///< 0 average, 1 .. 6 family signals, 7 .. 12 equities
};
/// Until it is planted anew; nothing: none. For the thread that calls Batch::recompute().
void plant_fault(const std::optional<PlantedFault>& fault);

std::optional<std::string> planted_failure(Backend backend);
void plant_output_fault(Backend backend, std::span<const BatchSeries> series);

#else

inline std::optional<std::string> planted_failure(Backend) {
  return std::nullopt;
}
inline void plant_output_fault(Backend, std::span<const BatchSeries>) {}

#endif

}  // namespace lockstep::detail
