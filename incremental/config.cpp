#include "incremental/config.hpp"

#include <cmath>
#include <cstdio>

namespace lockstep {
namespace {

constexpr int kOffsets[3][4] = {{1, 2, 3, 4}, {1, 2, 4, 6}, {1, 3, 5, 7}};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string family_field(int family, const char* suffix) {
  return std::string(kFamilyNames[static_cast<std::size_t>(family)]) + suffix;
}

std::optional<std::string> length_error(const AtcConfig& config, int family) {
  const std::int64_t base = config.lengths[static_cast<std::size_t>(family)];
  const std::string field = family_field(family, "_len");
  const int widest = kOffsets[static_cast<int>(config.robustness)][3];
  const bool is_hull = family == static_cast<int>(Family::hma) && config.hma == HmaKind::hull;
  const int least = widest + (is_hull ? 2 : 1);
  if (base < least) {
    return field + " = " + std::to_string(base) + ": with robustness = \"" +
           std::string(to_string(config.robustness)) + "\" the shortest member would have length " +
           std::to_string(base - widest) + (is_hull ? " and Hull needs at least 2" : "") + "; use " +
           std::to_string(least) + " or more";
  }
  if (base > kLengthMax) {
    return field + " = " + std::to_string(base) + ": at most " + std::to_string(kLengthMax);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> config_error(const AtcConfig& config) {
  bool any = false;
  for (int f = 0; f < kFamilies; ++f) {
    const auto i = static_cast<std::size_t>(f);
    if (!config.enabled[i]) continue;
    any = true;
    if (auto error = length_error(config, f)) return error;
    if (!(config.weights[i] > 0) || !std::isfinite(config.weights[i])) {
      return family_field(f, "_w") + " = " + number(config.weights[i]) + ": must be a finite number above 0";
    }
  }
  if (!any) return "families is empty: name at least one of ema, hma, wma, dema, lsma, kama";
  if (!(config.lambda >= 0) || !std::isfinite(config.lambda)) {
    return "lambda = " + number(config.lambda) + ": must be a finite number, 0 or more";
  }
  if (!(config.decay >= 0 && config.decay < 100)) {
    return "decay = " + number(config.decay) + ": must be at least 0 and below 100 (percent a bar)";
  }
  if (config.cutout < 0 || config.cutout > kCutoutMax) {
    return "cutout = " + std::to_string(config.cutout) + ": must be 0 to " + std::to_string(kCutoutMax) +
           " (bars)";
  }
  if (!std::isfinite(config.long_threshold)) {
    return "long_threshold = " + number(config.long_threshold) + ": must be a finite number";
  }
  if (!std::isfinite(config.short_threshold)) {
    return "short_threshold = " + number(config.short_threshold) + ": must be a finite number";
  }
  if (config.short_threshold > config.long_threshold) {
    return "short_threshold = " + number(config.short_threshold) +
           ": must not be above long_threshold = " + number(config.long_threshold);
  }
  return std::nullopt;
}

std::array<int, kMembers> member_lengths(const AtcConfig& config, Family family) {
  const int base = config.lengths[static_cast<std::size_t>(family)];
  const int* offset = kOffsets[static_cast<int>(config.robustness)];
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

int source_divisor(Source source) {
  switch (source) {
    case Source::hl2:
      return 2;
    case Source::hlc3:
      return 3;
    case Source::ohlc4:
    case Source::hlcc4:
      return 4;
    default:
      return 1;
  }
}

std::string_view to_string(Robustness value) {
  constexpr std::string_view names[] = {"narrow", "medium", "wide"};
  return names[static_cast<int>(value)];
}

std::string_view to_string(Source value) {
  constexpr std::string_view names[] = {"close", "open", "high", "low", "hl2", "hlc3", "ohlc4", "hlcc4"};
  return names[static_cast<int>(value)];
}

std::string_view to_string(HmaKind value) {
  return value == HmaKind::sma ? "sma" : "hull";
}

std::string_view to_string(KamaSeed value) {
  return value == KamaSeed::zero ? "zero" : "price";
}

}  // namespace lockstep
