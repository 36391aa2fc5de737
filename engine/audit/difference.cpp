#include "engine/audit/difference.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace lockstep::engine::audit {

std::vector<BarTicks> inputs_of(std::span<const BarTicks> bars, std::int64_t bar, std::size_t count) {
  const std::size_t end = std::min(bars.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, bar + 1)));
  const auto shown = bars.first(end).last(std::min(count, end));
  return {shown.begin(), shown.end()};
}

std::string summary(const Difference& d) {
  return fmt::format(
      "{}: {} differs from {} first at bar {} (ts_open_ms {}{}): {} is {:016x}, should be {:016x}", d.series,
      d.found_in, d.against, d.bar, d.ts_open_ms, d.record != 0 ? fmt::format(", record {}", d.record) : "",
      d.field, d.actual, d.expected);
}

std::string to_text(const Difference& d) {
  std::string text = summary(d) + "\n";
  std::int64_t at = d.bar + 1 - static_cast<std::int64_t>(d.inputs.size());
  for (const BarTicks& bar : d.inputs)
    text +=
        fmt::format("  bar {}: ts_open_ms {}, in ticks open {} high {} low {} close {}\n",
                    std::max<std::int64_t>(0, at++), bar.ts_open_ms, bar.open, bar.high, bar.low, bar.close);
  return text;
}

std::string to_json(const Difference& d) {
  nlohmann::ordered_json json;
  json["series"] = d.series;
  json["found_in"] = d.found_in;
  json["against"] = d.against;
  json["bar"] = d.bar;
  json["ts_open_ms"] = d.ts_open_ms;
  if (d.record != 0) json["record"] = d.record;
  json["field"] = d.field;
  json["expected_bits"] = fmt::format("{:016x}", d.expected);
  json["actual_bits"] = fmt::format("{:016x}", d.actual);
  json["price_scale"] = d.price_scale;
  json["inputs"] = nlohmann::ordered_json::array();
  for (const BarTicks& bar : d.inputs)
    json["inputs"].push_back({{"ts_open_ms", bar.ts_open_ms},
                              {"open_ticks", bar.open},
                              {"high_ticks", bar.high},
                              {"low_ticks", bar.low},
                              {"close_ticks", bar.close}});
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace lockstep::engine::audit
