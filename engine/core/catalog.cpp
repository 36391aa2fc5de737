#include "engine/core/catalog.hpp"

#include <algorithm>

namespace lockstep::core {

std::optional<SeriesId> Catalog::add(std::string_view venue, std::string_view symbol, Interval interval) {
  const bool is_known = std::any_of(series_.begin(), series_.end(), [&](const Series& s) {
    return s.venue == venue && s.symbol == symbol && s.interval == interval;
  });
  if (is_known) return std::nullopt;
  auto at = std::find(venues_.begin(), venues_.end(), venue);
  if (at == venues_.end()) at = venues_.insert(venues_.end(), std::string(venue));
  const auto id = static_cast<SeriesId>(series_.size());
  series_.push_back({id, static_cast<std::uint32_t>(at - venues_.begin()), std::string(venue), std::string(symbol), interval});
  return id;
}

std::optional<SeriesId> Catalog::find(std::string_view venue, std::string_view symbol, std::string_view interval) const {
  for (const Series& s : series_) {
    if (s.venue == venue && s.symbol == symbol && s.interval.text() == interval) return s.id;
  }
  return std::nullopt;
}

}  // namespace lockstep::core
