// Templates of alerts: refused, or JSON for any alert.
#include <nlohmann/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "engine/alerts/template.hpp"

using namespace lockstep::engine::alerts;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Template checked(text);
    // Outside text in it is still a text.
    Alert alert = sample_alert();
    alert.symbol = std::string(text.substr(0, 64));
    if (!nlohmann::json::accept(checked.render(alert))) std::abort();
  } catch (const TemplateError&) {
  }
  return 0;
}
