#include "feeds/series_table.hpp"

#include <cstring>
#include <utility>

namespace lockstep::feeds {
namespace {

/// Eight bytes at a time; symbols are up to some 20 bytes. Only equality matters, not the quality of every
/// bit.
std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
    text.remove_prefix(8);
  }
  std::uint64_t word = text.size();
  for (const char c : text) word = word << 8 | static_cast<unsigned char>(c);
  hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
  return hash ^ hash >> 32;
}

std::uint64_t hash_of(std::string_view symbol, std::string_view interval) {
  return mix(mix(0, symbol), interval);
}

}  // namespace

void SeriesTable::insert(Slot slot) {
  std::size_t index = slot.hash & (slots_.size() - 1);
  while (!slots_[index].symbol.empty()) index = (index + 1) & (slots_.size() - 1);
  slots_[index] = std::move(slot);
}

void SeriesTable::add(std::string_view symbol, std::string_view interval, core::SeriesId series) {
  if (symbol.empty() || find(symbol, interval)) return;
  if (2 * (count_ + 1) > slots_.size()) {
    std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.empty() ? 16 : 2 * slots_.size()));
    for (Slot& slot : old) {
      if (!slot.symbol.empty()) insert(std::move(slot));
    }
  }
  insert(Slot{hash_of(symbol, interval), std::string(symbol), std::string(interval), series});
  ++count_;
}

std::optional<core::SeriesId> SeriesTable::find(std::string_view symbol, std::string_view interval) const {
  if (slots_.empty()) return std::nullopt;
  const std::uint64_t hash = hash_of(symbol, interval);
  for (std::size_t index = hash & (slots_.size() - 1); !slots_[index].symbol.empty();
       index = (index + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[index];
    if (slot.hash == hash && slot.symbol == symbol && slot.interval == interval) return slot.series;
  }
  return std::nullopt;
}

}  // namespace lockstep::feeds
