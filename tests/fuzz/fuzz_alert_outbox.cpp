// The outbox's loader: any bytes, and any lines under a right checksum; nothing waits twice.
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/alerts/outbox.hpp"
#include "engine/journal/crc32c.hpp"

using namespace lockstep::engine;

namespace {

void read(std::string_view bytes) {
  const alerts::OutboxContent content = alerts::read_outbox(bytes);
  std::set<std::pair<std::string, std::string>> keys;
  for (const alerts::Delivery& delivery : content.waiting) {
    if (!keys.emplace(delivery.id, delivery.target).second) std::abort();
  }
}

/// Each line with the checksum that it needs to be looked at.
std::string framed(std::string_view bytes) {
  std::string out;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    out += fmt::format("{:08x} {}\n", journal::crc32c(std::as_bytes(std::span(line))), line);
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  read(framed(bytes));
  return 0;
}
