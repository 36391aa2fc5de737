#include "engine/core/catalog.hpp"

#include <algorithm>

namespace lockstep::core {
namespace {

/// No venue, symbol or interval text holds a line feed.
std::string key_of(std::string_view venue, std::string_view symbol, const Interval& interval) {
  return std::string(venue).append("\n").append(symbol).append("\n").append(interval.text());
}

}  // namespace

std::optional<SeriesId> Catalog::add(std::string_view venue, std::string_view symbol, Interval interval) {
  const auto id = static_cast<SeriesId>(series_.size());
  if (!ids_.emplace(key_of(venue, symbol, interval), id).second) return std::nullopt;
  auto at = std::find(venues_.begin(), venues_.end(), venue);
  if (at == venues_.end()) at = venues_.insert(venues_.end(), std::string(venue));
  series_.push_back({id, static_cast<std::uint32_t>(at - venues_.begin()), std::string(venue),
                     std::string(symbol), interval});
  return id;
}

std::optional<SeriesId> Catalog::find(std::string_view venue, std::string_view symbol,
                                      Interval interval) const {
  const auto found = ids_.find(key_of(venue, symbol, interval));
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

}  // namespace lockstep::core
