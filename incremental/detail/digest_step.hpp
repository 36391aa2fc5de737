// The digest's formula, inlined into each step: called, it would cost more than
// it computes.
#pragma once

#include <cstdint>
#include <cstring>

#include "incremental/digest.hpp"

#ifndef LOCKSTEP_ISA
#define LOCKSTEP_ISA detail
#endif

namespace lockstep::LOCKSTEP_ISA {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr int kDigestWords = 18;

/// Keys of the words: the splitmix64 sequence from seed 0, so that nobody chose
/// them.
struct DigestKeys {
  std::uint64_t word[kDigestWords];
};
constexpr DigestKeys make_digest_keys() {
  DigestKeys keys{};
  std::uint64_t state = 0;
  for (std::uint64_t& key : keys.word) {
    state += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    key = z ^ (z >> 31);
  }
  return keys;
}
constexpr DigestKeys kDigestKeys = make_digest_keys();

constexpr std::uint64_t kDigestOdd0 = 0xd6e8feb86659fd93u;
constexpr std::uint64_t kDigestOdd1 = 0xa0761d6478bd642fu;

[[gnu::always_inline]] inline std::uint64_t rotated_left(std::uint64_t value, int by) {
  return value << by | value >> (64 - by);
}

[[gnu::always_inline]] inline void add_to_digest(Digest& digest, const BarTicks& bar,
                                                 const Outputs& outputs) {
  // Word by word, no array of them: copied in wider pieces, they would be
  // waited for.
  const auto bits = [](const double& value) __attribute__((always_inline)) {
    std::uint64_t word;
    std::memcpy(&word, &value, sizeof word);
    return word;
  };
  const auto whole = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  // NH: a sum of products of keyed words, modulo 2^128; the products do not
  // wait for each other.
  Uint128 sum = 0;
  const auto add = [&](int pair, std::uint64_t first, std::uint64_t second) __attribute__((always_inline)) {
    sum +=
        static_cast<Uint128>(first + kDigestKeys.word[2 * pair]) * (second + kDigestKeys.word[2 * pair + 1]);
  };
  const double* signal = reinterpret_cast<const double*>(&outputs.signal);
  const double* equity = reinterpret_cast<const double*>(&outputs.equity);
  add(0, whole(bar.ts_open_ms), whole(bar.open));
  add(1, whole(bar.high), whole(bar.low));
  for (int i = 0; i < 3; ++i) add(3 + i, bits(signal[2 * i]), bits(signal[2 * i + 1]));
  for (int i = 0; i < 3; ++i) add(6 + i, bits(equity[2 * i]), bits(equity[2 * i + 1]));
  add(2, whole(bar.close),
      bits(outputs.average));  // last: the average is what comes last
  // Each bar is a bijection of the digest so far: nothing is ever forgotten.
  digest.low = rotated_left((digest.low ^ static_cast<std::uint64_t>(sum)) * kDigestOdd0, 29) + digest.high;
  digest.high =
      rotated_left((digest.high ^ static_cast<std::uint64_t>(sum >> 64)) * kDigestOdd1, 31) ^ digest.low;
}

}  // namespace
}  // namespace lockstep::LOCKSTEP_ISA
