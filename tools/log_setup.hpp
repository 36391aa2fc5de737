// The daemon's log: to stderr or a file that is followed by a new one when it is full, as text or JSON.
#pragma once

#include <string>

#include "engine/config.hpp"

namespace lockstep::tools {

/// Makes the process's logger as [engine] log_* says. With `file` instead of an empty log_file. Called again
/// it changes level, form and file of the same logger, while others write to it, and opens the file anew (for
/// logrotate). What is secret in the configuration becomes *** wherever it would be written. Throws
/// spdlog::spdlog_ex or std::filesystem::filesystem_error when the file cannot be opened; then the log is as
/// it was.
void set_up_log(const engine::Config& config, const std::string& file = "");

}  // namespace lockstep::tools
