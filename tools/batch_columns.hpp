// One series through the batch path, with its anchors, and every bar's outputs to look at.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "kernels/anchored_runs.hpp"
#include "kernels/batch.hpp"

namespace lockstep::tools {

/// Holds outputs of every bar: 122 bytes a bar, and 918 more with members.
class BatchColumns {
 public:
  /// `params` and `bars` must outlive it. std::bad_alloc.
  BatchColumns(const AtcParams& params, std::span<const BarTicks> bars, const Anchor& anchor,
               std::int64_t interval_ms, bool has_members);

  /// The runs of the series, to be recomputed by one call of Batch::recompute(), alone or with others' runs.
  std::span<const BatchSeries> series() const { return series_; }
  std::size_t runs() const { return runs_.size(); }

  /// What a state that commits every bar says; to be called after recompute().
  Outputs outputs(std::int64_t bar) const;
  /// The members after a bar; false before a time anchor.
  bool members(std::int64_t bar, Detail& detail) const;
  /// Of all runs: bars that are taken before the first refused one.
  BatchResult result(std::span<const BatchResult> results) const;

 private:
  const AnchoredRun* run_of(std::int64_t bar) const;

  const AtcParams& params_;
  std::int64_t bars_;
  std::vector<AnchoredRun> runs_;
  std::vector<BatchSeries> series_;
  std::vector<double> average_, growth_;
  std::array<std::vector<double>, kFamilies> signal_, equity_;
  std::vector<std::int8_t> direction_;
  std::vector<TradeEvent> event_;
  std::vector<double> member_average_, member_equity_;
  std::vector<std::int8_t> member_signal_;
};

}  // namespace lockstep::tools
