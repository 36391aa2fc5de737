#include "engine/api/http_session.hpp"

#include <fmt/format.h>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <utility>

#include "engine/api/request_check.hpp"

namespace lockstep::engine {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kLingerBytesMax = 1 << 20;

bool is_path(const Target& target, std::initializer_list<std::string_view> parts) {
  return std::equal(target.parts.begin(), target.parts.end(), parts.begin(), parts.end());
}

std::optional<ApiError> read_detail_parameter(const Target& target, bool& wants_detail) {
  for (const Parameter& parameter : target.query) {
    const std::string& value = parameter.values.front();
    if (parameter.name != "detail" || (value != "0" && value != "1")) {
      return ApiError{
          400, "bad_parameter",
          fmt::format("{}={} is not understood; known is detail=0|1", shown(parameter.name), shown(value))};
    }
    wants_detail = value == "1";
  }
  return std::nullopt;
}

bool is_control(boost::beast::string_view target) {
  return target == "/v1/snapshot" || target == "/v1/audit" || target == "/v1/symbols/add" ||
         target == "/v1/symbols/remove";
}

std::optional<ApiError> no_parameters(const Target& target) {
  if (target.query.empty()) return std::nullopt;
  return ApiError{
      400, "unknown_parameter",
      fmt::format("this address takes no parameters, but has {}", shown(target.query.front().name))};
}

}  // namespace

HttpSession::HttpSession(std::shared_ptr<ServerState> state, asio::ip::tcp::socket socket)
    : state_(std::move(state)),
      stream_(std::move(socket)),
      registration_(state_->connections, this),
      buffer_(2 * state_->limits.header_bytes_max) {
  boost::system::error_code error;
  const auto endpoint = stream_.socket().remote_endpoint(error);
  if (!error) peer_ = endpoint.address();
}

void HttpSession::stop() {
  if (is_between_requests_) cut();
}

void HttpSession::cut() {
  ErrorCode ignored;
  stream_.socket().close(ignored);
}

/// The wait for a first byte may be long; from then on the header deadline counts.
void HttpSession::await_request() {
  is_between_requests_ = true;
  if (buffer_.size() != 0) return read_header();
  stream_.expires_after(state_->limits.idle);
  stream_.async_read_some(buffer_.prepare(1'024),
                          [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
                            if (error) return self->cut();
                            self->buffer_.commit(bytes);
                            self->read_header();
                          });
}

void HttpSession::read_header() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(state_->limits.header_bytes_max));
  parser_->body_limit(state_->limits.body_bytes_max);
  stream_.expires_after(state_->limits.headers);  // absolute: not renewed by each byte
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_header(error); });
}

void HttpSession::on_header(ErrorCode error) {
  if (error) return refuse_unreadable(error);
  is_between_requests_ = false;
  ++state_->counters.requests;
  if (is_preflight()) return reply_preflight();
  if (const auto refusal = check_request(request(), state_->access, state_->limits)) {
    const unsigned status = refusal->status;
    if (status == 401 || status == 403) ++state_->counters.refused_requests;
    must_close_ = !parser_->is_done();
    return refuse(*refusal);
  }
  if (parser_->is_done()) return handle();
  read_body();
}

void HttpSession::read_body() {
  stream_.expires_after(state_->limits.body);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_body(error); });
}

void HttpSession::on_body(ErrorCode error) {
  if (error) return refuse_unreadable(error);
  handle();
}

void HttpSession::refuse_unreadable(ErrorCode error) {
  must_close_ = true;
  const ApiLimits& limits = state_->limits;
  if (error == http::error::header_limit && request().target().empty()) {
    return refuse(
        {414, "uri_too_long", fmt::format("the target is longer than {} bytes", limits.uri_bytes_max)});
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return refuse({431, "headers_too_large",
                   fmt::format("the headers are longer than {} bytes", limits.header_bytes_max)});
  }
  if (error == http::error::body_limit) {
    return refuse(
        {413, "body_too_large", fmt::format("the body is longer than {} bytes", limits.body_bytes_max)});
  }
  const bool is_http_error = error.category() == http::make_error_code(http::error::bad_method).category();
  if (is_http_error && error != http::error::end_of_stream && error != http::error::partial_message) {
    return refuse({400, "bad_request", "not an HTTP/1.1 request: " + error.message()});
  }
  cut();
}

void HttpSession::handle() {
  const auto text = request().target();
  const auto target = Target::parse({text.data(), text.size()});
  if (!target)
    return refuse({400, "bad_target", "the target must start with / and be percent-encoded UTF-8"});
  handle(*target);
}

