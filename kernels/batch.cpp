#include "kernels/batch.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

#include "kernels/cost_model.hpp"
#include "kernels/cuda/cuda_backend.hpp"
#include "kernels/detail/backend.hpp"
#include "kernels/detail/fault.hpp"
#include "kernels/detail/threads.hpp"

namespace lockstep {
namespace {

using detail::BackendEntry;
using detail::BatchWork;

[[noreturn]] void refuse(std::size_t index, const std::string& what) {
  throw std::invalid_argument("batch: series " + std::to_string(index) + ": " + what);
}

void check(std::span<const BatchSeries> series, std::span<BatchResult> results) {
  if (results.size() < series.size()) {
    throw std::invalid_argument("batch: " + std::to_string(series.size()) + " series, but room for " +
                                std::to_string(results.size()) + " results");
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    const BatchSeries& one = series[i];
    if (!one.params) refuse(i, "params is null");
    if (one.params != series[0].params && one.params->config() != series[0].params->config()) {
      refuse(i, "its configuration is not that of series 0; use one call a configuration");
    }
    if (!one.bars.empty() && !one.closes.empty()) refuse(i, "give bars or closes, not both");
    if (one.out.first_bar < 0) {
      refuse(i, "first_bar = " + std::to_string(one.out.first_bar) + ": must be 0 or more");
    }
    if (one.end_state && one.end_state->params().fingerprint() != one.params->fingerprint()) {
      refuse(i, "end_state has another configuration or price scale than params");
    }
  }
}

/// Nothing when the work is done.
std::optional<std::string> attempt(const BackendEntry& entry, const BatchWork& work) {
  if (auto reason = entry.why_not()) return reason;
  if (auto planted = detail::planted_failure(entry.id)) return planted;
  if (entry.id == Backend::scalar) return entry.run(work);
  try {
    return entry.run(work);
  } catch (const std::bad_alloc&) {
    return "not enough memory";
  }
}

}  // namespace

std::string_view to_string(Backend backend) {
  return kBackendNames[static_cast<std::size_t>(backend)];
}

std::optional<Backend> parse_backend(std::string_view name) {
  for (std::size_t i = 0; i < kBackends; ++i) {
    if (kBackendNames[i] == name) return static_cast<Backend>(i);
  }
  return std::nullopt;
}

std::vector<Backend> available_backends() {
  std::vector<Backend> available;
  for (const BackendEntry& entry : detail::backend_entries()) {
    if (!entry.why_not()) available.push_back(entry.id);
  }
  return available;
}

std::optional<std::string> why_not(Backend backend) {
  for (const BackendEntry& entry : detail::backend_entries()) {
    if (entry.id == backend) return entry.why_not();
  }
  return "this build has it not: it is for another kind of CPU";
}

std::optional<std::string> missing_gpu_notice() {
  return cuda::notice_of_missing_gpu();
}

struct Batch::Kept {
  detail::GrowthTable growth;
};

Batch::Batch(const BatchOptions& options) : options_(options), kept_(std::make_unique<Kept>()) {}
Batch::~Batch() = default;

BatchReport Batch::recompute(std::span<const BatchSeries> series, std::span<BatchResult> results) {
  check(series, results);
  BatchReport report;
  if (series.empty()) return report;
  const BatchChoice choice = choose_backend(work_size(series), options_);
  report.threads = choice.threads;
  const BatchWork work{
      series, results, kept_->growth, choice.threads, options_.chunk_bars, options_.specialise};
  const auto entries = detail::backend_entries();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->id > choice.backend) continue;
    auto reason = attempt(*entry, work);
    if (!reason) {
      report.backend = entry->id;
      detail::plant_output_fault(entry->id, series);
      return report;
    }
    report.failures.push_back({entry->id, *std::move(reason)});
  }
  throw std::logic_error("batch: the scalar backend cannot fail");
}

}  // namespace lockstep
