// Which series a client wants: the filters of /v1/signals and /v1/stream and of subscriptions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/api/series_index.hpp"
#include "engine/api/target.hpp"

namespace lockstep::engine {

/// What is wrong with a request, in the API's terms.
struct ApiError {
  unsigned status = 400;
  const char* code = "bad_request";  ///< for programs
  std::string message;               ///< for people
};

/// Conditions on names; an empty list means any.
struct SeriesFilter {
  std::vector<std::string> venues;
  std::vector<std::string> symbols;
  std::vector<std::string> intervals;  ///< as the catalog writes them

  /// Adds to a list if `parameter` is venue, symbol or interval; false when it is another one.
  bool take(const Parameter& parameter);
  /// Nothing when every name is known. A typing mistake must not look like a quiet market, so unknown names
  /// are errors.
  std::optional<ApiError> check(const SeriesIndex& index, std::size_t names_max) const;
  bool matches(const core::Series& series) const;
  friend bool operator==(const SeriesFilter&, const SeriesFilter&) = default;
};

/// A name for a message: quoted, without control characters, not longer than 64 bytes.
std::string shown(std::string_view text);

}  // namespace lockstep::engine
