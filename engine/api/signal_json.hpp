// The one JSON form of a signal. Fields: docs/api.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/api/series_index.hpp"
#include "engine/signal.hpp"

namespace lockstep::engine {

/// Monotonic time in the unit of Signal::ts_published_ns (std::chrono::steady_clock).
std::int64_t monotonic_ns();
/// UTC milliseconds, for display.
std::int64_t wall_ms();

/// "none", "caution" or "warning".
const char* growth_warning(double growth);

/// "age_ms": milliseconds since the publication.
void append_age(std::string& out, std::int64_t ts_published_ns, std::int64_t now_ns);
/// The same; null for a series that was never published.
void append_age(std::string& out, const Signal& signal, std::int64_t now_ns);

/// Everything of a signal object after its first field, age_ms, up to and including the closing brace. It
/// does not depend on who reads it and when, so all clients of the stream share one text.
void append_signal_rest(std::string& out, const Signal& signal, const SeriesIndex& index,
                        std::string_view epoch);

/// The whole object.
void append_signal(std::string& out, const Signal& signal, const SeriesIndex& index, std::string_view epoch,
                   std::int64_t now_ns);

/// [{"family":...,"length":...,"average":...,"signal":...,"equity":...}, ...], 54 members in the order of the
/// sums.
void append_members(std::string& out, const Detail& detail);

}  // namespace lockstep::engine
