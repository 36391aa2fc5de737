#include "kernels/detail/wide_tasks.hpp"

#include <algorithm>

#include "kernels/detail/wide.hpp"

namespace lockstep::detail {

WideTasks plan_wide_tasks(std::span<const BatchSeries> series, std::int64_t bars_max) {
  WideTasks plan;
  std::vector<std::size_t>& order = plan.order;
  order.resize(series.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return series[a].size() > series[b].size(); });
  std::size_t at = 0;
  while (at < order.size() && series[order[at]].size() > bars_max) plan.tasks.push_back({at++, 1});
  while (at < order.size()) {
    const auto count = static_cast<int>(std::min<std::size_t>(order.size() - at, kLanes));
    if (count >= kLanesMin) {
      plan.tasks.push_back({at, count});
    } else {
      for (int i = 0; i < count; ++i) plan.tasks.push_back({at + static_cast<std::size_t>(i), 1});
    }
    at += static_cast<std::size_t>(count);
  }
  return plan;
}

}  // namespace lockstep::detail
