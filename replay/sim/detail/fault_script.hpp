// Which fault is made next: those that a test asked for, and those that a seed draws.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "replay/sim/venue_fault.hpp"

namespace lockstep::sim {

/// Any thread may inject and ask; the server's thread makes them.
class FaultScript {
 public:
  using Clock = std::chrono::steady_clock;
  struct Odds {
    int data_per_mille = 0;  ///< of frames that close a bar, and pushes of trades
    int web_per_mille = 0;  ///< of REST answers; of frames on the wire a hundredth, of connections five times
    bool has_tls = false;
  };

  FaultScript(Dialect dialect, std::uint64_t seed, Odds odds) : dialect_(dialect), seed_(seed), odds_(odds) {}

  /// Once; one that is lasting, for `duration`.
  void inject(VenueFault fault, std::chrono::milliseconds duration);
  /// None is drawn any more; what was injected is made all the same.
  void stop_drawing() { is_drawing_ = false; }
  /// What is to be made at this place; whoever makes it says so with gave().
  std::optional<VenueFault> next(FaultPlace place);
  void gave(VenueFault fault);
  std::uint64_t given(VenueFault fault) const { return given_[index(fault)]; }

 private:
  struct Planned {
    VenueFault fault;
    std::optional<Clock::time_point> until;  ///< nothing: once
  };
  static constexpr std::size_t kCount = static_cast<std::size_t>(VenueFault::unlisted) + 1;
  static std::size_t index(VenueFault fault) { return static_cast<std::size_t>(fault); }
  std::optional<VenueFault> planned(FaultPlace place);
  std::optional<VenueFault> drawn(FaultPlace place);
  std::uint64_t draw();
  std::uint64_t per_million(FaultPlace place) const;

  const Dialect dialect_;
  const std::uint64_t seed_;
  const Odds odds_;
  std::mutex mutex_;
  std::vector<Planned> planned_;
  std::atomic<std::size_t> planned_count_ = 0;  ///< so that most calls need no lock
  std::uint64_t draws_ = 0;
  std::atomic<bool> is_drawing_ = true;
  std::array<std::atomic<std::uint64_t>, kCount> given_{};
};

}  // namespace lockstep::sim
