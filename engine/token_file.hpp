// The API's token from a file of its own, so that the configuration can be shown to others.
#pragma once

#include <string>

namespace lockstep::engine {

/// The file's one line. Throws std::invalid_argument with a sentence for people: it cannot be read, others
/// may read it (its mode must be 0600 or less), or it holds more than a line.
std::string read_token_file(const std::string& path);

}  // namespace lockstep::engine
