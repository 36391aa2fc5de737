#include "tests/support/reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "tests/support/reference_averages.hpp"

namespace lockstep::test {
namespace {

using Series = std::vector<double>;

Status check_bar(std::span<const BarTicks> bars, std::size_t t) {
  const BarTicks& bar = bars[t];
  if (std::min({bar.open, bar.high, bar.low, bar.close}) <= 0) return Status::price_not_positive;
  if (bar.low > std::min(bar.open, bar.close) || bar.high < std::max(bar.open, bar.close)) {
    return Status::bar_inconsistent;
  }
  return t > 0 && bar.ts_open_ms <= bars[t - 1].ts_open_ms ? Status::time_not_increasing : Status::ok;
}

/// Section 3: crosses of the close over one average.
std::vector<int> member_signals(const std::vector<MemberValue>& average) {
  std::vector<int> signal(average.size(), 0);
  for (std::size_t t = 1; t < average.size(); ++t) {
    signal[t] = signal[t - 1];
    if (!average[t - 1].is_defined) continue;
    if (average[t].close_side > 0 && average[t - 1].close_side <= 0) signal[t] = 1;
    if (average[t].close_side < 0 && average[t - 1].close_side >= 0) signal[t] = -1;
  }
  return signal;
}

/// Section 4, undefined before the cutout.
Series growth_series(const AtcConfig& config, std::size_t size) {
  Series growth(size, kUndefined);
  const double lambda = config.lambda / 1000;
  for (std::size_t t = static_cast<std::size_t>(config.cutout); t < size; ++t) {
    growth[t] = reference_exp(lambda * static_cast<double>(static_cast<std::int64_t>(t) - config.cutout));
  }
  return growth;
}

/// Section 5: r_t, undefined before the cutout and on bar 0.
Series return_series(const std::vector<Int128>& close, const Series& growth) {
  Series returns(close.size(), kUndefined);
  for (std::size_t t = 1; t < close.size(); ++t) {
    const double plain = static_cast<double>(close[t] - close[t - 1]) / static_cast<double>(close[t - 1]);
    if (!is_undefined(growth[t])) returns[t] = plain * growth[t];
  }
  return returns;
}

/// Section 5: one equity chain over the whole series.
Series equity_chain(const AtcConfig& config, double start, const Series& signal, const Series& returns) {
  Series equity(signal.size(), kUndefined);
  const double decay = config.decay / 100;
  double a = 0;
  for (std::size_t t = static_cast<std::size_t>(config.cutout); t < signal.size(); ++t) {
    if (t == static_cast<std::size_t>(config.cutout)) {
      equity[t] = start;
    } else {
      if (signal[t - 1] > 0) a = returns[t];
      if (signal[t - 1] < 0) a = -returns[t];
      equity[t] = (equity[t - 1] * (1 - decay)) * (1 + a);
    }
    if (equity[t] < 0.25) equity[t] = 0.25;
  }
  return equity;
}

double cut(double family_signal) {
  if (family_signal > 0.49) return 1;
  return family_signal < -0.49 ? -1 : 0;
}

/// One family, whole series.
struct FamilyRun {
  std::array<std::vector<MemberValue>, kMembers> average;
  std::array<std::vector<int>, kMembers> signal;
  std::array<Series, kMembers> equity;
  Series family_signal;  // F
  Series family_equity;  // E2
};

FamilyRun run_family(const AtcConfig& config, int family, const AverageInput& input, const Series& returns) {
  FamilyRun run;
  const std::size_t size = returns.size();
  const auto lengths = reference_lengths(config, family);
  for (int j = 0; j < kMembers; ++j) {
    run.average[j] = member_averages(config, family, lengths[j], input);
    run.signal[j] = member_signals(run.average[j]);
    run.equity[j] = equity_chain(config, 1.0, Series(run.signal[j].begin(), run.signal[j].end()), returns);
  }
  run.family_signal.assign(size, kUndefined);
  for (std::size_t t = static_cast<std::size_t>(config.cutout); t < size; ++t) {
    double n = 0;
    double w = 0;
    for (int j = 0; j < kMembers; ++j) {
      n += run.signal[j][t] * run.equity[j][t];
      w += run.equity[j][t];
    }
    if (std::isfinite(w)) run.family_signal[t] = reference_round2(n / w);
  }
  run.family_equity = equity_chain(config, config.weights[family], run.family_signal, returns);
  return run;
}

/// Section 6: the average, then direction and event, then the shift of `strategy`.
void add_average(const AtcConfig& config, std::vector<ReferenceBar>& bars) {
  for (auto& [outputs, detail] : bars) {
    double n = 0;
    double e = 0;
    for (int f = 0; f < kFamilies; ++f) {
      if (!config.enabled[f]) continue;
      n += cut(outputs.signal[f]) * outputs.equity[f];
      e += outputs.equity[f];
    }
    outputs.average = is_undefined(e) ? kUndefined : n / e;
  }
  for (std::size_t t = 1; t < bars.size(); ++t) {
    const double before = bars[t - 1].outputs.average;
    Outputs& now = bars[t].outputs;
    const int direction_before = bars[t - 1].outputs.direction;
    now.direction = bars[t - 1].outputs.direction;
    if (is_undefined(before)) continue;
    if (now.average > config.long_threshold && before <= config.long_threshold) {
      now.direction = 1;
      if (direction_before == -1) now.event = TradeEvent::long_;
    }
    if (now.average < config.short_threshold && before >= config.short_threshold) {
      now.direction = -1;
      if (direction_before == 1) now.event = TradeEvent::short_;
    }
  }
}

void shift_by_one(std::vector<ReferenceBar>& bars) {
  Outputs before;
  for (auto& [outputs, detail] : bars) {
    std::swap(outputs.average, before.average);
    std::swap(outputs.direction, before.direction);
    std::swap(outputs.event, before.event);
  }
}

/// No equity and no sum of equities has left the double range.
bool equities_finite(const AtcConfig& config, const std::vector<FamilyRun>& families, std::size_t t) {
  double second_layer = 0;
  for (int f = 0; f < kFamilies; ++f) {
    if (!config.enabled[f]) continue;
    double first_layer = 0;
    for (const Series& equity : families[f].equity) first_layer += equity[t];
    if (std::isinf(first_layer)) return false;
    second_layer += families[f].family_equity[t];
  }
  return !std::isinf(second_layer);
}

ReferenceBar gather_bar(const AtcConfig& config, const std::vector<FamilyRun>& families, std::size_t t) {
  ReferenceBar bar;
  for (int f = 0; f < kFamilies; ++f) {
    bar.detail.average[f].fill(kUndefined);
    bar.detail.equity[f].fill(kUndefined);
    bar.outputs.signal[f] = bar.outputs.equity[f] = kUndefined;
    if (!config.enabled[f]) continue;
    const FamilyRun& family = families[f];
    bar.outputs.signal[f] = family.family_signal[t];
    bar.outputs.equity[f] = family.family_equity[t];
    bar.detail.length[f] = reference_lengths(config, f);
    for (int j = 0; j < kMembers; ++j) {
      bar.detail.average[f][j] = family.average[j][t].reported;
      bar.detail.signal[f][j] = static_cast<std::int8_t>(family.signal[j][t]);
      bar.detail.equity[f][j] = family.equity[j][t];
    }
  }
  return bar;
}

}  // namespace

std::array<int, kMembers> reference_lengths(const AtcConfig& config, int family) {
  constexpr std::array<std::array<int, 4>, 3> kOffsets = {{{1, 2, 3, 4}, {1, 2, 4, 6}, {1, 3, 5, 7}}};
  const auto& offset = kOffsets[static_cast<std::size_t>(config.robustness)];
  const int base = config.lengths[family];
  return {base,
          base + offset[0],
          base + offset[1],
          base + offset[2],
          base + offset[3],
          base - offset[0],
          base - offset[1],
          base - offset[2],
          base - offset[3]};
}

ReferenceRun reference_run(const AtcConfig& config, int price_scale, std::span<const BarTicks> bars) {
  ReferenceRun run;
  std::size_t size = 0;
  while (size < bars.size() && run.status == Status::ok) {
    run.status = check_bar(bars, size);
    if (run.status == Status::ok) ++size;
  }
  const AverageInput input = average_input(config, price_scale, bars.first(size));
  const Series growth = growth_series(config, size);
  const Series returns = return_series(input.close, growth);
  std::vector<FamilyRun> families(kFamilies);
  for (int f = 0; f < kFamilies; ++f) {
    if (config.enabled[f]) families[f] = run_family(config, f, input, returns);
  }
  for (std::size_t t = 0; t < size; ++t) {
    if (std::isinf(growth[t])) {
      run.status = Status::growth_not_finite;
      break;
    }
    if (!equities_finite(config, families, t)) {
      run.status = Status::equity_not_finite;
      break;
    }
    run.bars.push_back(gather_bar(config, families, t));
    run.bars.back().outputs.growth = growth[t];
  }
  add_average(config, run.bars);
  if (config.strategy) shift_by_one(run.bars);
  return run;
}

}  // namespace lockstep::test
