// One alert: what is told to people and programs.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace lockstep::engine::alerts {

/// What can be asked for. The texts in event_name() are those of the configuration.
enum class Event : std::uint8_t {
  long_signal,   ///< the average crossed above [atc] long_threshold
  short_signal,  ///< below short_threshold
  above,         ///< the average crossed above the rule's own level
  below,
  stale,  ///< the series came into that state
  gap,
  halted,
  rejected,
  retired,
  live,     ///< it came back
  invalid,  ///< what was valid is not any more, whatever the state
  audit,    ///< the self-audit found a bar that differs
  test,     ///< `lockstep alerts test`
};
inline constexpr std::size_t kEvents = 13;
std::string_view event_name(Event event);

/// Not a number: undefined, null in JSON.
struct Alert {
  std::string id;  ///< 32 hexadecimal digits; the same alert has the same id, also after a restart
  std::string rule;
  Event event = Event::test;
  std::string venue;
  std::string symbol;
  std::string interval;
  std::int64_t ts_ms = 0;       ///< when it was raised, wall time
  std::int64_t ts_open_ms = 0;  ///< of the bar; 0: there is none
  bool is_closed = false;
  bool is_valid = false;
  bool is_replayed = false;
  std::string state;
  std::string reason;
  double average = std::numeric_limits<double>::quiet_NaN();
  double level = std::numeric_limits<double>::quiet_NaN();  ///< of events above and below
  int direction = 0;
  std::string close;  ///< decimal text; empty: there is none
  std::uint32_t revision = 0;
  std::uint64_t suppressed = 0;  ///< of this rule and series, held back by the cool-down since the last one
  std::string detail;            ///< of audit differences: what differs
};

/// A name by which templates and the default body have a part of an alert.
struct Field {
  std::string_view name;
  bool is_text;  ///< written in quotes in the default body
  /// Appends it as JSON has it, texts without their quotes.
  void (*append)(std::string& out, const Alert& alert);
};
/// All of them, in the order of the default body.
const std::array<Field, 21>& fields();
/// One line for people: "long BTCUSDT 1m on binance_spot: average 0.35, close 43250.07 (bar 2024-...)".
std::string sentence(const Alert& alert);
/// The default body: one JSON object with all fields.
std::string to_json(const Alert& alert);
/// An alert with every field set, to try templates on.
Alert sample_alert();

/// First 128 bits of the SHA-256 of `identity`, in hexadecimal.
std::string alert_id(std::string_view identity);

}  // namespace lockstep::engine::alerts
