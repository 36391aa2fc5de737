// Recordings are untrusted input. With checksums off (fuzz builds), anything may stand behind them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "replay/recording.hpp"

using namespace lockstep::replay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t records = 0;
  std::size_t sum = 0;
  const RecordingEnd end =
      read_recording(std::as_bytes(std::span(data, size)), [&](const RecordingView& view) {
        ++records;
        for (const char c : view.payload) sum += static_cast<unsigned char>(c);
      });
  if (records != end.records || end.good_bytes > size) std::abort();
  return sum == SIZE_MAX ? 1 : 0;
}
