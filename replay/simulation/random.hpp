// The chance of a simulation: one stream of numbers from one seed, the same on every machine.
#pragma once

#include <cstdint>
#include <random>

namespace lockstep::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed * 0x9e3779b97f4a7c15u + 1) {}

  /// low <= x <= high. std::uniform_int_distribution may differ between libraries, this does not.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// True so often in a thousand.
  bool permille(int chance) { return between(0, 999) < chance; }
  /// Short mostly, now and then as long as `most`.
  std::int64_t skewed(std::int64_t least, std::int64_t most) {
    return between(least, between(least, between(least, most)));
  }
  template <class Choices>
  auto pick(const Choices& choices) {
    return *(std::begin(choices) + between(0, static_cast<std::int64_t>(std::size(choices)) - 1));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace lockstep::simulation
