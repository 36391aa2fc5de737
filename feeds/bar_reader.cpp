#include "feeds/bar_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/core/decimal.hpp"
#include "engine/core/defence.hpp"

namespace lockstep::feeds {
namespace {

using core::DecimalStatus;
using core::Reason;

Reason reason_of(DecimalStatus status) {
  switch (status) {
    case DecimalStatus::ok:
      return Reason::none;
    case DecimalStatus::too_many_decimals:
      return Reason::scale_changed;
    case DecimalStatus::out_of_range:
      return Reason::price_refused;
    default:
      return Reason::record_unusable;
  }
}

/// Volume is for display only, so it may be a double; it still has to be a number, finite and not negative.
bool read_volume(std::string_view text, double& volume) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, volume);
  return error == std::errc{} && stop == end && std::isfinite(volume);
}

}  // namespace

Reason read_bar(const BarTexts& texts, const core::Interval& interval, int price_scale,
                core::MarketEvent& out) {
  if (!is_time_plausible(texts.ts_open_ms) && LOCKSTEP_DEFENCE(time_unit)) return Reason::record_unusable;
  if (!interval.on_grid(texts.ts_open_ms) && LOCKSTEP_DEFENCE(off_grid)) return Reason::off_grid;
  BarTicks bar{.ts_open_ms = texts.ts_open_ms};
  const struct {
    std::string_view text;
    std::int64_t& ticks;
  } prices[] = {
      {texts.open, bar.open}, {texts.high, bar.high}, {texts.low, bar.low}, {texts.close, bar.close}};
  Reason worst = Reason::none;
  for (const auto& price : prices) {
    const Reason reason = reason_of(core::parse_decimal(price.text, price_scale, price.ticks));
    // A text that is no decimal at all outweighs one that only needs another scale.
    if (reason == Reason::record_unusable || worst == Reason::none) worst = reason;
    if (worst == Reason::record_unusable) return worst;
  }
  if (worst != Reason::none) return worst;
  const bool is_consistent =
      bar.low > 0 && bar.low <= std::min(bar.open, bar.close) && std::max(bar.open, bar.close) <= bar.high;
  if (!is_consistent && LOCKSTEP_DEFENCE(bar_consistency)) return Reason::price_refused;
  double volume = 0;
  if (!read_volume(texts.volume, volume)) return Reason::record_unusable;
  out.bar = bar;
  out.volume = volume;
  out.price_scale = static_cast<std::uint8_t>(price_scale);
  return Reason::none;
}

std::optional<int> scale_needed(const BarTexts& texts) {
  int needed = 0;
  for (const std::string_view text : {texts.open, texts.high, texts.low, texts.close}) {
    int scale = 0;
    if (core::decimal_scale(text, scale) != DecimalStatus::ok) return std::nullopt;
    needed = std::max(needed, scale);
  }
  return needed;
}

}  // namespace lockstep::feeds
