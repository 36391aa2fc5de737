// `lockstep audit` beside a running daemon: the daemon does it.
#pragma once

#include <iosfwd>
#include <optional>

#include "engine/config.hpp"

namespace lockstep::tools {

/// Has the daemon that runs with `config` do a pass of its self-audit now, waits for its end, and prints what
/// it found. Gives the exit code; nothing when no daemon has the data directory.
std::optional<int> audit_running_daemon(const engine::Config& config, bool is_json, std::ostream& out,
                                        std::ostream& errors);

}  // namespace lockstep::tools
