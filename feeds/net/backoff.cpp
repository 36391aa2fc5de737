#include "feeds/net/backoff.hpp"

#include <algorithm>

#include "engine/core/defence.hpp"

namespace lockstep::feeds::net {

Backoff::Milliseconds Backoff::next() {
  const Milliseconds cap = std::min(max_, base_ * (std::int64_t{1} << doublings_));
  if (cap < max_ && LOCKSTEP_DEFENCE(growing_waits)) ++doublings_;
  if (!LOCKSTEP_DEFENCE(full_jitter)) return cap;
  return Milliseconds(std::uniform_int_distribution<std::int64_t>(0, cap.count())(random_));
}

}  // namespace lockstep::feeds::net
