#include "engine/api/history_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lockstep::engine {
namespace {

ApiError bad(std::string message) {
  return {400, "bad_parameter", std::move(message)};
}

std::optional<ApiError> take(const Parameter& parameter, bool wants_outputs, std::size_t rows_max,
                             HistoryQuery& query) {
  const std::string& value = parameter.values.front();
  const auto number = parameter.values.size() == 1 ? parse_whole(value) : std::nullopt;
  if (parameter.name == "limit") {
    if (!number || *number < 1 || *number > rows_max)
      return bad(fmt::format("limit must be a whole number from 1 to {}", rows_max));
    query.limit = static_cast<std::size_t>(*number);
  } else if (parameter.name == "before_ms") {
    if (!number || *number > INT64_MAX)
      return bad("before_ms must be UTC milliseconds: bars that open before it are given");
    query.before_ms = static_cast<std::int64_t>(*number);
  } else if (wants_outputs && parameter.name == "averages") {
    if (value != "0" && value != "1") return bad("averages must be 0 or 1");
    query.wants_averages = value == "1";
  } else if (wants_outputs && parameter.name == "members") {
    const auto found = std::find(kFamilyNames.begin(), kFamilyNames.end(), value);
    if (found == kFamilyNames.end())
      return bad(
          fmt::format("members={} is no family; they are ema, hma, wma, dema, lsma, kama", shown(value)));
    query.family = static_cast<Family>(found - kFamilyNames.begin());
  } else {
    return ApiError{400, "unknown_parameter",
                    fmt::format("there is no parameter {}; known are limit, before_ms{}",
                                shown(parameter.name), wants_outputs ? ", averages, members" : "")};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t out = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return out;
}

std::variant<HistoryQuery, ApiError> parse_history_query(const std::vector<Parameter>& query,
                                                         bool wants_outputs, const ApiLimits& limits) {
  HistoryQuery out;
  out.limit = std::min(out.limit, limits.history_rows_max);
  out.wants_outputs = wants_outputs;
  for (const Parameter& parameter : query) {
    if (auto error = take(parameter, wants_outputs, limits.history_rows_max, out)) return std::move(*error);
  }
  return out;
}

}  // namespace lockstep::engine
