// The numbers in the digest's formula; docs/numbers.md has the formula.
#pragma once

#include <cstdint>

namespace lockstep::detail {

inline constexpr int kDigestLanes = 6;
inline constexpr std::uint64_t kDigestPrime =
    0x9e3779b1u;  // below 2^32: a CPU without 64-bit products takes two
inline constexpr std::uint64_t kDigestOdd0 = 0xd6e8feb86659fd93u;
inline constexpr std::uint64_t kDigestOdd1 = 0xa0761d6478bd642fu;

}  // namespace lockstep::detail
