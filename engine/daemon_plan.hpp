// What a daemon makes of its configuration before anything runs. All throw ConfigError.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "engine/series_changes.hpp"

namespace lockstep::engine {

/// A rolling run that is too short to warm up would never be live.
void check_anchor(const Config& config);

/// The configuration with patterns replaced by the symbols that the venues have now; asks them.
Config with_symbols(Config config);

/// The series that a configuration names: each venue, symbol and interval once.
core::Catalog make_catalog(const Config& config);

/// The series of a start: those of the configuration and what was changed about them since.
struct SeriesPlan {
  core::Catalog catalog;  ///< has room for kSeriesRoom more
  std::vector<std::vector<core::SeriesId>> of_feed;
  std::set<SeriesName> configured;  ///< by the configuration, removed ones included
};
/// Series that may join a running daemon until its next start.
inline constexpr std::size_t kSeriesRoom = 4096;
/// Without a series only where all of them were removed.
SeriesPlan plan_series(const Config& config, const SeriesChanges& changes);
/// The feed of the configuration that a series of this venue and interval belongs to: the first with the
/// interval among its own, else the first of the venue. Nothing: none is of the venue.
std::optional<std::size_t> feed_for(const Config& config, const std::string& venue,
                                    const std::string& interval);

}  // namespace lockstep::engine
