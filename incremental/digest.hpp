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

  /// 32 hexadecimal digits, high half first.
  std::string hex() const;

  friend bool operator==(const Digest&, const Digest&) = default;
};

/// What a digest is made of, and runs on with the next bar.
struct alignas(64) RunningDigest {
  std::uint64_t lane[8]{};  ///< the last two stay 0

  void add(const BarTicks& bar, const Outputs& outputs);
  /// The digest so far; all 0 before the first bar.
  Digest value() const;

  friend bool operator==(const RunningDigest&, const RunningDigest&) = default;
};

}  // namespace lockstep
