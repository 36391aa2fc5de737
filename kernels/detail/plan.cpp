#include "kernels/detail/plan.hpp"

#include <algorithm>

#include "incremental/detail/tables.hpp"

namespace lockstep::detail {
namespace {

bool is_windowed(int family) {
  return family == static_cast<int>(Family::hma) || family == static_cast<int>(Family::wma) ||
         family == static_cast<int>(Family::lsma);
}

}  // namespace

BatchPlan make_plan(const AtcParams& params) {
  const Tables& tables = params.tables();
  BatchPlan plan{};
  for (int f = 0; f < kFamilies; ++f) {
    FamilyPlan& family = plan.family[f];
    const MemberTable& from = tables.family[f];
    family.enabled = tables.enabled[f];
    family.start_equity2 = tables.start_equity2[f];
    if (!family.enabled) continue;
    for (int j = 0; j < kMembers; ++j) {
      family.length[j] = from.length[j];
      family.denominator[j] = from.denominator[j];
      family.first[j] = from.first[j];
      family.length_d[j] = from.length_d[j];
      family.alpha[j] = from.alpha[j];
      plan.history = std::max(plan.history, from.length[j] + 2);
      // KAMA reads its window from bar L on, the seeds are one bar before the steady recurrence.
      plan.changes_end = std::max({plan.changes_end, from.first[j] + 1, from.length[j]});
    }
  }
  for (int j = 0; j < kMembers; ++j) {
    plan.hull.half[j] = tables.hull.half[j];
    plan.hull.root[j] = tables.hull.root[j];
    plan.hull.half_factor[j] = tables.hull.half_factor[j];
    plan.hull.full_factor[j] = tables.hull.full_factor[j];
  }
  plan.history = std::max(plan.history, static_cast<std::int64_t>(tables.ring_size));
  plan.hull.root_max = tables.hull.root_max;
  plan.is_hull = tables.is_hull;
  plan.kama_from_price = tables.kama_from_price;
  plan.strategy = tables.strategy;
  plan.source = tables.source;
  plan.divisor = tables.divisor;
  plan.price_max = tables.price_max;
  plan.cutout = tables.cutout;
  plan.keep = tables.keep;
  plan.rate = tables.rate;
  plan.long_threshold = tables.long_threshold;
  plan.short_threshold = tables.short_threshold;
  return plan;
}

ReportDivisors report_divisors(const AtcParams& params) {
  const Tables& tables = params.tables();
  ReportDivisors divisors{};
  for (int f = 0; f < kFamilies; ++f) {
    for (int j = 0; j < kMembers; ++j) {
      divisors.of[f][j] = is_windowed(f) ? tables.family[f].report_divisor[j] : tables.price_unit;
    }
  }
  return divisors;
}

}  // namespace lockstep::detail
