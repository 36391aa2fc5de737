#include "feeds/okx/parse.hpp"
#include "tests/fuzz/fuzz_frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static lockstep::feeds::okx::OkxFrameParser parser, other;
  return lockstep::fuzz::run_frame(parser, other, data, size);
}
