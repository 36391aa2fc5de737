#include "feeds/net/http_exchange.hpp"

#include <fmt/format.h>

#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/read.hpp>
#include <charconv>

#include "feeds/net/clock.hpp"
#include "feeds/net/escape.hpp"

namespace lockstep::feeds::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kHeaderBytesMax = 16 * 1024;

std::optional<int> header_number(const http::response<http::string_body>& response, const char* name) {
  const auto text = response[name];
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

/// Why an answer is of no use; empty when it is.
std::string refusal(const http::response<http::string_body>& response) {
  const auto type = response[http::field::content_type];
  const auto encoding = response[http::field::content_encoding];
  const std::string start = escape(response.body());
  if (response.result() != http::status::ok)
    return fmt::format("HTTP {}: '{}'", response.result_int(), start);
  if (!encoding.empty() && !boost::beast::iequals(encoding, "identity")) {
    return fmt::format("an encoding that was not asked for: {}", escape({encoding.data(), encoding.size()}));
  }
  if (!type.empty() && std::string_view(type.data(), type.size()).find("json") == std::string_view::npos) {
    return fmt::format("content type '{}' instead of JSON: '{}'", escape({type.data(), type.size()}), start);
  }
  return "";
}

}  // namespace

HttpExchange::HttpExchange(asio::io_context& io, const HttpSettings& settings, const std::string& target)
    : io_(io), settings_(settings), timer_(io) {
  request_ = fmt::format(
      "GET {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: lockstep\r\nAccept: application/json\r\n"
      "Accept-Encoding: identity\r\n\r\n",
      settings_.url.path, target, settings_.url.authority());
}

void HttpExchange::start(std::shared_ptr<Transport> transport) {
  timer_.expires_after(settings_.total);
  timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || !self->done_) return;
    HttpAnswer answer;
    answer.result.error = fmt::format("{}: no answer within {} ms", escape(self->settings_.url.authority()),
                                      self->settings_.total.count());
    if (self->wire_) self->wire_->transport->close();
    self->finish(std::move(answer));
  });
  if (transport) {
    write(std::move(transport), true);
  } else {
    dial();
  }
}

void HttpExchange::dial() {
  dialer_ = std::make_shared<Dialer>(io_, settings_.url, settings_.tls, settings_.dial,
                                     [self = shared_from_this()](auto transport, const std::string& error) {
                                       self->dialer_.reset();
                                       if (error.empty()) return self->write(std::move(transport), false);
                                       HttpAnswer answer;
                                       answer.result.error = error;
                                       self->finish(std::move(answer));
                                     });
  dialer_->start();
}

void HttpExchange::write(std::shared_ptr<Transport> transport, bool is_reused) {
  auto wire = std::make_shared<Wire>();
  wire->transport = std::move(transport);
  wire->is_reused = is_reused;
  wire->parser.body_limit(settings_.body_bytes_max);
  wire->parser.header_limit(kHeaderBytesMax);
  wire_ = wire;
  sent_ns_ = monotonic_ns();
  asio::async_write(*wire->transport, asio::buffer(request_),
                    [self = shared_from_this(), wire](error_code error, std::size_t) {
                      if (!self->done_) return;
                      if (error) return self->failed(wire, error.message());
                      self->read(wire);
                    });
}

void HttpExchange::read(const std::shared_ptr<Wire>& wire) {
  http::async_read(*wire->transport, wire->buffer, wire->parser,
                   [self = shared_from_this(), wire](error_code error, std::size_t) {
                     if (!self->done_) return;
                     if (error) return self->failed(wire, error.message());
                     self->answered(wire);
                   });
}

void HttpExchange::failed(const std::shared_ptr<Wire>& wire, const std::string& why) {
  wire->transport->close();
  if (wire->is_reused && !wire->parser.got_some()) return dial();
  HttpAnswer answer;
  answer.result.error = fmt::format("{}: {}", escape(settings_.url.authority()), why);
  finish(std::move(answer));
}

void HttpExchange::answered(const std::shared_ptr<Wire>& wire) {
  auto& response = wire->parser.get();
  HttpAnswer answer;
  answer.used_weight = header_number(response, "X-MBX-USED-WEIGHT-1M");
  if (const auto seconds = header_number(response, "Retry-After"))
    answer.retry_after = std::chrono::seconds(*seconds);
  answer.result.status = response.result_int();
  answer.result.sent_ns = sent_ns_;
  answer.result.error = refusal(response);
  // Bytes beyond the answer belong to nothing we asked for: such a connection is not trusted again.
  if (response.keep_alive() && wire->buffer.size() == 0) answer.transport = wire->transport;
  answer.result.body = std::move(response.body());
  finish(std::move(answer));
}

void HttpExchange::finish(HttpAnswer answer) {
  if (!done_) return;
  const Done done = std::exchange(done_, nullptr);
  timer_.cancel();
  if (dialer_) std::exchange(dialer_, nullptr)->cancel();
  wire_.reset();
  done(std::move(answer));
}

void HttpExchange::cancel() {
  done_ = nullptr;
  timer_.cancel();
  if (dialer_) std::exchange(dialer_, nullptr)->cancel();
  if (wire_) wire_->transport->close();
}

}  // namespace lockstep::feeds::net
