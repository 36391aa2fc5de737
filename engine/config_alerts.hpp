// The [alerts] table: what is told to whom.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/alerts/alert.hpp"

namespace lockstep::engine {

namespace detail {
class TomlTable;
}

/// One [[alerts.target]].
struct AlertTarget {
  enum class Kind : std::uint8_t { webhook, command, log };

  std::string name;
  Kind kind = Kind::log;
  std::string url;      ///< webhook: https:// or http://; may hold secrets in its path, so it is never shown
  std::string secret;   ///< webhook: key of the signature; empty: none
  std::string ca_file;  ///< webhook: PEM of one more certificate authority
  std::string template_text;         ///< webhook, command: the JSON; empty: all fields
  std::vector<std::string> command;  ///< program (absolute) and arguments
  int timeout_s = 10;                ///< for one attempt

  bool operator==(const AlertTarget&) const = default;
};

/// One [[alerts.rule]].
struct AlertRule {
  std::string name;
  std::bitset<alerts::kEvents> on;
  std::optional<double> above;
  std::optional<double> below;
  std::vector<std::string> venues;     ///< empty: all
  std::vector<std::string> symbols;    ///< empty: all
  std::vector<std::string> intervals;  ///< empty: all
  std::vector<std::string> targets;    ///< empty: all
  bool open_bars = false;              ///< also of bars that may still change
  int cooldown_s = 0;                  ///< after an alert of a series, none of this rule for so long

  bool operator==(const AlertRule&) const = default;
};

struct AlertsConfig {
  std::vector<AlertTarget> targets;
  std::vector<AlertRule> rules;
  int outbox_max = 10'000;  ///< deliveries that may wait
  int give_up_h = 72;       ///< hours after which a delivery is given up; 0: never
  int late_s = 3'600;       ///< a bar from history that closed longer ago raises no alert; 0: any does

  bool operator==(const AlertsConfig&) const = default;
};

/// Throws ConfigError, with place and value.
void read_alerts(detail::TomlTable& table, AlertsConfig& alerts);
/// As TOML, without secrets: of addresses only scheme and host, of commands only the program.
std::string to_text(const AlertsConfig& alerts);

}  // namespace lockstep::engine
