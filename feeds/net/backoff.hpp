// Waits between attempts: full jitter, so that many clients of one venue do not come back in step.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace lockstep::feeds::net {

/// The n-th wait is uniform in [0, min(max, base * 2^n)]. Reset it only after a stretch of good data: a venue
/// that accepts and then drops every connection must not be hammered. Source: "Exponential Backoff And
/// Jitter", AWS Architecture Blog (full jitter).
class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;

  Backoff(Milliseconds base, Milliseconds max, std::uint64_t seed) : base_(base), max_(max), random_(seed) {}

  Milliseconds next();
  void reset() { doublings_ = 0; }

 private:
  Milliseconds base_;
  Milliseconds max_;
  int doublings_ = 0;
  std::mt19937_64 random_;
};

}  // namespace lockstep::feeds::net
