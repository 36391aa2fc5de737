// What every bar is checked for before a kernel takes it.
#pragma once

#include <cstdint>

#include "incremental/bar.hpp"

namespace lockstep::detail {

/// Whether some bar would be refused for its prices or its time; the arithmetic's refusals are found later.
/// Inlined wherever it is used: a copy that one instruction set's source emitted must not serve the others.
struct BarCheck {
  std::int64_t price_max;
  std::int64_t ts_before_ms;
  bool is_first;
  bool is_bad = false;

  [[gnu::always_inline]] inline void add(const BarTicks& bar) {
    // No branches: a bad bar is one in a million.
    is_bad |= (bar.low <= 0) | (bar.low > bar.open) | (bar.low > bar.close) | (bar.high < bar.open) |
              (bar.high < bar.close) | (bar.high > price_max) |
              (!is_first & (bar.ts_open_ms <= ts_before_ms));
    ts_before_ms = bar.ts_open_ms;
    is_first = false;
  }
};

}  // namespace lockstep::detail
