// What another configuration would change, and what of it can change while the daemon runs.
#pragma once

#include <string>
#include <vector>

#include "engine/config.hpp"

namespace lockstep::engine {

struct ConfigChanges {
  std::vector<std::string> live;     ///< keys that can be changed at once: "[engine] log_level"
  std::vector<std::string> restart;  ///< keys that count from the next start on
};

/// Secrets are compared, never shown.
ConfigChanges compare_configs(const Config& in_force, const Config& next);
/// Takes over from `next` what can change while the daemon runs, and nothing else.
void take_live_part(Config& in_force, const Config& next);

}  // namespace lockstep::engine
