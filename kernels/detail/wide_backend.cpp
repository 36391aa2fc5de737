#include "kernels/detail/wide_backend.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "kernels/detail/carve.hpp"
#include "kernels/detail/long_backend.hpp"
#include "kernels/detail/scalar_backend.hpp"
#include "kernels/detail/threads.hpp"
#include "kernels/detail/wide.hpp"
#include "kernels/detail/wide_tasks.hpp"

namespace lockstep::detail {
namespace {

/// Bars of a chunk unless the caller says: what is between the layers then fits the second-level cache.
constexpr std::int64_t kChunkBars = 64;
/// The memory of one thread.
class Scratch {
 public:
  Scratch(const BatchPlan& plan, const WideNeeds& needs) : memory_(lay_out(plan, needs, nullptr, rows_)) {
    lay_out(plan, needs, memory_.get(), rows_);
  }
  const WideRows& rows() const { return rows_; }

 private:
  WideRows rows_{};
  AlignedMemory memory_;
};

bool wants_members(const BatchOutputs& out) {
  return out.member_average || out.member_signal || out.member_equity;
}

/// What all tasks of a call share.
class WideRun {
 public:
  WideRun(const BatchWork& work, RunWide run, const LongKernel& long_kernel)
      : work_(work), run_(run), long_kernel_(long_kernel), plan_(make_plan(*work.series.front().params)) {
    needs_.chunk = work.chunk_bars > 0 ? work.chunk_bars : kChunkBars;
    for (const BatchSeries& series : work.series) {
      needs_.has_members |= wants_members(series.out);
      needs_.has_end_states |= series.end_state != nullptr;
      if (series.out.member_average) divisors_.try_emplace(series.params, report_divisors(*series.params));
    }
    scratch_.resize(static_cast<std::size_t>(work.threads));
  }

  void run() {
    std::int64_t bars = 0;
    for (const BatchSeries& series : work_.series) bars = std::max(bars, series.size());
    work_.growth.reserve(plan_.rate, bars - plan_.cutout, work_.threads);
    auto planned = plan_wide_tasks(work_.series, plan_.cutout + work_.growth.size());
    order_ = std::move(planned.order);
    tasks_ = std::move(planned.tasks);
    for_each_task(
        work_.threads, static_cast<std::int64_t>(tasks_.size()),
        [&](int thread, std::int64_t task) { do_task(thread, tasks_[static_cast<std::size_t>(task)]); });
  }

 private:
  const BatchSeries& series_at(std::size_t at) const { return work_.series[order_[at]]; }

  void do_one(std::size_t at) {
    const BatchSeries& series = series_at(at);
    BatchResult& result = work_.results[order_[at]];
    const bool has_growth = series.size() - plan_.cutout <= work_.growth.size();
    if (!has_growth || !suits_long(plan_, series)) {
      result = recompute_scalar(series);
      return;
    }
    // Alone, a series can have two threads.
    const int threads = tasks_.size() == 1 ? work_.threads : 1;
    result = recompute_long(plan_, long_kernel_, series, work_.growth.data(), threads, work_.chunk_bars);
  }

  void do_task(int thread, const WideTask& task) {
    if (task.count == 1) {
      do_one(task.first);
      return;
    }
    auto& scratch = scratch_[static_cast<std::size_t>(thread)];
    if (!scratch) scratch = std::make_unique<Scratch>(plan_, needs_);
    WideGroup group{};
    group.lanes = task.count;
    for (int lane = 0; lane < task.count; ++lane) {
      const BatchSeries& series = series_at(task.first + static_cast<std::size_t>(lane));
      group.lane[lane] = {&series, series.out.member_average ? &divisors_.at(series.params) : nullptr, false};
      group.bars = std::max(group.bars, series.size());
      if (series.size() == 0 && series.end_state) series.end_state->reset();
    }
    Taker taker{plan_, group};
    group.context = &taker;
    group.take_end = [](void* context, int lane, const SeriesEnd& end) {
      const auto& [plan, from] = *static_cast<Taker*>(context);
      set_state(plan, end, *from.lane[lane].series->end_state);
    };
    run_(plan_, scratch->rows(), work_.growth.data(), group);
    for (int lane = 0; lane < task.count; ++lane) {
      const BatchSeries& series = *group.lane[lane].series;
      BatchResult& result = work_.results[order_[task.first + static_cast<std::size_t>(lane)]];
      result =
          group.lane[lane].is_refused ? recompute_scalar(series) : BatchResult{series.size(), Status::ok};
    }
  }

  struct Taker {
    const BatchPlan& plan;
    const WideGroup& group;
  };

  const BatchWork& work_;
  RunWide run_;
  const LongKernel& long_kernel_;
  BatchPlan plan_;
  WideNeeds needs_{};
  std::map<const AtcParams*, ReportDivisors> divisors_;
  std::vector<std::size_t> order_;
  std::vector<WideTask> tasks_;
  std::vector<std::unique_ptr<Scratch>> scratch_;
};

}  // namespace

std::size_t lay_out(const BatchPlan& plan, const WideNeeds& needs, std::byte* memory, WideRows& rows) {
  Carver carver(memory);
  const auto take = [&](auto*& array, std::int64_t count) { carver.take(array, count); };
  rows = {};
  rows.chunk = needs.chunk;
  // A window slides when it is full, so the longer it is, the more rows there are to do so seldom.
  rows.capacity = plan.history + std::max(plan.history, needs.chunk);
  const std::int64_t window = kLanes * rows.capacity;
  const std::int64_t chunk = kLanes * needs.chunk;
  const std::int64_t sides = kSideBytes * needs.chunk;
  take(rows.state, 1);
  take(rows.x, window);
  for (std::uint64_t** sums : {&rows.prefix, &rows.second, &rows.change}) take(*sums, window);
  for (std::uint64_t*& raw : rows.hull_raw) {
    if (plan.is_hull) take(raw, window);
  }
  take(rows.price, chunk);
  take(rows.close, chunk);
  for (double** values : {&rows.close_d, &rows.r}) take(*values, chunk);
  for (std::int64_t*& word : rows.bar) {
    if (needs.has_end_states) take(word, chunk);
  }
  take(rows.above, sides);
  take(rows.below, sides);
  take(rows.positive, sides + kSideBytes);
  take(rows.negative, sides + kSideBytes);
  for (std::uint8_t** bits : {&rows.up, &rows.down, &rows.event_long, &rows.event_short}) {
    take(*bits, needs.chunk + 1);
  }
  take(rows.average, chunk + kLanes);
  for (int f = 0; f < kFamilies; ++f) {
    take(rows.share[f], chunk);
    take(rows.equity2[f], chunk);
    take(rows.signal[f], chunk + kLanes);
    if (!needs.has_members) continue;
    take(rows.member_average[f], kMembers * chunk);
    take(rows.member_equity[f], kMembers * chunk);
  }
  return carver.used();
}

std::optional<std::string> run_avx2(const BatchWork& work) {
  WideRun(work, batch_avx2::run_wide, batch_avx2::kLongKernel).run();
  return std::nullopt;
}

std::optional<std::string> run_avx512(const BatchWork& work) {
  WideRun(work, batch_avx512::run_wide, batch_avx512::kLongKernel).run();
  return std::nullopt;
}

}  // namespace lockstep::detail
