#include "engine/core/catalog.hpp"

#include <algorithm>
#include <mutex>

namespace lockstep::core {
namespace {

/// No venue, symbol or interval text holds a line feed.
std::string key_of(std::string_view venue, std::string_view symbol, const Interval& interval) {
  return std::string(venue).append("\n").append(symbol).append("\n").append(interval.text());
}

}  // namespace

std::uint32_t Catalog::add_venue(std::string_view venue) {
  auto at = std::find(venues_.begin(), venues_.end(), venue);
  if (at == venues_.end()) at = venues_.insert(venues_.end(), std::string(venue));
  return static_cast<std::uint32_t>(at - venues_.begin());
}

std::optional<SeriesId> Catalog::add(std::string_view venue, std::string_view symbol, Interval interval) {
  const bool is_running = capacity_ > 0;
  if (is_running &&
      (series_.size() == capacity_ || std::find(venues_.begin(), venues_.end(), venue) == venues_.end()))
    return std::nullopt;
  const auto id = static_cast<SeriesId>(series_.size());
  {
    const std::unique_lock lock(shared_->mutex);
    if (!shared_->ids.emplace(key_of(venue, symbol, interval), id).second) return std::nullopt;
  }
  series_.push_back({id, add_venue(venue), std::string(venue), std::string(symbol), interval});
  shared_->size.store(series_.size(), std::memory_order_release);
  return id;
}

void Catalog::make_room(std::size_t more) {
  capacity_ = series_.size() + more;
  series_.reserve(capacity_);
}

std::optional<SeriesId> Catalog::find(std::string_view venue, std::string_view symbol,
                                      Interval interval) const {
  const std::shared_lock lock(shared_->mutex);
  const auto found = shared_->ids.find(key_of(venue, symbol, interval));
  // Between its name and its place: not there yet.
  if (found == shared_->ids.end() || found->second >= size()) return std::nullopt;
  return found->second;
}

}  // namespace lockstep::core
