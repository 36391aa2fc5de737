// A flipped bit in a live state, that tests plant to see that the self-audit finds it. Without
// LOCKSTEP_PLANTED_FAULTS (test builds) there is none.
#pragma once

#include <cstddef>

#include "engine/shard.hpp"

namespace lockstep::engine {

#ifdef LOCKSTEP_PLANTED_FAULTS

struct PlantedStateFault {
  core::SeriesId series = 0;
  std::size_t byte = 0;  ///< of its detail::StateBlock
  int bit = 0;
};
/// Any thread: struck once, by the shard that owns the series, when its indicator has taken a bar.
void plant_state_fault(const PlantedStateFault& fault);
/// On the shard's thread.
void strike_planted(const Shard& shard);
/// At once; on the thread that owns the state.
void flip_bit(const AtcState& state, std::size_t byte, int bit);

#else

inline void strike_planted(const Shard&) {}

#endif

}  // namespace lockstep::engine
