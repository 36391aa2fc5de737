// What AtcParams precomputes and a step reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "incremental/config.hpp"
#include "incremental/outputs.hpp"

namespace lockstep::detail {

struct StateBlock;
struct Members;

/// Room for nine entries, of which 0..7 are read as one aligned vector and 8 by itself.
inline constexpr int kMemberRoom = 16;

/// The nine members of a family.
struct alignas(64) MemberTable {
  std::int64_t length[kMemberRoom];
  std::int64_t denominator[kMemberRoom];  ///< D: the average is N / D ticks
                                          ///< (windowed families)
  std::int64_t twice_next[kMemberRoom];   ///< 2 (L + 1), for LSMA
  double length_d[kMemberRoom];
  double alpha[kMemberRoom];        ///< 2.0 / (L + 1)
  double report_divisor[kMembers];  ///< N over it is the average in price units
                                    ///< (recurrences: one for all)
  std::int64_t first[kMembers];     ///< first bar with a defined average
  std::int64_t base = 0;            ///< L
};

/// Hull's parts: raw = half_factor * W(half) - full_factor * W(length), then a WMA over `root` of them.
struct HullTable {
  std::int64_t half[kMembers];
  std::int64_t root[kMembers];
  std::int64_t half_factor[kMembers];
  std::int64_t full_factor[kMembers];
  std::int64_t root_max = 0;
};

using CommitStep = Status (*)(const struct Tables&, StateBlock&, const BarTicks&, Outputs&);
using PeekStep = Status (*)(const struct Tables&, const StateBlock&, const BarTicks&, Outputs&);
using DetailStep = Status (*)(const struct Tables&, const StateBlock&, const BarTicks&, Outputs&, Members&);

/// The step compiled for one instruction set.
struct StepFunctions {
  CommitStep commit;
  PeekStep peek;
  DetailStep detail;
  const char* name;
};
/// The fastest this CPU runs; LOCKSTEP_CPU=baseline|avx2|avx512 in the environment asks for a lesser one.
const StepFunctions& step_functions();

struct Tables {
  MemberTable family[kFamilies];
  HullTable hull;
  alignas(64) std::int64_t ring_index[kMemberRoom];  ///< where a member's lag lies in the 16 entries
                                                     ///< around its family's base
  alignas(64) double start_equity2[8];               ///< layer 2 at the cutout; lanes are
                                                     ///< families, unused ones 1
  alignas(64) double enabled_lane[8];                ///< 1 or 0
  bool enabled[kFamilies];
  bool is_hull;
  bool is_uniform;  ///< all families enabled, with the same nine lengths, none
                    ///< of them Hull's
  bool kama_from_price;
  bool strategy;
  Source source;
  std::int64_t divisor;      ///< k of the source
  std::int64_t price_max;    ///< highest price, ticks
  std::int64_t steady_from;  ///< from this bar on every member and equity is in
                             ///< its steady recurrence
  std::int64_t cutout;
  double keep;  ///< 1 - decay'
  double rate;  ///< lambda'
  double long_threshold;
  double short_threshold;
  double price_unit;     ///< k * 10^price_scale
  const double* growth;  ///< g by bars since the cutout, kGrowthTableBars of
                         ///< them; beyond it is computed
  std::vector<double> growth_memory;
  std::size_t ring_size;
  std::size_t ring_offset;  ///< bytes from the block's start
  std::size_t hull_offset;
  std::size_t block_bytes;
  StepFunctions step;
};

/// Bars of growth that are kept as a table: covers rolling anchors of any usual length.
inline constexpr std::int64_t kGrowthTableBars = 4096;

}  // namespace lockstep::detail
