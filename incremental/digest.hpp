// The running digest of closed bars: equal digests mean equal histories.
#pragma once

#include <cstdint>
#include <string>

#include "incremental/outputs.hpp"

namespace lockstep {

/// 128 bits over every closed bar: timestamp, OHLC ticks, the bits of average, six signals, six equities.
/// Independent of machine and byte order. Formula: docs/numbers.md.
struct Digest {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  void add(const BarTicks& bar, const Outputs& outputs);
  /// 32 hexadecimal digits, high half first.
  std::string hex() const;

  friend bool operator==(const Digest&, const Digest&) = default;
};

}  // namespace lockstep
