#include "incremental/digest.hpp"

#include <bit>

#include "incremental/detail/digest_numbers.hpp"

namespace lockstep {

void RunningDigest::add(const BarTicks& bar, const Outputs& outputs) {
  const std::int64_t prices[] = {bar.ts_open_ms, bar.open, bar.high, bar.low, bar.close};
  for (std::size_t i = 0; i < detail::kDigestLanes; ++i) {
    const auto last =
        i < 5 ? static_cast<std::uint64_t>(prices[i]) : std::bit_cast<std::uint64_t>(outputs.average);
    for (const std::uint64_t word : {std::bit_cast<std::uint64_t>(outputs.equity[i]),
                                     std::bit_cast<std::uint64_t>(outputs.signal[i]), last}) {
      lane[i] ^= word;
      lane[i] = (lane[i] ^ lane[i] >> 32) * detail::kDigestPrime;
    }
  }
}

Digest RunningDigest::value() const {
  Digest digest;
  for (int i = 0; i < detail::kDigestLanes; ++i) {
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
