// What is checked before a request is looked at any further.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <optional>

#include "engine/api/access.hpp"
#include "engine/api/limits.hpp"
#include "engine/api/series_filter.hpp"
#include "engine/api/stream_session.hpp"

namespace lockstep::engine {

using RequestHeader = boost::beast::http::request_header<boost::beast::http::fields>;

/// Length of the target, Host, token, method. /healthz and the page need no token: they say nothing. What
/// controls is asked by POST, needs a configured token, and JSON as its type, which no form of a page can
/// send.
std::optional<ApiError> check_request(const RequestHeader& header, const Access& access,
                                      const ApiLimits& limits);
/// Sec-WebSocket-Protocol offers kStreamProtocol. Pages cannot set other headers of an upgrade, so they send
/// their token beside it: "lockstep.v1, lockstep.token.TOKEN".
bool offers_stream_protocol(const RequestHeader& header);
/// Origin of a websocket upgrade.
std::optional<ApiError> check_origin(const RequestHeader& header, const Access& access);
/// The query of /v1/stream.
std::variant<StreamOptions, ApiError> parse_stream_options(const std::vector<Parameter>& query,
                                                           const SeriesIndex& index, const ApiLimits& limits);

}  // namespace lockstep::engine
