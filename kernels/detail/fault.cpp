#include "kernels/detail/fault.hpp"

#ifdef LOCKSTEP_PLANTED_FAULTS

#include <bit>

namespace lockstep::detail {
namespace {

thread_local std::optional<PlantedFault> planted;

double* column_of(const BatchOutputs& out, int field) {
  if (field == 0) return out.average;
  const auto family = static_cast<std::size_t>((field - 1) % kFamilies);
  return field <= kFamilies ? out.signal[family] : out.equity[family];
}

}  // namespace

void plant_fault(const std::optional<PlantedFault>& fault) {
  planted = fault;
}

std::optional<std::string> planted_failure(Backend backend) {
  if (planted && planted->fails && planted->backend == backend) return "a planted fault";
  return std::nullopt;
}

void plant_output_fault(Backend backend, std::span<const BatchSeries> series) {
  if (!planted || planted->fails || planted->backend != backend || series.empty()) return;
  const BatchSeries& first = series.front();
  const std::int64_t at = planted->bar - first.out.first_bar;
  double* column = column_of(first.out, planted->field);
  if (!column || at < 0 || planted->bar >= first.size()) return;
  column[at] = std::bit_cast<double>(std::bit_cast<std::uint64_t>(column[at]) ^ 1);
}

}  // namespace lockstep::detail

#endif
