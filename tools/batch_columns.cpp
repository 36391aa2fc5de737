#include "tools/batch_columns.hpp"

#include <algorithm>

namespace lockstep::tools {
namespace {

constexpr std::int64_t kAllMembers = kFamilies * kMembers;

}  // namespace

BatchColumns::BatchColumns(const AtcParams& params, std::span<const BarTicks> bars, const Anchor& anchor,
                           std::int64_t interval_ms, bool has_members)
    : params_(params),
      bars_(static_cast<std::int64_t>(bars.size())),
      runs_(anchored_runs(bars, anchor, interval_ms)),
      average_(bars.size(), kUndefined),
      growth_(bars.size(), kUndefined),
      direction_(bars.size()),
      event_(bars.size()) {
  for (std::size_t f = 0; f < kFamilies; ++f) {
    signal_[f].assign(bars.size(), kUndefined);
    equity_[f].assign(bars.size(), kUndefined);
  }
  if (has_members) {
    member_average_.resize(bars.size() * kAllMembers);
    member_equity_.resize(bars.size() * kAllMembers);
    member_signal_.resize(bars.size() * kAllMembers);
  }
  for (const AnchoredRun& run : runs_) {
    BatchSeries& series = series_.emplace_back();
    series.params = &params_;
    series.bars =
        bars.subspan(static_cast<std::size_t>(run.first), static_cast<std::size_t>(run.end - run.first));
    BatchOutputs& out = series.out;
    out.first_bar = run.outputs - run.first;
    out.average = average_.data() + run.outputs;
    out.growth = growth_.data() + run.outputs;
    for (std::size_t f = 0; f < kFamilies; ++f) {
      out.signal[f] = signal_[f].data() + run.outputs;
      out.equity[f] = equity_[f].data() + run.outputs;
    }
    out.direction = direction_.data() + run.outputs;
    out.event = event_.data() + run.outputs;
    if (!has_members) continue;
    out.member_average = member_average_.data() + kAllMembers * run.outputs;
    out.member_equity = member_equity_.data() + kAllMembers * run.outputs;
    out.member_signal = member_signal_.data() + kAllMembers * run.outputs;
  }
}

Outputs BatchColumns::outputs(std::int64_t bar) const {
  const auto at = static_cast<std::size_t>(bar);
  Outputs out;
  out.average = average_[at];
  out.growth = growth_[at];
  out.direction = direction_[at];
  out.event = event_[at];
  for (std::size_t f = 0; f < kFamilies; ++f) {
    out.signal[f] = signal_[f][at];
    out.equity[f] = equity_[f][at];
  }
  return out;
}

const AnchoredRun* BatchColumns::run_of(std::int64_t bar) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), bar,
                                      [](std::int64_t t, const AnchoredRun& run) { return t < run.outputs; });
  return after == runs_.begin() ? nullptr : &*(after - 1);
}

bool BatchColumns::members(std::int64_t bar, Detail& detail) const {
  const AnchoredRun* run = run_of(bar);
  if (!run) return false;
  const std::int64_t rows = run->end - run->outputs;
  for (std::size_t f = 0; f < kFamilies; ++f) {
    detail.length[f] = member_lengths(params_.config(), static_cast<Family>(f));
    for (std::size_t j = 0; j < kMembers; ++j) {
      const auto column = static_cast<std::int64_t>(f * kMembers + j);
      const auto at =
          static_cast<std::size_t>(kAllMembers * run->outputs + column * rows + bar - run->outputs);
      detail.average[f][j] = member_average_[at];
      detail.signal[f][j] = member_signal_[at];
      detail.equity[f][j] = member_equity_[at];
    }
  }
  return true;
}

BatchResult BatchColumns::result(std::span<const BatchResult> results) const {
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    // A run that is refused in its run-up is missed by the first bar that needs it.
    if (results[i].status != Status::ok) {
      return {std::max(runs_[i].outputs, runs_[i].first + results[i].bars), results[i].status};
    }
  }
  return {bars_, Status::ok};
}

}  // namespace lockstep::tools
