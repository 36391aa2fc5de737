// The plain reference: spec.md written down once more, slowly. Every window is summed afresh on every bar in
// exact arithmetic, every layer is a loop over the whole series. It shares nothing with incremental/ but
// plain structs.
#pragma once

#include <span>
#include <vector>

#include "incremental/outputs.hpp"

namespace lockstep::test {

/// What the reference says about one bar.
struct ReferenceBar {
  Outputs outputs;
  Detail detail;  ///< lengths, averages, signals and equities of disabled families stay 0 or undefined
};

/// What the reference says about a series.
struct ReferenceRun {
  std::vector<ReferenceBar> bars;  ///< the bars that a state takes, oldest first
  Status status = Status::ok;      ///< why the bar after them is refused; ok when all were taken
};

/// Every bar of a series whose bar 0 is bars[0], oldest first. The settings must be usable. It does not know
/// the price limit of AtcParams; its own arithmetic holds for prices below 2^60 and lengths up to 1,000.
ReferenceRun reference_run(const AtcConfig& config, int price_scale, std::span<const BarTicks> bars);

/// The nine lengths of a family, from the table in spec.md section 2.
std::array<int, kMembers> reference_lengths(const AtcConfig& config, int family);

/// exp(x), correctly rounded to nearest, by MPFR. Infinite where the result leaves the double range.
double reference_exp(double x);

/// round2 of spec.md section 6 in integer arithmetic, |x| < 2^40. The 0.5 - 1e-10 of the tie rule is the
/// double that it folds to, 8.3e-18 below the decimal number; x = 0.224999999999 is a double that tells the
/// two apart.
double reference_round2(double x);

}  // namespace lockstep::test
