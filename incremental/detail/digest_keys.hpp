// The numbers in the digest's formula; docs/numbers.md has the formula.
#pragma once

#include <cstdint>

namespace lockstep::detail {

/// Rows of words that a bar adds, six a row: the bar and its average, the signals, the equities.
inline constexpr int kDigestRows = 3;
inline constexpr int kDigestWords = 6;

/// A key a word, the splitmix64 sequence from seed 0, so that nobody chose them. Rows are as wide as eight
/// lanes; the last two keys of a row are 0.
struct DigestKeys {
  alignas(64) std::uint64_t row[kDigestRows][8];
};
constexpr DigestKeys make_digest_keys() {
  DigestKeys keys{};
  std::uint64_t state = 0;
  for (auto& row : keys.row) {
    for (int i = 0; i < kDigestWords; ++i) {
      state += 0x9e3779b97f4a7c15u;
      std::uint64_t z = state;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      row[i] = z ^ (z >> 31);
    }
  }
  return keys;
}
inline constexpr DigestKeys kDigestKeys = make_digest_keys();

inline constexpr std::uint64_t kDigestPrime =
    0x9e3779b1u;  // below 2^32: one product of a lane is two of halves
inline constexpr std::uint64_t kDigestOdd0 = 0xd6e8feb86659fd93u;
inline constexpr std::uint64_t kDigestOdd1 = 0xa0761d6478bd642fu;

}  // namespace lockstep::detail
