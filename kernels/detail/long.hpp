// One long series: eight bars at a time where nothing depends on the bar before, members or families as lanes
// where it does. From the bar on from which every member is in its steady recurrence. The two halves of the
// work, sides and layers, can run on two threads, a chunk apart.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/detail/wide.hpp"

namespace lockstep::detail {

/// Vectors of equities: eight members a family, then the ninths with families as lanes.
inline constexpr int kChains = kFamilies + 1;

/// Chunks that the first half may be ahead of the second: enough that two threads on one busy CPU need not
/// switch at every chunk.
inline constexpr int kLongSlots = 8;

/// What the first half hands to the second: signals, a byte a member, in it a bit a bar, block by block of
/// eight bars.
struct LongSlot {
  std::int64_t first;
  std::int64_t count;  ///< bars; a multiple of 8 but for the last chunk
  bool is_refused;
  double* close_d;         ///< entry -1 is the bar before
  std::uint8_t* positive;  ///< [1 + blocks][kSideBytes], the first with the bar before in its last bit
  std::uint8_t* negative;
};

/// What the first half keeps from chunk to chunk.
struct alignas(64) LongSides {
  double ema[2 * kLanes];
  double dema_first[2 * kLanes];
  double dema_second[2 * kLanes];
  double kama[2 * kLanes];
  // The last bar is the last bit of every byte.
  std::uint8_t above[kSideBytes];
  std::uint8_t below[kSideBytes];
  std::uint8_t positive[kSideBytes];
  std::uint8_t negative[kSideBytes];
  std::int64_t price;
  std::int64_t close;
  std::int64_t ts_last_ms;
  std::uint64_t prefix;
  std::uint64_t second;
  std::uint64_t change;
};

/// What the second half keeps.
struct alignas(64) LongLayers {
  double equity[kChains][kLanes];
  double equity2[kLanes];
  double held[kLanes];
  std::uint64_t digest[kLanes];
  double worst[kLanes];  ///< the greatest sums that must be finite
  double average;
  double published;               ///< with the last bar
  std::uint8_t positive[kLanes];  ///< signals of the last bar: a byte a chain, a bit a lane
  std::uint8_t negative[kLanes];
  std::uint8_t family_up;  ///< family signals above 0, a bit a family
  std::uint8_t family_down;
  std::uint8_t up;  ///< 1: direction 1
  std::uint8_t down;
  std::int8_t last_direction;  ///< as published
  TradeEvent last_event;
  TradeEvent event;
};

struct LongRows {
  std::int64_t chunk;  ///< a multiple of 8
  // Of the first half: entry BatchPlan::history of a window is the chunk's first bar.
  double* x;
  std::uint64_t* prefix;
  std::uint64_t* second;
  std::uint64_t* change;
  std::int64_t* price;
  std::int64_t* close;
  std::uint8_t* above;  ///< [blocks][kSideBytes]
  std::uint8_t* below;
  LongSides* sides;
  // Of the second half.
  double* r;
  double* signal[kFamilies];
  double* equity2[kFamilies];
  double* average;  ///< entry -1 is the bar before
  std::int8_t* direction;
  TradeEvent* event;
  LongLayers* layers;
  LongSlot slot[kLongSlots];
};

/// As for WideRows.
std::size_t lay_out(const BatchPlan& plan, std::int64_t chunk, std::byte* memory, LongRows& rows);

struct LongKernel {
  /// Bars slot.first .. first + count - 1 of the series; sets is_refused when one is, for its prices or its
  /// time.
  void (*sides)(const BatchPlan& plan, const LongRows& rows, const BatchSeries& series, LongSlot& slot);
  /// `growth`: by bars since the cutout. False when some sum is not finite.
  bool (*layers)(const BatchPlan& plan, const LongRows& rows, const BatchSeries& series, const LongSlot& slot,
                 const double* growth);
};

}  // namespace lockstep::detail

namespace lockstep::batch_avx2 {
extern const detail::LongKernel kLongKernel;
}
namespace lockstep::batch_avx512 {
extern const detail::LongKernel kLongKernel;
}
