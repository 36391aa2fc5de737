#include "engine/journal/settings_book.hpp"

#include "engine/journal/recovery.hpp"

namespace lockstep::engine::journal {

SettingsBook::Entry& SettingsBook::add(const std::string& configuration) {
  Config config = parse_config(configuration, "the journal's configuration");
  Entry& entry = entries_.emplace_back();
  entry.config = std::move(config);
  entry.series.params_at = [&entry](int price_scale) -> std::shared_ptr<const AtcParams> {
    if (price_scale < 0 || price_scale > kPriceScaleMax) return nullptr;
    auto& params = entry.params[price_scale];
    if (!params) params = AtcParams::create(entry.config.atc, price_scale);
    return params;
  };
  entry.series.anchor = entry.config.engine.anchor;
  entry.series.late_ms = late_ms(entry.config);
  return entry;
}

}  // namespace lockstep::engine::journal
