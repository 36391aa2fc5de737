// The dashboard's files, as tools/dashboard/build.mjs has packed them.
#pragma once

#include <span>

#include "engine/api/static_files.hpp"

namespace lockstep::tools {

/// Empty when the program was built without Node.js; `/` then says so.
std::span<const engine::StaticFile> page_files();

}  // namespace lockstep::tools
