#include "engine/detail/config_audit.hpp"

namespace lockstep::engine::detail {

void read_audit(TomlTable& table, AuditConfig& audit) {
  table.boolean("enabled", audit.is_enabled);
  table.integer("pass_s", 1, 604'800, audit.pass_s);
  table.integer("cpu_percent", 1, 100, audit.cpu_percent);
}

}  // namespace lockstep::engine::detail
