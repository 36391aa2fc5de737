// The query of /v1/bars and /v1/history.
#pragma once

#include <variant>
#include <vector>

#include "engine/api/limits.hpp"
#include "engine/api/series_filter.hpp"
#include "engine/history_page.hpp"

namespace lockstep::engine {

/// `series` is left to the caller. Errors: unknown parameters, values that are not understood.
std::variant<HistoryQuery, ApiError> parse_history_query(const std::vector<Parameter>& query,
                                                         bool wants_outputs, const ApiLimits& limits);

/// A whole number without sign; nothing when it is something else.
std::optional<std::uint64_t> parse_whole(std::string_view text);

}  // namespace lockstep::engine
