// Rows of a venue's 24-hour volumes.
#pragma once

#include <string_view>

#include "feeds/json_fields.hpp"
#include "feeds/rest_source.hpp"

namespace lockstep::feeds::json {

/// The keys of a row. With a price the amount is of the base currency, and the product is what counts.
struct VolumeKeys {
  std::string_view symbol, amount, price;
};

/// Visits a row that is an object. What is no number counts as no volume: it only ranks symbols.
ParseResult read_volume_row(Value& value, const VolumeKeys& keys, const RestSource::VisitVolume& visit);

/// The number that a text is; 0 where it is none, not finite or negative.
double volume_of(std::string_view text);

}  // namespace lockstep::feeds::json
