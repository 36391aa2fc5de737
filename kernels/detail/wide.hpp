// Eight series side by side, one a lane: the memory that such a run works in, and its entry for each
// instruction set.
#pragma once

#include <cstddef>
#include <cstdint>

#include "incremental/detail/digest_numbers.hpp"
#include "kernels/batch.hpp"
#include "kernels/detail/end_state.hpp"
#include "kernels/detail/plan.hpp"

namespace lockstep::detail {

inline constexpr int kLanes = 8;
/// Words of a bar in the digest.
inline constexpr int kBarWords = 5;
/// Sides and signals of the 54 members: a byte a member, in it a bit a lane.
inline constexpr int kSideBytes = 64;
/// The byte of a member: eight a family, then the ninths.
constexpr int column_of(int family, int member) {
  return member < 8 ? 8 * family + member : 8 * kFamilies + family;
}

/// One of the series. The longest is lane 0.
struct Lane {
  const BatchSeries* series;
  const ReportDivisors* divisors;  ///< null unless averages of members are wanted
  bool is_refused;                 ///< set by the run: some bar is refused, all of its results are worthless
};

struct WideGroup {
  Lane lane[kLanes];
  int lanes;          ///< 1 .. kLanes
  std::int64_t bars;  ///< of lane 0
  /// Called once for each lane that wants an end state and was not refused, when its last bar is done.
  void (*take_end)(void* context, int lane, const SeriesEnd& end);
  void* context;
};

/// What lives from chunk to chunk, [..][lane].
struct alignas(64) WideState {
  double ema[kMembers][kLanes];
  double dema_first[kMembers][kLanes];
  double dema_second[kMembers][kLanes];
  double kama[kMembers][kLanes];
  std::uint64_t hull_raw_sum[kMembers][kLanes];
  std::uint64_t hull_raw_w[kMembers][kLanes];
  double equity[kFamilies][kMembers][kLanes];
  double equity2[kFamilies][kLanes];
  double held[kFamilies][kLanes];
  std::uint64_t prefix[kLanes];
  std::uint64_t second[kLanes];
  std::uint64_t change[kLanes];
  std::int64_t price[kLanes];
  std::int64_t close[kLanes];
  double worst[kLanes];  ///< the greatest sum that must be finite
  std::uint8_t above[kSideBytes];
  std::uint8_t below[kSideBytes];
  std::int64_t ts_last_ms[kLanes];
  std::uint64_t digest[kDigestLanes][kLanes];
  double idle_equity;
};

/// Rows of eight lanes. Carved out of one block by lay_out().
struct WideRows {
  std::int64_t chunk;     ///< bars that are worked on together
  std::int64_t capacity;  ///< rows of each window
  // Windows: BatchPlan::history rows of what came before, then the chunk; they slide when they are full.
  double* x;              ///< p as a double
  std::uint64_t* prefix;  ///< sum of all p, modulo 2^64
  std::uint64_t* second;  ///< twice the sum of all prefixes
  std::uint64_t* change;  ///< sum of all |p - p before|
  std::uint64_t* hull_raw[kMembers];
  // The chunk's bars.
  std::int64_t* price;
  std::int64_t* close;
  double* close_d;
  double* r;  ///< the bar's return times growth
  std::int64_t*
      bar[kBarWords];  ///< open time, open, high, low, close as given; null when no series wants an end state
  double* share[kFamilies];
  double* equity2[kFamilies];
  std::uint8_t* above;  ///< [chunk][kSideBytes]
  std::uint8_t* below;
  // The same with the bar before the chunk as row 0.
  double* signal[kFamilies];
  double* average;
  std::uint8_t* positive;  ///< [1 + chunk][kSideBytes]
  std::uint8_t* negative;
  std::uint8_t* up;  ///< direction 1, a byte a bar, a bit a lane
  std::uint8_t* down;
  std::uint8_t* event_long;
  std::uint8_t* event_short;
  // [kMembers][chunk] rows; null when no series wants members.
  double* member_average[kFamilies];  ///< ticks; of windowed families the bits of the numerator
  double* member_equity[kFamilies];
  WideState* state;
};

struct WideNeeds {
  std::int64_t chunk;  ///< >= 1
  bool has_members;
  bool has_end_states;
};
/// Places the rows in `memory` (64-byte aligned) and gives the bytes they take; null: only counts.
std::size_t lay_out(const BatchPlan& plan, const WideNeeds& needs, std::byte* memory, WideRows& rows);

/// Recomputes a group. `growth`: by bars since the cutout, enough for lane 0.
using RunWide = void (*)(const BatchPlan& plan, const WideRows& rows, const double* growth, WideGroup& group);

}  // namespace lockstep::detail

namespace lockstep::batch_avx2 {
void run_wide(const detail::BatchPlan&, const detail::WideRows&, const double*, detail::WideGroup&);
}
namespace lockstep::batch_avx512 {
void run_wide(const detail::BatchPlan&, const detail::WideRows&, const double*, detail::WideGroup&);
}
