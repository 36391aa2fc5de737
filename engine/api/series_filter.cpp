#include "engine/api/series_filter.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::engine {
namespace {

bool is_any_or_has(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

ApiError unknown_name(const char* what, const std::string& name, const std::string& known) {
  return {404, "not_found",
          fmt::format("no series has the {} {}. Nearest known: {}", what, shown(name), known)};
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytesMax = 64;
  std::string out = "'";
  for (const char c : text.substr(0, kShownBytesMax)) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  out += text.size() > kShownBytesMax ? "...'" : "'";
  return out;
}

bool SeriesFilter::take(const Parameter& parameter) {
  const auto& values = parameter.values;
  if (parameter.name == "venue") {
    venues.insert(venues.end(), values.begin(), values.end());
  } else if (parameter.name == "symbol") {
    symbols.insert(symbols.end(), values.begin(), values.end());
  } else if (parameter.name == "interval") {
    std::transform(values.begin(), values.end(), std::back_inserter(intervals), canonical_interval);
  } else {
    return false;
  }
  return true;
}

std::optional<ApiError> SeriesFilter::check(const SeriesIndex& index, std::size_t names_max) const {
  const std::size_t names = std::max({venues.size(), symbols.size(), intervals.size()});
  if (names > names_max) {
    return ApiError{400, "too_many_names",
                    fmt::format("{} names in one list; at most {} are taken", names, names_max)};
  }
  for (const std::string& venue : venues) {
    if (!index.has_venue(venue)) return unknown_name("venue", venue, index.nearby_venues(venue));
  }
  for (const std::string& symbol : symbols) {
    if (!index.has_symbol(symbol)) return unknown_name("symbol", symbol, index.nearby_symbols(symbol));
  }
  for (const std::string& interval : intervals) {
    if (!index.has_interval(interval))
      return unknown_name("interval", interval, index.nearby_intervals(interval));
  }
  return std::nullopt;
}

bool SeriesFilter::matches(const core::Series& series) const {
  return is_any_or_has(venues, series.venue) && is_any_or_has(symbols, series.symbol) &&
         is_any_or_has(intervals, series.interval.text());
}

}  // namespace lockstep::engine
