// Seeded settings and series for property tests: the same on every machine, since no std distribution is
// used.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "incremental/bar.hpp"
#include "incremental/config.hpp"

namespace lockstep::test {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : engine_(seed) {}
  /// lowest <= result <= highest.
  std::int64_t between(std::int64_t lowest, std::int64_t highest);
  bool chance(int percent) { return between(1, 100) <= percent; }
  /// 0 <= result < 1.
  double uniform();
  template <typename Choices>
  auto pick(const Choices& choices) {
    return *(std::begin(choices) + between(0, static_cast<std::int64_t>(std::size(choices)) - 1));
  }

 private:
  std::mt19937_64 engine_;
};

/// Usable settings of any kind. Base lengths from the shortest that the offsets allow to length_max.
AtcConfig random_config(Rng& rng, int length_max);

/// `count` consistent bars with prices in 1..price_ticks_max: a walk, flat stretches, spikes, jumps over many
/// decades, prices next to the limit, flips between 1 and the limit, prices of 1 to 3 ticks, or a mixture.
/// Times rise by interval_ms, with some bars missing.
std::vector<BarTicks> random_bars(Rng& rng, std::size_t count, std::int64_t price_ticks_max,
                                  std::int64_t interval_ms = 60'000);

#if defined(__SANITIZE_THREAD__)
#define LOCKSTEP_TEST_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LOCKSTEP_TEST_TSAN 1
#endif
#endif
#ifdef LOCKSTEP_TEST_TSAN
inline constexpr bool kIsThreadSanitized = true;
#else
inline constexpr bool kIsThreadSanitized = false;
#endif

/// Draws of a property test: `usual`, times LOCKSTEP_TEST_DRAWS (a whole number) where that is set; a tenth
/// under the thread sanitizer, which makes arithmetic some fifteen times slower and looks for races that few
/// draws show as well.
int draws(int usual);

}  // namespace lockstep::test
