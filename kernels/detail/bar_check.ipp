// What every bar is checked for. Part of wide.ipp and long.ipp.
#pragma once

#include "kernels/detail/wide_lanes.ipp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

using detail::source_price;

/// Whether some bar would be refused for its prices or its time; the arithmetic's refusals are found later.
struct BarCheck {
  std::int64_t price_max;
  std::int64_t ts_before_ms;
  bool is_first;
  bool is_bad = false;

  LOCKSTEP_INLINE void add(const BarTicks& bar) {
    // No branches: a bad bar is one in a million.
    is_bad |= (bar.low <= 0) | (bar.low > bar.open) | (bar.low > bar.close) | (bar.high < bar.open) |
              (bar.high < bar.close) | (bar.high > price_max) |
              (!is_first & (bar.ts_open_ms <= ts_before_ms));
    ts_before_ms = bar.ts_open_ms;
    is_first = false;
  }
};

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
