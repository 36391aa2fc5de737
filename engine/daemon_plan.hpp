// What a daemon makes of its configuration before anything runs. All throw ConfigError.
#pragma once

#include "engine/config.hpp"
#include "engine/core/catalog.hpp"

namespace lockstep::engine {

/// A rolling run that is too short to warm up would never be live.
void check_anchor(const Config& config);

/// The configuration with patterns replaced by the symbols that the venues have now; asks them.
Config with_symbols(Config config);

/// The series that a configuration names: each venue, symbol and interval once.
core::Catalog make_catalog(const Config& config);

}  // namespace lockstep::engine
