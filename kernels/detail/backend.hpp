// What batch.cpp asks of a backend. A new backend is one more entry of the table in backends.cpp.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "kernels/batch.hpp"
#include "kernels/detail/growth.hpp"

namespace lockstep::detail {

/// One call of Batch::recompute(), checked: at least one series, equal configurations.
struct BatchWork {
  std::span<const BatchSeries> series;
  std::span<BatchResult> results;
  GrowthTable& growth;
  int threads;      ///< >= 1
  int chunk_bars;   ///< 0: the backend chooses
  bool specialise;  ///< BatchOptions::specialise
};

struct BackendEntry {
  Backend id;
  /// Nothing when this machine can run it, else one sentence.
  std::optional<std::string> (*why_not)();
  /// Does all of the work: nothing, or one sentence why it could not. It may throw std::bad_alloc. Outputs,
  /// end states and results that a failed backend wrote are written again by the next one.
  std::optional<std::string> (*run)(const BatchWork& work);
};

/// Every backend of this build, plainest first.
std::span<const BackendEntry> backend_entries();

}  // namespace lockstep::detail
