#include "kernels/detail/growth.hpp"

#include <algorithm>
#include <cmath>

#include "incremental/exp.hpp"
#include "kernels/detail/threads.hpp"

namespace lockstep::detail {
namespace {

/// Entries that one thread makes at a time: some 200 us of work.
constexpr std::int64_t kPieceBars = 8192;

}  // namespace

void GrowthTable::reserve(double rate, std::int64_t bars, int threads) {
  if (rate != rate_) {
    values_.clear();
    is_ended_ = false;
    rate_ = rate;
  }
  const std::int64_t first = size();
  if (bars <= first || is_ended_) return;
  values_.resize(static_cast<std::size_t>(bars));
  const std::int64_t pieces = (bars - first + kPieceBars - 1) / kPieceBars;
  for_each_task(threads, pieces, [&](int, std::int64_t piece) {
    const std::int64_t begin = first + piece * kPieceBars;
    const std::int64_t end = std::min(bars, begin + kPieceBars);
    for (std::int64_t k = begin; k < end; ++k) {
      values_[static_cast<std::size_t>(k)] = exp_correctly_rounded(rate * static_cast<double>(k));
    }
  });
  // It rises, so that the first infinite entry ends it.
  const auto end = std::lower_bound(values_.begin(), values_.end(), HUGE_VAL);
  is_ended_ = end != values_.end();
  values_.erase(end, values_.end());
}

}  // namespace lockstep::detail
