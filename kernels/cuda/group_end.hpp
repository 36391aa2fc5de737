// End states from what a launch leaves on the device.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/batch.hpp"
#include "kernels/cuda/device/layout.hpp"
#include "kernels/detail/growth.hpp"
#include "kernels/detail/plan.hpp"

namespace lockstep::cuda {

/// Equities of a chain without a signal, by bars since the cutout: the same for every series.
class IdleEquities {
 public:
  IdleEquities(double keep, std::int64_t bars);
  double at(std::int64_t growing) const;

 private:
  std::vector<double> values_;  ///< the last one stays
};

/// A group's state and rings, copied to the host.
struct GroupEnd {
  const GroupState& state;
  const U64* rings;
  std::int64_t ring_mask;
};

/// Makes series.end_state the one that has committed all bars; `lane` is its place in the group.
void set_end_state(const detail::BatchPlan& plan, const detail::GrowthTable& growth, const IdleEquities& idle,
                   const GroupEnd& end, int lane, const BatchSeries& series);

/// Whether some number that must be finite was not.
bool is_refused(const GroupState& state, int lane);

}  // namespace lockstep::cuda
