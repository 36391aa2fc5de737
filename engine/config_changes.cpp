#include "engine/config_changes.hpp"

#include <map>
#include <sstream>

namespace lockstep::engine {
namespace {

/// Key with its table ("[engine] shards", "[[feed]] 2 symbols") to its value, as the text of a configuration
/// has them.
std::map<std::string, std::string> values_of(const std::string& text) {
  std::map<std::string, std::string> values;
  std::map<std::string, int> counts;
  std::istringstream lines(text);
  std::string table;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) {
      table = line;
      if (line.starts_with("[[")) table.append(" ").append(std::to_string(++counts[line]));
    } else if (const std::size_t at = line.find(" = "); at != std::string::npos) {
      values[table + " " + line.substr(0, at)] = line.substr(at + 3);
    }
  }
  return values;
}

bool is_live(const std::string& key) {
  return key.starts_with("[engine] log_");
}

}  // namespace

ConfigChanges compare_configs(const Config& in_force, const Config& next) {
  ConfigChanges changes;
  // Alerts hold what their text does not show.
  Config before = in_force, after = next;
  before.alerts = after.alerts = AlertsConfig{};
  const auto old_values = values_of(to_text(before));
  const auto new_values = values_of(to_text(after));
  const auto note = [&](const std::string& key) {
    (is_live(key) ? changes.live : changes.restart).push_back(key);
  };
  for (const auto& [key, value] : new_values) {
    const auto old_value = old_values.find(key);
    if (old_value == old_values.end() || old_value->second != value) note(key);
  }
  for (const auto& [key, value] : old_values) {
    if (!new_values.contains(key)) note(key);
  }
  if (in_force.api.token != next.api.token) changes.restart.push_back("[api] token");
  if (in_force.alerts != next.alerts) changes.live.push_back("[alerts]");
  return changes;
}

void take_live_part(Config& in_force, const Config& next) {
  in_force.alerts = next.alerts;
  in_force.engine.log_level = next.engine.log_level;
  in_force.engine.log_file = next.engine.log_file;
  in_force.engine.is_log_json = next.engine.is_log_json;
  in_force.engine.log_mb_max = next.engine.log_mb_max;
  in_force.engine.log_files = next.engine.log_files;
}

}  // namespace lockstep::engine
