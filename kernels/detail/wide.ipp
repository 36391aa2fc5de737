// Eight series side by side, chunk by chunk, so that what is between the layers stays in the caches. Compiled
// once per instruction set (wide_*.cpp), each into a namespace of its own.
#pragma once

#include "kernels/detail/wide_averages.ipp"
#include "kernels/detail/wide_bars.ipp"
#include "kernels/detail/wide_layers.ipp"
#include "kernels/detail/wide_outputs.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

void clear(const BatchPlan& plan, const WideRows& rows) {
  std::memset(static_cast<void*>(rows.state), 0, sizeof *rows.state);
  const auto rows_bytes = static_cast<std::size_t>(plan.history * kLanes) * sizeof(double);
  std::memset(rows.x, 0, rows_bytes);
  for (std::uint64_t* window : {rows.prefix, rows.second, rows.change}) std::memset(window, 0, rows_bytes);
  for (std::uint64_t* window : rows.hull_raw) {
    if (window) std::memset(window, 0, rows_bytes);
  }
  const auto sides = static_cast<std::size_t>(rows.chunk) * kSideBytes;
  std::memset(rows.above, 0, sides);
  std::memset(rows.below, 0, sides);
  std::memset(rows.positive, 0, kSideBytes);
  std::memset(rows.negative, 0, kSideBytes);
  for (int lane = 0; lane < kLanes; ++lane) rows.average[lane] = kUndefined;
  rows.up[0] = rows.down[0] = rows.event_long[0] = rows.event_short[0] = 0;
}

/// What the next chunk needs as the bar before it.
void carry_over(const Chunk& chunk) {
  const WideRows& rows = chunk.rows;
  const std::int64_t last = chunk.count;
  std::memcpy(rows.positive, rows.positive + kSideBytes * last, kSideBytes);
  std::memcpy(rows.negative, rows.negative + kSideBytes * last, kSideBytes);
  for (double* signal : rows.signal) set_row(signal, 0, row(signal, last));
  set_row(rows.average, 0, row(rows.average, last));
  for (std::uint8_t* verdict : {rows.up, rows.down, rows.event_long, rows.event_short}) {
    verdict[0] = verdict[last];
  }
  store(chunk.state.close, row(chunk.close, last - 1));
}

std::int64_t at_most(std::int64_t limit, std::int64_t value) {
  return value < limit ? value : limit;
}

/// Bars from `first` on that can be one chunk: none of them ends a series or begins equities but the last or
/// first.
std::int64_t chunk_bars(const BatchPlan& plan, const WideRows& rows, const WideGroup& group,
                        std::int64_t first) {
  std::int64_t count = at_most(rows.chunk, group.bars - first);
  for (int lane = 0; lane < group.lanes; ++lane) {
    const std::int64_t left = group.lane[lane].series->size() - first;
    if (left > 0) count = at_most(count, left);
  }
  return first < plan.cutout ? at_most(count, plan.cutout - first) : count;
}

void find_refusals(const Chunk& chunk, WideGroup& group) {
  for (int lane = 0; lane < group.lanes; ++lane) {
    Lane& one = group.lane[lane];
    if (chunk.first < one.series->size() && !(chunk.state.worst[lane] < HUGE_VAL)) one.is_refused = true;
  }
}

template <bool kMembersWanted>
void run_chunk(const Chunk& chunk, const double* growth, WideGroup& group) {
  family_sides<kMembersWanted>(chunk);
  const bool is_settled = follow_crosses(chunk);
  if (chunk.first >= chunk.plan.cutout) {
    layers<kMembersWanted>(chunk, growth, is_settled);
    find_refusals(chunk, group);
  } else {
    undefined_layers(chunk);
  }
  put_outputs(chunk, group, growth);
  if (chunk.rows.bar[0]) add_digests(chunk);
  for (int lane = 0; lane < group.lanes; ++lane) {
    const Lane& one = group.lane[lane];
    const bool is_last = one.series->size() - chunk.first == chunk.count;
    if (is_last && one.series->end_state && !one.is_refused) end_series(chunk, group, lane, growth);
  }
  carry_over(chunk);
}

}  // namespace

void run_wide(const BatchPlan& plan, const WideRows& given, const double* growth, WideGroup& group) {
  WideRows rows = given;
  clear(plan, rows);
  const bool is_close = plan.source == Source::close;
  if (is_close) rows.close = rows.price;
  const bool has_members = rows.member_equity[0] != nullptr;
  std::int64_t head = plan.history;
  for (std::int64_t first = 0, count = 0; first < group.bars; first += count, head += count) {
    count = chunk_bars(plan, rows, group, first);
    if (head + count > rows.capacity) {
      slide_windows(plan, rows, head);
      head = plan.history;
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      // Lanes to spare follow lane 0.
      if (lane < group.lanes) {
        load_lane(plan, rows, first, count, group.lane[lane], lane);
      } else {
        Lane spare = group.lane[0];
        load_lane(plan, rows, first, count, spare, lane);
      }
    }
    make_windows(rows, head, count);
    const double* x = rows.x + kLanes * head;
    const double* close_d = x;
    if (!is_close) {
      close_d = rows.close_d;
      for (std::int64_t i = 0; i < count; ++i) set_row(rows.close_d, i, to_double(row(rows.close, i)));
    }
    const Chunk chunk{plan,
                      rows,
                      *rows.state,
                      first,
                      count,
                      head,
                      x,
                      rows.prefix + kLanes * head,
                      rows.second + kLanes * head,
                      rows.change + kLanes * head,
                      rows.close,
                      close_d,
                      at_most(count, plan.changes_end > first ? plan.changes_end - first : 0),
                      has_members};
    has_members ? run_chunk<true>(chunk, growth, group) : run_chunk<false>(chunk, growth, group);
  }
}

}  // namespace lockstep::LOCKSTEP_ISA
