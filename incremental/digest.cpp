#include "incremental/digest.hpp"

#include "incremental/detail/digest_step.hpp"

namespace lockstep {

void Digest::add(const BarTicks& bar, const Outputs& outputs) {
  detail::add_to_digest(*this, bar, outputs);
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
