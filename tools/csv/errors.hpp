// How a sub-command ends.
#pragma once

#include <stdexcept>
#include <string>

#include "tools/exit_code.hpp"

namespace lockstep::tools {

/// Ends a sub-command with an exit code; what() is the sentence for stderr.
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitCode code, const std::string& text) : std::runtime_error(text), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace lockstep::tools
