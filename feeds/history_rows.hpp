// What histories of venues have in common: rows of cells, times.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/core/interval.hpp"
#include "feeds/bar_reader.hpp"
#include "feeds/json_fields.hpp"

namespace lockstep::feeds::json {

/// What a cell of a history row is.
enum class Cell : std::uint8_t { open_ms, open_s, open, high, low, close, volume, close_ms, skipped };

/// A history row that is an array of `cells`; what follows them is passed over. Times are numbers or digits
/// in a string. Where no cell is the close time it is the last ms of the interval. `what` names the list.
ParseResult read_history_row(Value& value, const char* what, std::span<const Cell> cells,
                             const core::Interval& interval, HistoryRow& row);

/// Open and close time of a row whose open time is given in seconds. False outside 2009 to 2100.
bool set_open_s(std::int64_t open_s, const core::Interval& interval, HistoryRow& row);

/// A venue's answer about its time: empty, or an error for people where it is none (server_time_ms
/// untouched).
std::string take_server_time(std::int64_t time_ms, std::int64_t& server_time_ms);

}  // namespace lockstep::feeds::json
