// A configuration, any bytes: a Config whose own text reads back to the same, or a ConfigError that says why
// not.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/config.hpp"

using namespace lockstep::engine;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Config config;
  try {
    config = parse_config({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const ConfigError& error) {
    if (std::string_view(error.what()).empty()) std::abort();
    return 0;
  }
  // What the journal keeps of it must mean the same at the next start.
  config.api.token.clear();
  config.api.bind = "127.0.0.1";  // another address needs the token
  const std::string text = to_text(config);
  if (to_text(parse_config(text, "again")) != text) std::abort();
  return 0;
}
