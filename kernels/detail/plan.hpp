// What the batch kernels need of a configuration: the same for every series of a call. Beside end_state.cpp,
// plan.cpp is the only place that looks into incremental/detail/.
#pragma once

#include <cstdint>

#include "incremental/bar.hpp"
#include "incremental/params.hpp"

namespace lockstep::detail {

/// A bar's source in units of 1/k tick. Refused bars may hold anything: the sums may wrap. Inlined wherever
/// it is used: a copy that one instruction set's source emitted must not serve the others.
[[gnu::always_inline]] inline std::int64_t source_price(Source source, const BarTicks& bar) {
  using U = std::uint64_t;
  const auto sum = [](U price) { return static_cast<std::int64_t>(price); };
  switch (source) {
    case Source::close:
      return bar.close;
    case Source::open:
      return bar.open;
    case Source::high:
      return bar.high;
    case Source::low:
      return bar.low;
    case Source::hl2:
      return sum(U(bar.high) + U(bar.low));
    case Source::hlc3:
      return sum(U(bar.high) + U(bar.low) + U(bar.close));
    case Source::ohlc4:
      return sum(U(bar.open) + U(bar.high) + U(bar.low) + U(bar.close));
    case Source::hlcc4:
      return sum(U(bar.high) + U(bar.low) + 2 * U(bar.close));
  }
  return bar.close;
}

struct FamilyPlan {
  bool enabled;
  std::int64_t length[kMembers];
  std::int64_t denominator[kMembers];  ///< D: the average is N / D ticks (windowed families)
  std::int64_t first[kMembers];        ///< first bar with a defined average
  double length_d[kMembers];
  double alpha[kMembers];
  double start_equity2;
};

struct HullPlan {
  std::int64_t half[kMembers];
  std::int64_t root[kMembers];
  std::int64_t half_factor[kMembers];
  std::int64_t full_factor[kMembers];
  std::int64_t root_max;
};

struct BatchPlan {
  FamilyPlan family[kFamilies];
  HullPlan hull;
  bool is_hull;
  bool kama_from_price;
  bool strategy;
  Source source;
  std::int64_t divisor;      ///< k of the source
  std::int64_t price_max;    ///< highest price, ticks
  std::int64_t changes_end;  ///< from this bar on every member is in its steady recurrence
  std::int64_t cutout;
  double keep;
  double rate;
  double long_threshold;
  double short_threshold;
  std::int64_t history;  ///< bars back that an average or an end state looks
};

BatchPlan make_plan(const AtcParams& params);

/// What a numerator or a recurrence's ticks are divided by to be reported, by price scale.
struct ReportDivisors {
  double of[kFamilies][kMembers];
};
ReportDivisors report_divisors(const AtcParams& params);

}  // namespace lockstep::detail
