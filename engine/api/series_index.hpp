// Finds series by name in constant time, and says what is near a name that is not known.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/core/catalog.hpp"

namespace lockstep::engine {

/// Built over a catalog that outlives the index. Of one thread: what joins the catalog later it is told.
class SeriesIndex {
 public:
  explicit SeriesIndex(const core::Catalog& catalog);
  /// The series with the next id.
  void add(const core::Series& series);

  /// `interval` may be written in any way that means the same length: 60m finds 1h.
  std::optional<core::SeriesId> find(std::string_view venue, std::string_view symbol,
                                     std::string_view interval) const;
  bool has_venue(const std::string& venue) const { return venues_.contains(venue); }
  bool has_symbol(const std::string& symbol) const { return symbols_.contains(symbol); }
  bool has_interval(const std::string& interval) const { return intervals_.contains(interval); }

  /// A sentence for people: up to three known names that look like the wanted one.
  std::string nearby_series(std::string_view venue, std::string_view symbol, std::string_view interval) const;
  std::string nearby_venues(std::string_view wanted) const { return nearby(venues_, wanted); }
  std::string nearby_symbols(std::string_view wanted) const { return nearby(symbols_, wanted); }
  std::string nearby_intervals(std::string_view wanted) const { return nearby(intervals_, wanted); }

  /// The series' names as JSON fields, without braces: "venue":"...","symbol":"...","interval":"...".
  const std::string& name_fields(core::SeriesId id) const { return name_fields_[id]; }
  const core::Catalog& catalog() const { return catalog_; }

 private:
  static std::string nearby(const std::unordered_set<std::string>& names, std::string_view wanted);

  const core::Catalog& catalog_;
  std::unordered_map<std::string, core::SeriesId> by_name_;
  std::unordered_set<std::string> venues_;
  std::unordered_set<std::string> symbols_;
  std::unordered_set<std::string> intervals_;
  std::vector<std::string> name_fields_;
};

/// The interval as the catalog writes it; the text itself when it is no interval.
std::string canonical_interval(std::string_view text);

}  // namespace lockstep::engine
