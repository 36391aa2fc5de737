// What a stream client may say: {"subscribe":{...}} and {"unsubscribe":{...}}.
#pragma once

#include <string_view>
#include <variant>

#include "engine/api/series_filter.hpp"
#include "engine/signal.hpp"

namespace lockstep::engine {

/// Kinds of publications that a client wants of a series, as a set.
using KindSet = std::uint8_t;
constexpr KindSet kind_bit(Signal::Kind kind) {
  return static_cast<KindSet>(1u << static_cast<unsigned>(kind));
}
inline constexpr KindSet kAllKinds = 7;

struct ClientCommand {
  bool is_subscribe = true;
  KindSet kinds = 0;    ///< 0: not said
  SeriesFilter filter;  ///< not yet checked against the index
};

/// {"subscribe":{"venue":"...","symbols":["..."],"intervals":["..."],"kinds":["..."]}}: every key may be
/// absent (any), but no others may be there. At most 16 levels deep. The error says what is wrong and what
/// would be right.
std::variant<ClientCommand, ApiError> parse_client_command(std::string_view text);

}  // namespace lockstep::engine
