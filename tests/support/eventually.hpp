// For what another thread does in its own time.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace lockstep::test {

/// False when it was not so within that time.
inline bool eventually(const std::function<bool()>& is_so, std::chrono::milliseconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace lockstep::test
