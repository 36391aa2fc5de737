#include "kernels/anchored_runs.hpp"

namespace lockstep {

std::vector<AnchoredRun> anchored_runs(std::span<const BarTicks> bars, const Anchor& anchor,
                                       std::int64_t interval_ms) {
  const auto count = static_cast<std::int64_t>(bars.size());
  const auto ts_open_ms = [&](std::int64_t t) { return bars[static_cast<std::size_t>(t)].ts_open_ms; };
  std::int64_t first = 0;
  while (anchor.kind == Anchor::Kind::time && first < count && ts_open_ms(first) < anchor.time_ms) ++first;
  std::vector<AnchoredRun> runs;
  if (first < count) runs.push_back({first, first, count});
  if (anchor.kind != Anchor::Kind::rolling) return runs;
  // Up to N bars the new run would start where the present one did.
  for (std::int64_t t = anchor.bars + 1; t < count; ++t) {
    if (grid_index(ts_open_ms(t), interval_ms, anchor.step) ==
        grid_index(ts_open_ms(t - 1), interval_ms, anchor.step)) {
      continue;
    }
    runs.back().end = t;
    runs.push_back({t - anchor.bars, t, count});
  }
  return runs;
}

}  // namespace lockstep
