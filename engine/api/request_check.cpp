#include "engine/api/request_check.hpp"

#include <fmt/format.h>

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

}  // namespace

std::optional<ApiError> check_request(const RequestHeader& header, const Access& access,
                                      const ApiLimits& limits) {
  const std::string_view target = view(header.target());
  if (target.size() > limits.uri_bytes_max) {
    return ApiError{414, "uri_too_long",
                    fmt::format("the target is longer than {} bytes", limits.uri_bytes_max)};
  }
  const bool has_token =
      access.needs_token() && access.is_token_right(view(header[http::field::authorization]));
  if (auto error = check_host(header, access, has_token)) return error;
  const bool is_open = target.substr(0, target.find('?')) == "/healthz";
  if (access.needs_token() && !has_token && !is_open) {
    return ApiError{401, "token_needed", "send the token of [api] token as `Authorization: Bearer <token>`"};
  }
  if (header.method() != http::verb::get && header.method() != http::verb::head) {
    return ApiError{405, "method_not_allowed", "only GET and HEAD: nothing can be changed here"};
  }
  return std::nullopt;
}

std::optional<ApiError> check_origin(const RequestHeader& header, const Access& access) {
  const auto origins = header.equal_range(http::field::origin);
  for (auto each = origins.first; each != origins.second; ++each) {
    if (access.is_origin_allowed(view(each->value()), view(header[http::field::host]))) continue;
    return ApiError{403, "origin_not_allowed",
                    fmt::format("a page from {} may not open this stream; only loopback and this host may",
                                shown(view(each->value())))};
  }
  return std::nullopt;
}

std::variant<StreamOptions, ApiError> parse_stream_options(const std::vector<Parameter>& query,
                                                           const SeriesIndex& index,
                                                           const ApiLimits& limits) {
  StreamOptions options;
  for (const Parameter& parameter : query) {
    if (options.filter.take(parameter)) continue;
    const std::string& value = parameter.values.front();
    if (parameter.name == "closed_only" && (value == "0" || value == "1")) {
      options.is_closed_only = value == "1";
    } else if (parameter.name == "subscribe" && (value == "all" || value == "none")) {
      options.starts_empty = value == "none";
    } else {
      return ApiError{
          400, "bad_parameter",
          fmt::format("{}={} is not understood; known are venue, symbol, interval, closed_only=0|1, "
                      "subscribe=all|none",
                      shown(parameter.name), shown(value))};
    }
  }
  if (auto error = options.filter.check(index, limits.names_max)) return std::move(*error);
  return options;
}

}  // namespace lockstep::engine
