// What a lane of the digest does with a word; docs/numbers.md has the formula. For the same includers as
// lane_vectors.hpp.
#pragma once

#include "incremental/detail/digest_numbers.hpp"
#include "incremental/detail/lanes.hpp"

namespace lockstep::LOCKSTEP_ISA {
namespace {

LOCKSTEP_INLINE VecU with_word(const VecU& lanes, const VecU& word) {
  const VecU mixed = lanes ^ word;
  return times(broadcast(detail::kDigestPrime), mixed ^ mixed >> std::uint64_t{32});
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
