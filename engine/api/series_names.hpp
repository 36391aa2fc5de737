// Lists of series in JSON: answers of the API, and symbols.json.
#pragma once

#include <string_view>

#include "engine/api/json_writer.hpp"
#include "engine/series_changes.hpp"

namespace lockstep::engine {

/// "key": [{"venue", "symbol", "interval"}, ...] of any range of SeriesName.
void write_names(JsonWriter& json, std::string_view key, const auto& names) {
  json.key(key).begin_array();
  for (const SeriesName& name : names)
    json.begin_object()
        .field("venue", name.venue)
        .field("symbol", name.symbol)
        .field("interval", name.interval)
        .end_object();
  json.end_array();
}

}  // namespace lockstep::engine
