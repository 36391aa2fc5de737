// What the command line answers with (design.md).
#pragma once

namespace lockstep::tools {

enum ExitCode : int {
  kExitFine = 0,
  kExitCheckFailed = 1,
  kExitUsage = 2,        ///< wrong usage or configuration
  kExitData = 3,         ///< bad input data
  kExitEnvironment = 4,  ///< port in use, disk full, file not readable or writable
};

}  // namespace lockstep::tools
