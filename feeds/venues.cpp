#include "feeds/venue.hpp"

#include <algorithm>

#include "venue_folders.hpp"

// One folder a line of LOCKSTEP_VENUE_FOLDERS, which feeds/CMakeLists.txt writes.
#define LOCKSTEP_DECLARE(folder)          \
  namespace lockstep::feeds::folder {     \
  std::span<const Venue* const> venues(); \
  }
LOCKSTEP_VENUE_FOLDERS(LOCKSTEP_DECLARE)

namespace lockstep::feeds {

const std::vector<const Venue*>& venues() {
  static const std::vector<const Venue*> all = [] {
    std::vector<const Venue*> list;
#define LOCKSTEP_APPEND(folder) \
  for (const Venue* venue : folder::venues()) list.push_back(venue);
    LOCKSTEP_VENUE_FOLDERS(LOCKSTEP_APPEND)
    return list;
  }();
  return all;
}

const Venue* find_venue(std::string_view name) {
  for (const Venue* venue : venues()) {
    if (venue->rules().name == name) return venue;
  }
  return nullptr;
}

namespace {

/// bybit_linear is of the family bybit.
std::string_view family_of(const Venue& venue) {
  return venue.rules().name.substr(0, venue.rules().name.find('_'));
}

}  // namespace

const Venue* find_frame_venue(std::string_view name) {
  if (const Venue* venue = find_venue(name)) return venue;
  for (const Venue* venue : venues()) {
    if (family_of(*venue) == name) return venue;
  }
  return nullptr;
}

std::vector<std::string> frame_venue_names() {
  std::vector<std::string> names;
  for (const Venue* venue : venues()) names.emplace_back(venue->rules().name);
  for (const Venue* venue : venues()) {
    const std::string family(family_of(*venue));
    if (std::find(names.begin(), names.end(), family) == names.end()) names.push_back(family);
  }
  return names;
}

}  // namespace lockstep::feeds
