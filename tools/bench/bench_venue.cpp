#include "tools/bench/bench_venue.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tools/bench/frames.hpp"
#include "tools/bench/price_walk.hpp"

namespace lockstep::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kSubscribeLimit{30};

/// The value of `name` in the query of `target`; empty when it is not there.
std::string_view query_value(std::string_view target, std::string_view name) {
  const std::size_t at = target.find(std::string(name) + '=');
  if (at == std::string_view::npos) return {};
  const std::string_view rest = target.substr(at + name.size() + 1);
  return rest.substr(0, rest.find('&'));
}

std::int64_t query_number(std::string_view target, std::string_view name) {
  const std::string_view text = query_value(target, name);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string exchange_info(const VenueContent& content) {
  std::string body = fmt::format(R"({{"timezone":"UTC","serverTime":{},"symbols":[)", content.server_time_ms);
  const char* comma = "";
  for (const std::string& symbol : content.symbols) {
    body += fmt::format(R"({}{{"symbol":"{}","status":"TRADING","filters":[)"
                        R"({{"filterType":"PRICE_FILTER","tickSize":"0.01000000"}}]}})",
                        comma, symbol);
    comma = ",";
  }
  return body + "]}";
}

std::string klines(const VenueContent& content, std::string_view target) {
  const auto symbol =
      std::find(content.symbols.begin(), content.symbols.end(), query_value(target, "symbol"));
  const auto index = static_cast<std::size_t>(symbol - content.symbols.begin());
  const std::int64_t start_ms = query_number(target, "startTime");
  std::int64_t rows_left = query_number(target, "limit");
  std::string body = "[";
  if (index >= content.history.size()) return body + "]";
  for (const BarTicks& bar : content.history[index]) {
    if (bar.ts_open_ms < start_ms || rows_left-- <= 0) continue;
    body += fmt::format(
        R"({}[{},"{}","{}","{}","{}","258.77040000",{},"11126046.04",130,"158.2","6802021.4","0"])",
        body.size() > 1 ? "," : "", bar.ts_open_ms, price_text(bar.open), price_text(bar.high),
        price_text(bar.low), price_text(bar.close), bar.ts_open_ms + kMinuteMs - 1);
  }
  return body + "]";
}

std::string answer(const VenueContent& content, std::string_view target) {
  if (target.find("/exchangeInfo") != std::string_view::npos) return exchange_info(content);
  if (target.find("/klines") != std::string_view::npos) return klines(content, target);
  return fmt::format(R"({{"serverTime":{}}})", content.server_time_ms);
}

}  // namespace

class BenchVenue::Impl {
 public:
  explicit Impl(VenueContent content)
      : content_(std::move(content)), acceptor_(io_, {asio::ip::address_v4::loopback(), 0}) {
    accepting_ = std::thread([this] { accept(); });
  }

  ~Impl() {
    // A blocking accept or read returns when its socket is shut down; closing it under another thread would
    // not do.
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    accepting_.join();
    for (const auto& socket : sockets_) ::shutdown(socket->native_handle(), SHUT_RDWR);
    for (std::thread& thread : serving_) thread.join();
  }

  int port() const { return acceptor_.local_endpoint().port(); }

  void wait_subscribed() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kSubscribeLimit,
                           [this] { return subscribed_ >= content_.symbols.size(); })) {
      throw std::runtime_error("bench: the feed did not subscribe to everything within 30 s");
    }
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(stream_fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

 private:
  void accept() {
    while (true) {
      auto socket = std::make_shared<tcp::socket>(io_);
      error_code error;
      acceptor_.accept(*socket, error);
      if (error) return;
      socket->set_option(tcp::no_delay(true), error);
      sockets_.push_back(socket);
      serving_.emplace_back([this, socket] { serve(*socket); });
    }
  }

  void serve(tcp::socket& socket) {
    beast::flat_buffer buffer;
    while (true) {
      http::request<http::string_body> request;
      error_code error;
      http::read(socket, buffer, request, error);
      if (error) return;
      if (beast::websocket::is_upgrade(request)) return serve_stream(socket, request);
      http::response<http::string_body> response(http::status::ok, request.version());
      response.set(http::field::content_type, "application/json");
      response.body() = answer(content_, {request.target().data(), request.target().size()});
      response.prepare_payload();
      http::write(socket, response, error);
      if (error) return;
    }
  }

  void serve_stream(tcp::socket& socket, const http::request<http::string_body>& request) {
    beast::websocket::stream<tcp::socket&> stream(socket);
    error_code error;
    stream.accept(request, error);
    beast::flat_buffer buffer;
    while (!error) {
      buffer.clear();
      stream.read(buffer, error);
      if (error) return;
      const auto message = nlohmann::json::parse(beast::buffers_to_string(buffer.data()));
      stream.write(asio::buffer(fmt::format(R"({{"result":null,"id":{}}})", message.at("id").get<int>())),
                   error);
      const std::lock_guard lock(mutex_);
      stream_fd_ = socket.native_handle();
      subscribed_ += message.at("params").size();
      changed_.notify_all();
    }
  }

  VenueContent content_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<tcp::socket>> sockets_;  // of the accepting thread until it has ended
  std::vector<std::thread> serving_;
  std::thread accepting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t subscribed_ = 0;
  int stream_fd_ = -1;
};

BenchVenue::BenchVenue(VenueContent content) : impl_(std::make_unique<Impl>(std::move(content))) {}
BenchVenue::~BenchVenue() = default;
std::string BenchVenue::ws_url() const {
  return fmt::format("ws://127.0.0.1:{}", impl_->port());
}
std::string BenchVenue::rest_url() const {
  return fmt::format("http://127.0.0.1:{}", impl_->port());
}
void BenchVenue::wait_subscribed() {
  impl_->wait_subscribed();
}
bool BenchVenue::send(std::string_view bytes) {
  return impl_->send(bytes);
}

}  // namespace lockstep::bench
