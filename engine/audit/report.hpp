// Reports on the disk: DATA_DIR/audit/.
#pragma once

#include <string>

#include "engine/audit/difference.hpp"
#include "engine/journal/storage.hpp"

namespace lockstep::engine::audit {

/// DATA_DIR/audit.
std::string report_folder(const std::string& data_dir);

/// Writes TIME-NUMBER.json and .txt, the JSON last; the oldest beyond 200 are removed. Gives the path of the
/// JSON; empty when the disk did not take it (logged: a report that is lost must not stop what it is about).
std::string write_report(journal::Storage& storage, const std::string& data_dir, const Difference& difference,
                         std::int64_t wall_ms);

}  // namespace lockstep::engine::audit
