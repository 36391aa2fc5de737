#include "incremental/digest.hpp"

#include <bit>

#include "incremental/detail/digest_keys.hpp"

namespace lockstep {

using detail::kDigestKeys;
using detail::kDigestWords;

void RunningDigest::add(const BarTicks& bar, const Outputs& outputs) {
  std::uint64_t word[detail::kDigestRows][kDigestWords] = {
      {static_cast<std::uint64_t>(bar.ts_open_ms), static_cast<std::uint64_t>(bar.open),
       static_cast<std::uint64_t>(bar.high), static_cast<std::uint64_t>(bar.low),
       static_cast<std::uint64_t>(bar.close), std::bit_cast<std::uint64_t>(outputs.average)}};
  for (std::size_t f = 0; f < kFamilies; ++f) {
    word[1][f] = std::bit_cast<std::uint64_t>(outputs.signal[f]);
    word[2][f] = std::bit_cast<std::uint64_t>(outputs.equity[f]);
  }
  for (int i = 0; i < kDigestWords; ++i) {
    for (int row = 0; row < detail::kDigestRows; ++row) {
      const std::uint64_t keyed = word[row][i] + kDigestKeys.row[row][i];
      lane[i] += (keyed & 0xffffffffu) * (keyed >> 32) + word[row][i ^ 1];
    }
    lane[i] = (lane[i] ^ lane[i] >> 47) * detail::kDigestPrime;
  }
}

Digest RunningDigest::value() const {
  Digest digest;
  for (int i = 0; i < kDigestWords; ++i) {
    digest.low = std::rotl((digest.low ^ lane[i]) * detail::kDigestOdd0, 29) + digest.high;
    digest.high = std::rotl((digest.high ^ lane[i]) * detail::kDigestOdd1, 31) ^ digest.low;
  }
  return digest;
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
