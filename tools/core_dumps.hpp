// Keeps secrets out of core dumps (fault A8).
#pragma once

#include "engine/config.hpp"

namespace lockstep::tools {

/// With a token or a webhook in the configuration, the kernel writes no core dump of this process from now
/// on, wherever it would go: a limit of 0 alone does not stop those that are piped to a program. Debuggers of
/// the same user cannot attach then either. Never taken back: what was a secret stays one.
void keep_out_of_core_dumps(const engine::Config& config);

}  // namespace lockstep::tools
