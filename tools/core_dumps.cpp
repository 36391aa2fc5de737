#include "tools/core_dumps.hpp"

#include <sys/prctl.h>

#include <algorithm>

namespace lockstep::tools {

void keep_out_of_core_dumps(const engine::Config& config) {
  const auto& targets = config.alerts.targets;
  const bool has_secrets =
      !config.api.token.empty() ||
      std::any_of(targets.begin(), targets.end(), [](const auto& target) { return !target.url.empty(); });
  if (has_secrets) ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace lockstep::tools
