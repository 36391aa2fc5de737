// Bars into the layout of a launch, and its columns into the callers' buffers.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "kernels/batch.hpp"
#include "kernels/cuda/device/layout.hpp"
#include "kernels/detail/plan.hpp"

namespace lockstep::cuda {

/// The columns that somebody wants of a device. Growth, and what a disabled family has, the host knows by
/// itself.
struct WantedColumns {
  bool average = false;
  std::array<bool, kFamilyCount> signal{};
  std::array<bool, kFamilyCount> equity{};
  bool verdict = false;
  bool member_average = false;
  bool member_signal = false;
  bool member_equity = false;

  void add(const detail::BatchPlan& plan, const BatchOutputs& out);
  /// Of one series and bar.
  std::int64_t bytes() const;
  /// Points the columns of `args` at `memory` (64-byte aligned), for args.series and args.out_bars.
  void place(std::byte* memory, LaunchArgs& args) const;
  static constexpr std::size_t kSlack = 64 * 32;  ///< bytes that place() may skip for alignment
};

/// Words of a bar in the input: see LaunchArgs::input.
int input_words(const detail::BatchPlan& plan, bool has_digest);

/// Bars first .. first + count - 1 as words. False when some bar is refused for its prices or time; the words
/// are there all the same.
bool pack_bars(const detail::BatchPlan& plan, const BatchSeries& series, std::int64_t first,
               std::int64_t count, bool has_digest, std::int64_t* words);

/// What host code needs to write the outputs of a series.
struct OutputContext {
  const detail::BatchPlan& plan;
  const double* growth;
  const detail::ReportDivisors* divisors;  ///< null unless averages of members are wanted
};
/// Rows of series `index` of a launch, bars from .. to - 1, to the caller.
void unpack_columns(const OutputContext& context, const LaunchArgs& host, std::int64_t index,
                    const BatchSeries& series, std::int64_t from, std::int64_t to);

}  // namespace lockstep::cuda
