#include "engine/api/request_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/api/history_request.hpp"
#include "engine/core/defence.hpp"

namespace lockstep::engine {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::optional<ApiError> check_host(const RequestHeader& header, const Access& access, bool has_token) {
  const auto hosts = header.equal_range(http::field::host);
  if (hosts.first == hosts.second || std::next(hosts.first) != hosts.second) {
    return ApiError{400, "bad_host", "a request needs one Host header"};
  }
  const std::string_view host = view(hosts.first->value());
  // A page that rebinds its name to this address cannot know the token, so with it any name is good.
  if (has_token || access.is_host_allowed(host)) return std::nullopt;
  return ApiError{
      403, "host_not_allowed",
      fmt::format("Host {} is not this server; use localhost, a loopback address or the bind address",
                  shown(host))};
}

/// The first entry of Sec-WebSocket-Protocol that begins so; empty: none.
std::string_view protocol_with(const RequestHeader& header, std::string_view begin) {
  std::string_view list = view(header[http::field::sec_websocket_protocol]);
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view entry = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!entry.empty() && entry.front() == ' ') entry.remove_prefix(1);
    while (!entry.empty() && entry.back() == ' ') entry.remove_suffix(1);
    if (entry.starts_with(begin)) return entry;
  }
  return {};
}

bool has_protocol_token(const RequestHeader& header, const Access& access) {
  constexpr std::string_view kBegin = "lockstep.token.";
  const std::string_view entry = protocol_with(header, kBegin);
  return !entry.empty() && access.is_token_right("Bearer " + std::string(entry.substr(kBegin.size())));
}

/// The token has been checked already where there is one.
std::optional<ApiError> check_control(const RequestHeader& header, const Access& access) {
  if (header.method() != http::verb::post && LOCKSTEP_DEFENCE(post_to_change))
    return ApiError{405, "method_not_allowed", "only POST: this changes something"};
  if (!access.needs_token())
    return ApiError{403, "control_needs_token", "set [api] token: without one nothing can be changed here"};
  if (auto error = check_origin(header, access)) return error;
  std::string_view type = view(header[http::field::content_type]);
  type = type.substr(0, type.find(';'));
  if (type != "application/json") return ApiError{415, "json_needed", "send Content-Type: application/json"};
  return std::nullopt;
}

}  // namespace

std::optional<ApiError> check_request(const RequestHeader& header, const Access& access,
                                      const ApiLimits& limits) {
  const std::string_view target = view(header.target());
  if (target.size() > limits.uri_bytes_max) {
    return ApiError{414, "uri_too_long",
                    fmt::format("the target is longer than {} bytes", limits.uri_bytes_max)};
  }
  const bool has_token =
      access.needs_token() &&
      (access.is_token_right(view(header[http::field::authorization])) || has_protocol_token(header, access));
  if (auto error = check_host(header, access, has_token)) return error;
  const std::string_view path = target.substr(0, target.find('?'));
  const bool is_open = path == "/healthz" || path == "/" || path.starts_with("/assets/");
  if (access.needs_token() && !has_token && !is_open) {
    return ApiError{401, "token_needed", "send the token of [api] token as `Authorization: Bearer <token>`"};
  }
  const bool is_control = path == "/v1/snapshot" || path == "/v1/audit" || path == "/v1/symbols/add" ||
                          path == "/v1/symbols/remove";
  if (is_control) return check_control(header, access);
  if (header.method() != http::verb::get && header.method() != http::verb::head) {
    return ApiError{405, "method_not_allowed", "only GET and HEAD: nothing can be changed here"};
  }
  return std::nullopt;
}

bool offers_stream_protocol(const RequestHeader& header) {
  return !protocol_with(header, kStreamProtocol).empty();
}

std::optional<ApiError> check_origin(const RequestHeader& header, const Access& access) {
  const auto origins = header.equal_range(http::field::origin);
  for (auto each = origins.first; each != origins.second; ++each) {
    if (access.is_origin_allowed(view(each->value()), view(header[http::field::host]))) continue;
    return ApiError{403, "origin_not_allowed",
                    fmt::format("a page from {} may not do this; loopback, this host and [api] origins may",
                                shown(view(each->value())))};
  }
  return std::nullopt;
}

namespace {

bool take_resume(const std::string& text, StreamOptions& options) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos) return false;
  const auto position = parse_whole(std::string_view(text).substr(colon + 1));
  if (!position) return false;
  options.resume_epoch = text.substr(0, colon);
  options.resume_position = *position;
  return true;
}

}  // namespace

std::variant<StreamOptions, ApiError> parse_stream_options(const std::vector<Parameter>& query,
                                                           const SeriesIndex& index,
                                                           const ApiLimits& limits) {
  StreamOptions options;
  for (const Parameter& parameter : query) {
    if (options.filter.take(parameter)) continue;
    const std::string& value = parameter.values.front();
    if (parameter.name == "closed_only" && (value == "0" || value == "1")) {
      options.is_closed_only = value == "1";
    } else if (parameter.name == "resume" && take_resume(value, options)) {
      continue;
    } else if (parameter.name == "subscribe" && (value == "all" || value == "none")) {
      options.starts_empty = value == "none";
    } else {
      return ApiError{
          400, "bad_parameter",
          fmt::format("{}={} is not understood; known are venue, symbol, interval, closed_only=0|1, "
                      "subscribe=all|none, resume=EPOCH:POSITION",
                      shown(parameter.name), shown(value))};
    }
  }
  if (auto error = options.filter.check(index, limits.names_max)) return std::move(*error);
  return options;
}

}  // namespace lockstep::engine
