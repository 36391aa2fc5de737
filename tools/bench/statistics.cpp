#include "tools/bench/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace lockstep::bench {
namespace {

double at_rank(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) throw std::runtime_error("bench: nothing was measured");
  std::sort(values.begin(), values.end());
  return at_rank(values, 0.5);
}

Json percentiles(std::vector<double> values) {
  if (values.empty()) throw std::runtime_error("bench: nothing was measured");
  std::sort(values.begin(), values.end());
  return {{"p50", at_rank(values, 0.5)},
          {"p99", at_rank(values, 0.99)},
          {"p999", at_rank(values, 0.999)},
          {"max", values.back()}};
}

double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

}  // namespace lockstep::bench
