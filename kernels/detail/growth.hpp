// Growth by bars since the cutout, computed once on the host and shared by all series, threads and devices.
#pragma once

#include <cstdint>
#include <vector>

namespace lockstep::detail {

/// exp(rate * double(k)), correctly rounded, for k = 0, 1, 2 ...; grows, and keeps what it has.
class GrowthTable {
 public:
  /// Makes entries 0 .. bars - 1 of that rate. It stops at the first one that is not finite.
  void reserve(double rate, std::int64_t bars, int threads);

  const double* data() const { return values_.data(); }
  /// Entries that there are, all finite: a bar beyond them, within what was reserved, has no finite growth.
  std::int64_t size() const { return static_cast<std::int64_t>(values_.size()); }

 private:
  double rate_ = 0;
  bool is_ended_ = false;  ///< the entry after the last one is not finite
  std::vector<double> values_;
};

}  // namespace lockstep::detail
