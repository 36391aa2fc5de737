#include "incremental/digest.hpp"

#include <bit>

namespace lockstep {
namespace {

__extension__ typedef unsigned __int128 Uint128;

constexpr int kWords = 18;

/// Keys of the words: the splitmix64 sequence from seed 0, so that nobody chose them.
struct Keys {
  std::uint64_t word[kWords];
};
constexpr Keys make_keys() {
  Keys keys{};
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
constexpr Keys kKeys = make_keys();

constexpr std::uint64_t kOdd0 = 0xd6e8feb86659fd93u;
constexpr std::uint64_t kOdd1 = 0xa0761d6478bd642fu;

}  // namespace

void Digest::add(const BarTicks& bar, const Outputs& outputs) {
  std::uint64_t word[kWords] = {
      static_cast<std::uint64_t>(bar.ts_open_ms), static_cast<std::uint64_t>(bar.open),
      static_cast<std::uint64_t>(bar.high),       static_cast<std::uint64_t>(bar.low),
      static_cast<std::uint64_t>(bar.close),      std::bit_cast<std::uint64_t>(outputs.average)};
  for (int f = 0; f < kFamilies; ++f) {
    word[6 + f] = std::bit_cast<std::uint64_t>(outputs.signal[static_cast<std::size_t>(f)]);
    word[12 + f] = std::bit_cast<std::uint64_t>(outputs.equity[static_cast<std::size_t>(f)]);
  }
  // NH: a sum of products of keyed words, modulo 2^128; the products do not wait for each other.
  Uint128 sum = 0;
  for (int i = 0; i < kWords; i += 2) {
    sum += static_cast<Uint128>(word[i] + kKeys.word[i]) * (word[i + 1] + kKeys.word[i + 1]);
  }
  // Each bar is a bijection of the digest so far: nothing is ever forgotten.
  low = std::rotl((low ^ static_cast<std::uint64_t>(sum)) * kOdd0, 29) + high;
  high = std::rotl((high ^ static_cast<std::uint64_t>(sum >> 64)) * kOdd1, 31) ^ low;
}

std::string Digest::hex() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    text[15 - i] = kDigits[high >> (4 * i) & 15];
    text[31 - i] = kDigits[low >> (4 * i) & 15];
  }
  return text;
}

}  // namespace lockstep
