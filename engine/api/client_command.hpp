// What a stream client may say: {"subscribe":{...}} and {"unsubscribe":{...}}.
#pragma once

#include <string_view>
#include <variant>

#include "engine/api/series_filter.hpp"

namespace lockstep::engine {

struct ClientCommand {
  bool is_subscribe = true;
  SeriesFilter filter;  ///< not yet checked against the index
};

/// {"subscribe":{"venue":"...","symbols":["..."],"intervals":["..."]}}: every key may be absent (any), but no
/// others may be there. At most 16 levels deep. The error says what is wrong and what would be right.
std::variant<ClientCommand, ApiError> parse_client_command(std::string_view text);

}  // namespace lockstep::engine
