// Which series a SIMD backend takes together, and in what order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/batch.hpp"

namespace lockstep::detail {

/// With fewer series in a group than this, one after the other is faster.
inline constexpr int kLanesMin = 5;

struct WideTask {
  std::size_t first;  ///< in WideTasks::order
  int count;          ///< 1: by itself
};

struct WideTasks {
  std::vector<std::size_t> order;  ///< of the series, longest first
  std::vector<WideTask> tasks;     ///< every series in one of them; the longest work first
};

/// Longest first, so that the lanes of a group end together and the last tasks are short. Series of more than
/// `bars_max` bars, which will be refused for their growth, go by themselves.
WideTasks plan_wide_tasks(std::span<const BatchSeries> series, std::int64_t bars_max);

}  // namespace lockstep::detail
