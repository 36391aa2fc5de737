// Any bytes as a decimal text: the integer that comes out, written as a decimal again, is the same number.
#include <cstdlib>
#include <string>

#include "engine/core/decimal.hpp"

using namespace lockstep::core;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int scale = data[0] % 19;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::int64_t units = 0;
  const DecimalStatus status = parse_decimal(text, scale, units);
  if (status == DecimalStatus::ok) {
    // The exact value in the plainest notation there is.
    const std::string plain = std::to_string(units) + "e-" + std::to_string(scale);
    std::int64_t again = 0;
    if (parse_decimal(plain, scale, again) != DecimalStatus::ok || again != units) abort();
    int needed = 0;
    if (decimal_scale(text, needed) == DecimalStatus::ok && needed > scale) abort();
    std::int64_t rounded = 0;
    if (parse_decimal_half_even(text, scale, rounded) != DecimalStatus::ok || rounded != units) abort();
  } else {
    std::int64_t untouched = 4711;
    if (parse_decimal(text, scale, untouched) != status || untouched != 4711) abort();
  }
  return 0;
}
