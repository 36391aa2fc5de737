#include "kernels/detail/scalar_backend.hpp"

#include <algorithm>
#include <memory>

#include "kernels/detail/threads.hpp"

namespace lockstep::detail {
namespace {

/// The outputs of one bar, at index `at` of the caller's buffers.
void put(const BatchOutputs& to, std::int64_t at, const Outputs& out) {
  if (to.average) to.average[at] = out.average;
  if (to.growth) to.growth[at] = out.growth;
  if (to.direction) to.direction[at] = out.direction;
  if (to.event) to.event[at] = out.event;
  for (std::size_t f = 0; f < kFamilies; ++f) {
    if (to.signal[f]) to.signal[f][at] = out.signal[f];
    if (to.equity[f]) to.equity[f][at] = out.equity[f];
  }
}

bool wants_members(const BatchOutputs& to) {
  return to.member_average || to.member_signal || to.member_equity;
}

/// `rows`: entries of a column.
void put_members(const BatchOutputs& to, std::int64_t at, std::int64_t rows, const Detail& detail) {
  for (std::size_t f = 0; f < kFamilies; ++f) {
    for (std::size_t j = 0; j < kMembers; ++j) {
      const std::int64_t to_at = static_cast<std::int64_t>(f * kMembers + j) * rows + at;
      if (to.member_average) to.member_average[to_at] = detail.average[f][j];
      if (to.member_signal) to.member_signal[to_at] = detail.signal[f][j];
      if (to.member_equity) to.member_equity[to_at] = detail.equity[f][j];
    }
  }
}

Detail undefined_members() {
  Detail detail;
  for (auto& family : detail.average) family.fill(kUndefined);
  for (auto& family : detail.equity) family.fill(kUndefined);
  return detail;
}

}  // namespace

void undefine_outputs(const BatchSeries& series, std::int64_t first) {
  const BatchOutputs& to = series.out;
  const std::int64_t rows = series.size() - to.first_bar;
  const Detail members = undefined_members();
  for (std::int64_t at = std::max<std::int64_t>(0, first - to.first_bar); at < rows; ++at) {
    put(to, at, Outputs{});
    if (wants_members(to)) put_members(to, at, rows, members);
  }
}

BatchResult recompute_scalar(const BatchSeries& series) {
  // Not owned: the caller's parameters outlive the call.
  const std::shared_ptr<const AtcParams> params(std::shared_ptr<const AtcParams>(), series.params);
  std::optional<AtcState> own;
  if (!series.end_state) own.emplace(params);
  AtcState& state = own ? *own : *series.end_state;
  if (!own) state.reset();

  const BatchOutputs& to = series.out;
  const std::int64_t rows = series.size() - to.first_bar;
  BatchResult result;
  Outputs out;
  Detail detail;
  for (; result.bars < series.size(); ++result.bars) {
    result.status = state.commit(series.bar(result.bars), out);
    if (result.status != Status::ok) {
      undefine_outputs(series, result.bars);
      break;
    }
    const std::int64_t at = result.bars - to.first_bar;
    if (at < 0) continue;
    put(to, at, out);
    if (!wants_members(to)) continue;
    state.detail(detail);
    put_members(to, at, rows, detail);
  }
  return result;
}

std::optional<std::string> run_scalar(const BatchWork& work) {
  for_each_task(work.threads, static_cast<std::int64_t>(work.series.size()), [&](int, std::int64_t i) {
    const auto at = static_cast<std::size_t>(i);
    work.results[at] = recompute_scalar(work.series[at]);
  });
  return std::nullopt;
}

}  // namespace lockstep::detail
