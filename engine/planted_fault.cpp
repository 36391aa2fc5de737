#include "engine/planted_fault.hpp"

#ifdef LOCKSTEP_PLANTED_FAULTS

#include <atomic>
#include <cstring>
#include <memory>

namespace lockstep::engine {
namespace {

std::atomic<bool> is_planted{false};
PlantedStateFault planted;

}  // namespace

void plant_state_fault(const PlantedStateFault& fault) {
  planted = fault;
  is_planted.store(true, std::memory_order_release);
}

/// What a cosmic ray does: the class knows nothing of it, so the place is found by the class's layout.
void flip_bit(const AtcState& state, std::size_t byte, int bit) {
  std::byte* block = nullptr;
  static_assert(sizeof(AtcState) == sizeof(std::shared_ptr<const AtcParams>) + sizeof block);
  std::memcpy(&block, reinterpret_cast<const std::byte*>(&state) + sizeof(std::shared_ptr<const AtcParams>),
              sizeof block);
  block[byte] ^= static_cast<std::byte>(1 << bit);
}

void strike_planted(const Shard& shard) {
  if (!is_planted.load(std::memory_order_acquire)) return;
  const LiveSeries* const series = shard.find(planted.series);
  if (series == nullptr || series->indicator() == nullptr || series->indicator()->state().bars() == 0) return;
  flip_bit(series->indicator()->state(), planted.byte, planted.bit);
  is_planted.store(false, std::memory_order_release);
}

}  // namespace lockstep::engine

#endif
