// The outbox's loader: any bytes, and nothing that waits twice.
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string_view>

#include "engine/alerts/outbox.hpp"

using namespace lockstep::engine::alerts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const OutboxContent content = read_outbox({reinterpret_cast<const char*>(data), size});
  std::set<std::pair<std::string, std::string>> keys;
  for (const Delivery& delivery : content.waiting) {
    if (!keys.emplace(delivery.id, delivery.target).second) std::abort();
  }
  return 0;
}
