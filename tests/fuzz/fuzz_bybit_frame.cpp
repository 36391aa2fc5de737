#include "feeds/bybit/parse.hpp"
#include "tests/fuzz/fuzz_frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static lockstep::feeds::bybit::BybitFrameParser parser, other;
  return lockstep::fuzz::run_frame(parser, other, data, size);
}
