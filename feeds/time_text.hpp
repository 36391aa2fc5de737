// Times as texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "feeds/json_fields.hpp"

namespace lockstep::feeds {

/// "2026-08-09T21:05:48.228846629Z" to ms since the epoch, UTC; what is below a millisecond is cut off. Zero
/// to nine digits of fraction, a Z at the end. False, and ts_ms untouched, for anything else, or a day that
/// the calendar does not have.
bool read_rfc3339(std::string_view text, std::int64_t& ts_ms);

/// read_rfc3339() of a JSON string.
inline bool read_time(json::Value& value, std::int64_t& ts_ms) {
  std::string_view text;
  return json::read_string(value, text) && read_rfc3339(text, ts_ms);
}

/// "2026-08-09T21:05:48Z" of a time of 1970 or later; what is below a second is cut off.
std::string rfc3339_text(std::int64_t ts_ms);

}  // namespace lockstep::feeds
