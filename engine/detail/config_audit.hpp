// The [audit] table.
#pragma once

#include "engine/config.hpp"
#include "engine/detail/toml_table.hpp"

namespace lockstep::engine::detail {

void read_audit(TomlTable& table, AuditConfig& audit);

}  // namespace lockstep::engine::detail
