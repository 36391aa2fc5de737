#include "engine/history_page.hpp"

#include <algorithm>

namespace lockstep::engine {
namespace {

void take_members(const HistoryQuery& query, const Detail& detail, HistoryRow& row, HistoryPage& page) {
  if (query.family) {
    const auto family = static_cast<std::size_t>(*query.family);
    row.average = detail.average[family];
    row.signal = detail.signal[family];
    page.lengths = detail.length[family];
    return;
  }
  for (std::size_t family = 0; family < kFamilies; ++family) {
    row.average[family] = detail.average[family][0];
    row.signal[family] = detail.signal[family][0];
    page.lengths[family] = detail.length[family][0];
  }
}

}  // namespace

HistoryPage make_history_page(const HistoryQuery& query, const BarRun& run,
                              std::shared_ptr<const AtcParams> params, const Anchor& anchor,
                              std::int64_t interval_ms) {
  HistoryPage page;
  page.price_scale = run.price_scale;
  const auto by_time = [](const BarTicks& bar, std::int64_t ts_ms) { return bar.ts_open_ms < ts_ms; };
  const auto end = query.before_ms
                       ? std::lower_bound(run.bars.begin(), run.bars.end(), *query.before_ms, by_time)
                       : run.bars.end();
  const auto end_index = static_cast<std::size_t>(end - run.bars.begin());
  const std::size_t first = end_index > query.limit ? end_index - query.limit : 0;
  page.has_older = first > 0;
  page.rows.reserve(end_index - first);
  AnchoredState state = run.base ? *run.base : AnchoredState(std::move(params), anchor, interval_ms);
  bool is_exact = run.is_exact;
  const bool wants_members = query.wants_averages || query.family;
  Detail detail;
  for (std::size_t i = query.wants_outputs ? 0 : first; i < end_index; ++i) {
    HistoryRow row;
    row.bar = run.bars[i];
    row.average.fill(kUndefined);
    if (query.wants_outputs) {
      Outputs outputs;
      if (state.commit(row.bar, outputs) != Status::ok) {
        page.problem = "the recompute refused a bar that the engine has taken";
        return page;
      }
      // A rolling anchor that has moved has only bars of ours behind it.
      is_exact = is_exact || state.ts_anchor_ms() != run.bars.front().ts_open_ms;
      if (is_exact) row.outputs = outputs;
      if (is_exact && i >= first && wants_members) {
        state.state().detail(detail);
        take_members(query, detail, row, page);
      }
    }
    if (i >= first) page.rows.push_back(row);
  }
  return page;
}

}  // namespace lockstep::engine
