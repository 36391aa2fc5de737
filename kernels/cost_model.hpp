// Which backend a batch goes to, from constants measured by `lockstep bench`.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernels/batch.hpp"

namespace lockstep {

/// What decides about a batch.
struct BatchSize {
  std::int64_t series = 0;
  std::int64_t bars = 0;      ///< over all series
  std::int64_t bars_max = 0;  ///< of the longest
  bool has_end_states = false;
  double out_bytes = 105;  ///< a bar gives; all outputs but the 54 members unless said otherwise
};
BatchSize work_size(std::span<const BatchSeries> series);

/// What a backend would take, wall time.
struct BatchEstimate {
  Backend backend = Backend::scalar;
  int threads = 1;
  double ns = 0;
};

struct BatchChoice {
  Backend backend = Backend::scalar;
  int threads = 1;
  std::string why;                       ///< one sentence
  std::vector<BatchEstimate> estimates;  ///< of every available backend, plainest first
};

/// The fastest available backend by estimate; options.backend overrides it, options.threads bounds the
/// threads.
BatchChoice choose_backend(const BatchSize& size, const BatchOptions& options);

}  // namespace lockstep
