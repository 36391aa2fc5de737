#include "replay/sim/detail/fault_script.hpp"

#include <algorithm>

namespace lockstep::sim {
namespace {

constexpr std::chrono::seconds kDrawnLasts{4};
constexpr std::uint64_t kMillion = 1'000'000;

}  // namespace

void FaultScript::inject(VenueFault fault, std::chrono::milliseconds duration) {
  const std::lock_guard lock(mutex_);
  planned_.push_back({fault, info(fault).is_lasting ? std::optional(Clock::now() + duration) : std::nullopt});
  planned_count_ = planned_.size();
}

std::optional<VenueFault> FaultScript::next(FaultPlace place) {
  if (planned_count_ > 0) {
    if (const auto fault = planned(place)) return fault;
  }
  return drawn(place);
}

std::optional<VenueFault> FaultScript::planned(FaultPlace place) {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  std::erase_if(planned_, [now](const Planned& planned) { return planned.until && *planned.until <= now; });
  planned_count_ = planned_.size();
  const auto found = std::find_if(planned_.begin(), planned_.end(), [place](const Planned& planned) {
    // Where one frame comes over and over, no bar closes.
    return info(planned.fault).place == place ||
           (planned.fault == VenueFault::repeats && place == FaultPlace::closing_frame);
  });
  return found == planned_.end() ? std::nullopt : std::optional(found->fault);
}

void FaultScript::gave(VenueFault fault) {
  ++given_[index(fault)];
  if (planned_count_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(planned_.begin(), planned_.end(), [fault](const Planned& planned) {
    return planned.fault == fault && !planned.until;
  });
  if (found != planned_.end()) planned_.erase(found);
  planned_count_ = planned_.size();
}

std::uint64_t FaultScript::per_million(FaultPlace place) const {
  const auto data = static_cast<std::uint64_t>(odds_.data_per_mille) * 1000;
  const auto web = static_cast<std::uint64_t>(odds_.web_per_mille) * 1000;
  switch (place) {
    case FaultPlace::closing_frame:
      return data;
    case FaultPlace::open_frame:
      return data / 20;
    case FaultPlace::wire:
      return web / 100;
    case FaultPlace::accept:
    case FaultPlace::upgrade:
      return std::min(5 * web, kMillion / 2);
    default:
      return std::min(web, kMillion / 2);
  }
}

/// splitmix64 over a counter: what is drawn depends on the seed and on what was asked before, on nothing
/// else.
std::uint64_t FaultScript::draw() {
  std::uint64_t z = seed_ + ++draws_ * 0x9e3779b97f4a7c15U;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
  z = (z ^ z >> 27) * 0x94d049bb133111ebU;
  return z ^ z >> 31;
}

std::optional<VenueFault> FaultScript::drawn(FaultPlace place) {
  const std::uint64_t odds = per_million(place);
  if (odds == 0 || !is_drawing_ || draw() % kMillion >= odds) return std::nullopt;
  std::vector<VenueFault> possible;
  for (const FaultInfo& fault : venue_faults()) {
    const bool is_served = fault.fault != VenueFault::wrong_certificate || odds_.has_tls;
    if (fault.place == place && fault.is_drawn && is_served && can_do(dialect_, fault.fault))
      possible.push_back(fault.fault);
  }
  if (possible.empty()) return std::nullopt;
  const VenueFault fault = possible[draw() % possible.size()];
  if (info(fault).is_lasting) inject(fault, kDrawnLasts);
  return fault;
}

}  // namespace lockstep::sim
