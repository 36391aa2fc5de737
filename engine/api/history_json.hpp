// The JSON form of bars and history pages. Fields: docs/api.md.
#pragma once

#include <string>
#include <string_view>

#include "engine/history_page.hpp"

namespace lockstep::engine {

/// The whole answer: head (the series' names as fields, without braces), then columns and rows.
std::string history_text(const HistoryQuery& query, const HistoryPage& page, std::string_view head);

}  // namespace lockstep::engine
