#include "tools/api_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <optional>

namespace lockstep::tools {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr std::chrono::seconds kLimit{15};
constexpr std::uint64_t kBodyBytesMax = 64 << 20;

/// One exchange on a loop of its own, all of it within kLimit.
class Exchange {
 public:
  Exchange(asio::ip::tcp::endpoint endpoint, http::request<http::string_body> request)
      : endpoint_(std::move(endpoint)), request_(std::move(request)) {
    response_.body_limit(kBodyBytesMax);
  }

  ApiClient::Answer run() {
    stream_.expires_after(kLimit);
    stream_.async_connect(endpoint_, [this](error_code error) {
      if (!is_over("connect", error)) write();
    });
    io_.run();
    return std::move(answer_);
  }

 private:
  void write() {
    http::async_write(stream_, request_, [this](error_code error, std::size_t) {
      if (!is_over("write", error)) read();
    });
  }
  void read() {
    http::async_read(stream_, buffer_, response_, [this](error_code error, std::size_t) {
      if (is_over("read", error)) return;
      answer_.status = response_.get().result_int();
      answer_.body = std::move(response_.get().body());
    });
  }
  bool is_over(const char* what, error_code error) {
    if (error) answer_.error = std::string(what) + ": " + error.message();
    return static_cast<bool>(error);
  }

  asio::io_context io_;
  beast::tcp_stream stream_{io_};
  asio::ip::tcp::endpoint endpoint_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> response_;
  beast::flat_buffer buffer_;
  ApiClient::Answer answer_;
};

}  // namespace

ApiClient::ApiClient(const engine::ApiConfig& config)
    : host_(config.bind), port_(std::to_string(config.port)), token_(config.token) {
  // Bound to every address, it is found at the nearest.
  if (host_ == "localhost" || host_ == "0.0.0.0") host_ = "127.0.0.1";
  if (host_ == "::") host_ = "::1";
}

std::string ApiClient::authority() const {
  return (host_.find(':') != std::string::npos ? "[" + host_ + "]" : host_) + ":" + port_;
}

ApiClient::Answer ApiClient::ask(const char* method, const std::string& target) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(host_, error);
  if (error) return {0, "", host_ + " is not an address"};
  http::request<http::string_body> request(http::string_to_verb(method), target, 11);
  request.set(http::field::host, authority());
  request.set(http::field::connection, "close");
  if (!token_.empty()) request.set(http::field::authorization, "Bearer " + token_);
  if (request.method() == http::verb::post) {
    request.set(http::field::content_type, "application/json");
    request.body() = "{}";
    request.prepare_payload();
  }
  return Exchange({address, static_cast<std::uint16_t>(std::stoul(port_))}, std::move(request)).run();
}

}  // namespace lockstep::tools
