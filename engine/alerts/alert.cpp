#include "engine/alerts/alert.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <cmath>
#include <ctime>

#include "engine/api/json_writer.hpp"

namespace lockstep::engine::alerts {
namespace {

constexpr std::array<std::string_view, kEvents> kEventNames = {
    "long",     "short",   "above", "below",   "stale", "gap", "halted",
    "rejected", "retired", "live",  "invalid", "audit", "test"};

/// As JSON has it, without the quotes around it.
void append_text(std::string& out, std::string_view text) {
  const std::size_t at = out.size();
  append_json_string(out, text);
  out.erase(at, 1);
  out.pop_back();
}

void append_number_or_null(std::string& out, double value) {
  append_json_number(out, value);
}

std::string utc_text(std::int64_t ms) {
  const std::time_t seconds = static_cast<std::time_t>(ms / 1'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

constexpr std::array<Field, 21> kFields = {{
    {"id", true, [](std::string& out, const Alert& a) { append_text(out, a.id); }},
    {"rule", true, [](std::string& out, const Alert& a) { append_text(out, a.rule); }},
    {"event", true, [](std::string& out, const Alert& a) { append_text(out, event_name(a.event)); }},
    {"text", true, [](std::string& out, const Alert& a) { append_text(out, sentence(a)); }},
    {"venue", true, [](std::string& out, const Alert& a) { append_text(out, a.venue); }},
    {"symbol", true, [](std::string& out, const Alert& a) { append_text(out, a.symbol); }},
    {"interval", true, [](std::string& out, const Alert& a) { append_text(out, a.interval); }},
    {"ts_ms", false, [](std::string& out, const Alert& a) { out += std::to_string(a.ts_ms); }},
    {"ts_open_ms", false,
     [](std::string& out, const Alert& a) {
       out += a.ts_open_ms == 0 ? "null" : std::to_string(a.ts_open_ms);
     }},
    {"closed", false, [](std::string& out, const Alert& a) { out += a.is_closed ? "true" : "false"; }},
    {"valid", false, [](std::string& out, const Alert& a) { out += a.is_valid ? "true" : "false"; }},
    {"replayed", false, [](std::string& out, const Alert& a) { out += a.is_replayed ? "true" : "false"; }},
    {"state", true, [](std::string& out, const Alert& a) { append_text(out, a.state); }},
    {"reason", true, [](std::string& out, const Alert& a) { append_text(out, a.reason); }},
    {"average", false, [](std::string& out, const Alert& a) { append_number_or_null(out, a.average); }},
    {"level", false, [](std::string& out, const Alert& a) { append_number_or_null(out, a.level); }},
    {"direction", false, [](std::string& out, const Alert& a) { out += std::to_string(a.direction); }},
    {"close", true, [](std::string& out, const Alert& a) { append_text(out, a.close); }},
    {"revision", false, [](std::string& out, const Alert& a) { out += std::to_string(a.revision); }},
    {"suppressed", false, [](std::string& out, const Alert& a) { out += std::to_string(a.suppressed); }},
    {"detail", true, [](std::string& out, const Alert& a) { append_text(out, a.detail); }},
}};

}  // namespace

std::string_view event_name(Event event) {
  return kEventNames[static_cast<std::size_t>(event)];
}

const std::array<Field, 21>& fields() {
  return kFields;
}

std::string sentence(const Alert& alert) {
  std::string text = fmt::format("{}", event_name(alert.event));
  if (!alert.symbol.empty()) text += fmt::format(" {} {} on {}", alert.symbol, alert.interval, alert.venue);
  if (!alert.detail.empty()) text += ": " + alert.detail;
  if (alert.event <= Event::below) {
    text += fmt::format(": average {}, close {}", alert.average, alert.close);
    if (!std::isnan(alert.level)) text += fmt::format(", level {}", alert.level);
  } else if (alert.event < Event::audit) {
    text += fmt::format(": {}, {}", alert.state, alert.reason);
  }
  if (alert.ts_open_ms != 0)
    text += fmt::format(" ({}bar {}{})", alert.is_closed ? "" : "open ", utc_text(alert.ts_open_ms),
                        alert.is_replayed ? ", from history" : "");
  if (alert.suppressed > 0) text += fmt::format("; {} more were held back before", alert.suppressed);
  return text;
}

std::string to_json(const Alert& alert) {
  std::string out = "{";
  for (const Field& field : kFields) {
    if (out.size() > 1) out += ',';
    out.append("\"").append(field.name).append("\":");
    if (field.is_text) out += '"';
    field.append(out, alert);
    if (field.is_text) out += '"';
  }
  return out + "}";
}

Alert sample_alert() {
  Alert alert;
  alert.id = alert_id("sample");
  alert.rule = "test";
  alert.venue = "binance_spot";
  alert.symbol = "TESTUSDT";
  alert.interval = "1m";
  alert.ts_ms = 1'700'000'060'000;
  alert.ts_open_ms = 1'700'000'000'000;
  alert.is_closed = true;
  alert.state = "LIVE";
  alert.reason = "none";
  alert.average = 0.25;
  alert.level = 0.1;
  alert.direction = 1;
  alert.close = "43250.07";
  alert.detail = "a test: nothing has happened";
  return alert;
}

std::string alert_id(std::string_view identity) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(identity.data()), identity.size(), digest);
  std::string id;
  for (int i = 0; i < 16; ++i) id += fmt::format("{:02x}", digest[i]);
  return id;
}

}  // namespace lockstep::engine::alerts
