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

/// Length of the target, Host, token, method. /healthz needs no token: it says nothing.
std::optional<ApiError> check_request(const RequestHeader& header, const Access& access,
                                      const ApiLimits& limits);
/// Origin of a websocket upgrade.
std::optional<ApiError> check_origin(const RequestHeader& header, const Access& access);
/// The query of /v1/stream.
std::variant<StreamOptions, ApiError> parse_stream_options(const std::vector<Parameter>& query,
                                                           const SeriesIndex& index, const ApiLimits& limits);

}  // namespace lockstep::engine
