// How a sub-command ends.
#pragma once

#include <stdexcept>
#include <string>

namespace lockstep::tools {

enum ExitCode : int {
  kExitFine = 0,
  kExitCheckFailed = 1,
  kExitUsage = 2,        ///< wrong usage or configuration
  kExitData = 3,         ///< bad input data
  kExitEnvironment = 4,  ///< cannot open, disk full, port in use
};

/// Ends a sub-command with an exit code; what() is the sentence for stderr.
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace lockstep::tools
