#include "kernels/cost_model.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "kernels/detail/threads.hpp"

namespace lockstep {
namespace {

/// Measured constants of one backend on one thread: docs/batch.md tells how.
struct Cost {
  double call_ns;   ///< before the first bar
  int lanes;        ///< series side by side; 1: none
  int lanes_min;    ///< fewer than these go one by one
  double group_ns;  ///< a bar of all lanes
  double alone_ns;  ///< a bar of one series by itself
  double state_ns;  ///< more, a bar of one series, for its digest
  double halved;    ///< what is left of alone_ns where one series has two threads
};

constexpr Cost kCosts[kBackends] = {
    {1'000, 1, 1, 0, 66, 0, 1},
    {10'000, 8, 5, 320, 66, 2, 0.65},
    {10'000, 8, 5, 225, 52, 2, 0.65},
    {0, 1, 1, 0, 0, 0, 1},  // estimate_cuda()
};
// On paper until somebody measures them on a GPU; docs/batch.md has the reckoning.
constexpr double kCudaCallNs = 500'000;    ///< launches, waits, state and small transfers
constexpr double kCudaBarNs = 300;         ///< a bar of a group: the chains' latency
constexpr double kCudaGroupsAtOnce = 200;  ///< groups of 32 series that a GPU holds
constexpr double kCudaTransferByteNs = 0.05;
constexpr double kCudaStageByteNs = 0.25;  ///< host copies between pinned and ordinary memory, one thread
/// Starting a thread and waiting for it; less work than this is not worth one.
constexpr double kThreadNs = 60'000;

/// Transfers and kernels overlap; the host's copies do not end before either.
BatchEstimate estimate_cuda(const BatchSize& size, int threads) {
  const auto bars = static_cast<double>(size.bars);
  const double bytes = bars * ((size.has_end_states ? 40 : 8) + size.out_bytes);
  const double waves = std::ceil(static_cast<double>(size.series) / (32 * kCudaGroupsAtOnce));
  const double kernel_ns = waves * static_cast<double>(size.bars_max) * kCudaBarNs;
  const double host_ns = bytes * kCudaStageByteNs / threads + (threads > 1 ? kThreadNs : 0);
  return {Backend::cuda, threads, kCudaCallNs + kernel_ns + std::max(bytes * kCudaTransferByteNs, host_ns)};
}

BatchEstimate estimate(Backend backend, const BatchSize& size, int threads_max) {
  if (backend == Backend::cuda) return estimate_cuda(size, threads_max);
  const Cost& cost = kCosts[static_cast<std::size_t>(backend)];
  const std::int64_t rest = size.series % cost.lanes;
  const bool is_rest_group = rest >= cost.lanes_min && cost.lanes > 1;
  const std::int64_t alone = cost.lanes == 1 ? size.series : is_rest_group ? 0 : rest;
  const std::int64_t groups = cost.lanes == 1 ? 0 : size.series / cost.lanes + is_rest_group;
  const double bars_each =
      static_cast<double>(size.bars) / static_cast<double>(std::max<std::int64_t>(1, size.series));
  const double state_ns = size.has_end_states ? cost.state_ns : 0;
  const double group_ns = bars_each * (cost.group_ns + cost.lanes * state_ns);
  const double alone_ns = bars_each * (cost.alone_ns + state_ns);
  const double total_ns = static_cast<double>(groups) * group_ns + static_cast<double>(alone) * alone_ns;
  BatchEstimate best{backend, 1, cost.call_ns + total_ns};
  for (int threads = 2; threads <= threads_max; ++threads) {
    const bool is_only_one = size.series == 1;
    if (threads > (is_only_one ? 2 : groups + alone)) break;
    const double longest_ns = is_only_one ? alone_ns * cost.halved : groups > 0 ? group_ns : alone_ns;
    const double ns = cost.call_ns + kThreadNs + std::max(total_ns / threads, longest_ns);
    if (ns < best.ns) best = {backend, threads, ns};
  }
  return best;
}

/// What a device sends back for a bar.
double bytes_a_bar(const BatchOutputs& out) {
  double bytes = out.average ? 8 : 0;
  for (std::size_t f = 0; f < kFamilies; ++f) bytes += (out.signal[f] ? 8 : 0) + (out.equity[f] ? 8 : 0);
  if (out.direction || out.event) bytes += 1;
  constexpr int kColumns = kFamilies * kMembers;
  return bytes + kColumns * ((out.member_average ? 8 : 0) + (out.member_equity ? 8 : 0) +
                             (out.member_signal ? 1 : 0));
}

std::string sentence(const BatchChoice& choice, const BatchSize& size) {
  std::string text = std::to_string(size.series) + " series of " + std::to_string(size.bars_max) +
                     " bars at most: estimated";
  for (const BatchEstimate& one : choice.estimates) {
    char number[64];
    std::snprintf(number, sizeof number, " %s %.3g ms,",
                  kBackendNames[static_cast<std::size_t>(one.backend)].data(), one.ns / 1e6);
    text += number;
  }
  text.pop_back();
  return text;
}

}  // namespace

BatchSize work_size(std::span<const BatchSeries> series) {
  BatchSize size;
  double out_bytes = 0;
  size.series = static_cast<std::int64_t>(series.size());
  for (const BatchSeries& one : series) {
    size.bars += one.size();
    size.bars_max = std::max(size.bars_max, one.size());
    size.has_end_states |= one.end_state != nullptr;
    out_bytes += bytes_a_bar(one.out) * static_cast<double>(one.size());
  }
  size.out_bytes = size.bars > 0 ? out_bytes / static_cast<double>(size.bars) : 0;
  return size;
}

BatchChoice choose_backend(const BatchSize& size, const BatchOptions& options) {
  const int threads_max = options.threads > 0 ? options.threads : detail::cpus_allowed();
  BatchChoice choice;
  const BatchEstimate* best = nullptr;
  for (const Backend backend : available_backends()) {
    choice.estimates.push_back(estimate(backend, size, threads_max));
  }
  for (const BatchEstimate& one : choice.estimates) {
    const bool is_asked = options.backend == one.backend;
    if (!best || is_asked || (best->backend != options.backend && one.ns < best->ns)) best = &one;
  }
  choice.backend = options.backend.value_or(best->backend);
  choice.threads = best->threads;
  choice.why = options.backend ? "asked for" : sentence(choice, size);
  return choice;
}

}  // namespace lockstep