void HttpSession::handle(const Target& target) {
  if (is_path(target, {"v1", "stream"})) return upgrade(target);
  if (is_path(target, {"metrics"})) return reply(metrics_answer(*state_));
  if (is_path(target, {"v1", "signals"})) return reply(signals_answer(*state_, target.query));
  if (target.parts.size() == 5 && target.parts[0] == "v1" && target.parts[1] == "signals")
    return handle_series(target);
  if (handle_read(target) || handle_page(target)) return;
  const bool is_status = is_path(target, {"v1", "status"});
  const bool is_ready = is_path(target, {"readyz"});
  if (!is_status && !is_ready && !is_path(target, {"healthz"})) {
    return refuse({404, "not_found",
                   "there are /v1/status, /v1/symbols, /v1/signals, /v1/digests, /v1/config, "
                   "/v1/{signals|bars|history}/{venue}/{symbol}/{interval}, /v1/stream (websocket), "
                   "/v1/snapshot, /v1/audit, /v1/symbols/add and /v1/symbols/remove (POST), /healthz, "
                   "/readyz and /metrics"});
  }
  if (const auto error = no_parameters(target)) return refuse(*error);
  reply(is_status ? status_answer(*state_) : is_ready ? readyz_answer(*state_) : healthz_answer());
}

std::optional<core::SeriesId> HttpSession::find_series(const Target& target) {
  const std::string& venue = target.parts[2];
  const std::string& symbol = target.parts[3];
  const std::string& interval = target.parts[4];
  const auto series = state_->index.find(venue, symbol, interval);
  if (!series) {
    refuse({404, "not_found",
            fmt::format("no series {} {} {}. Nearest known: {}", shown(venue), shown(symbol), shown(interval),
                        state_->index.nearby_series(venue, symbol, interval))});
  }
  return series;
}

void HttpSession::handle_series(const Target& target) {
  const auto series = find_series(target);
  if (!series) return;
  bool wants_detail = false;
  if (const auto error = read_detail_parameter(target, wants_detail)) return refuse(*error);
  if (wants_detail) return ask_detail(*series);
  reply(signal_answer(*state_, *series));
}

void HttpSession::ask_detail(core::SeriesId series) {
  stream_.expires_never();
  state_->details.ask(series, [self = shared_from_this(), series](const DetailAnswer* answer) {
    self->reply(detail_answer(*self->state_, series, answer));
  });
}

void HttpSession::upgrade(const Target& target) {
  if (const auto error = check_origin(request(), state_->access)) {
    ++state_->counters.refused_requests;
    return refuse(*error);
  }
  auto options = parse_stream_options(target.query, state_->index, state_->limits);
  if (const auto* error = std::get_if<ApiError>(&options)) return refuse(*error);
  std::get<StreamOptions>(options).offers_protocol = offers_stream_protocol(request());
  if (!beast::websocket::is_upgrade(request()) || buffer_.size() != 0) {
    return refuse({426, "upgrade_needed", "this address is a websocket: connect with ws://"});
  }
  if (state_->is_stopping) return cut();
  std::make_shared<StreamSession>(state_, std::move(stream_), std::move(std::get<StreamOptions>(options)))
      ->start(request());
}

void HttpSession::refuse(const ApiError& error) {
  reply(error_answer(error));
}

void HttpSession::reply(Answer answer) {
  const bool has_request = parser_ && parser_->is_header_done();
  const unsigned version = has_request ? request().version() : 11;
  const bool keeps_alive = has_request && !must_close_ && !state_->is_stopping && request().keep_alive();
  http::response<http::string_body> response(static_cast<http::status>(answer.status), version);
  response.set(http::field::content_type, std::string(answer.content_type));
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  add_origin(response);
  if (answer.status == 401) response.set(http::field::www_authenticate, "Bearer");
  if (answer.status == 405)
    response.set(http::field::allow, is_control(request().target()) ? "POST" : "GET, HEAD");
  if (answer.status == 426) response.set(http::field::upgrade, "websocket");
  response.keep_alive(keeps_alive);
  response.content_length(answer.body.size());
  if (has_request && is_head()) return write(http::response<http::empty_body>(std::move(response.base())));
  response.body() = std::move(answer.body);
  write(std::move(response));
}

template <class Body>
void HttpSession::write(http::response<Body> response) {
  stream_.expires_after(state_->limits.write);
  auto kept = std::make_shared<http::response<Body>>(std::move(response));
  http::async_write(stream_, *kept, [self = shared_from_this(), kept](ErrorCode error, std::size_t) {
    self->on_written(error, kept->keep_alive());
  });
}

// For http_page.cpp.
template void HttpSession::write(http::response<http::string_body> response);
template void HttpSession::write(http::response<http::empty_body> response);

void HttpSession::on_written(ErrorCode error, bool keeps_alive) {
  if (error) return cut();
  if (keeps_alive && !state_->is_stopping) return await_request();
  // Closing with unread bytes would reset the connection, and the client might lose the answer.
  ErrorCode ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(state_->limits.closing);
  linger();
}

void HttpSession::linger() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(8'192),
                          [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
                            self->lingered_bytes_ += bytes;
                            if (error || self->lingered_bytes_ > kLingerBytesMax) return self->cut();
                            self->linger();
                          });
}

}  // namespace lockstep::engine
