// Clients of the simulator for its tests, made of Beast: an independent reading of the same protocols.
#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "replay/sim/exchange_sim.hpp"

namespace lockstep::sim::testing {

using Json = nlohmann::ordered_json;
using namespace std::chrono_literals;

inline constexpr auto kLimit = 30s;  // far more than anything takes; sanitizers are slow

/// Polls a condition that another thread makes true. False when the limit is reached.
inline bool wait_for(const std::function<bool()>& condition, std::chrono::milliseconds limit = kLimit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

/// A plain connection; every operation has a limit and throws boost::system::system_error on failure.
class TestSocket {
 public:
  explicit TestSocket(const ExchangeSim& venue, int receive_bytes = 0) {
    socket.open(boost::asio::ip::tcp::v4());
    if (receive_bytes > 0) socket.set_option(boost::asio::socket_base::receive_buffer_size(receive_bytes));
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), static_cast<unsigned short>(venue.port())});
  }

  struct Outcome {
    bool is_done = false;
    boost::system::error_code error;
  };

  /// A completion handler that fills `outcome`, which must be shared as the operation may outlive its caller.
  static auto into(const std::shared_ptr<Outcome>& outcome) {
    return [outcome](boost::system::error_code error, auto...) { *outcome = {true, error}; };
  }
  /// Runs until the operation is done. False when the limit came first. Throws the operation's error.
  bool run_until_done(const Outcome& outcome, std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    io.restart();
    while (!outcome.is_done && io.run_one_until(end) > 0) {
    }
    if (outcome.is_done && outcome.error) throw boost::system::system_error(outcome.error);
    return outcome.is_done;
  }
  /// start(handler) begins one operation; this waits for its end.
  template <typename Start>
  void finish(Start start) {
    const auto outcome = std::make_shared<Outcome>();
    start(into(outcome));
    if (!run_until_done(*outcome, kLimit)) throw std::runtime_error("nothing came in time");
  }

  boost::asio::io_context io{1};
  boost::asio::ip::tcp::socket socket{io};
};

struct HttpAnswer {
  int status = 0;
  Json body;
  std::string text;
  std::string weight;
};

class HttpClient {
 public:
  explicit HttpClient(const ExchangeSim& venue) : connection_(venue) {}

  HttpAnswer get(const std::string& target) {
    namespace http = boost::beast::http;
    http::request<http::empty_body> request(http::verb::get, target, 11);
    request.set(http::field::host, "127.0.0.1");
    connection_.finish([&](auto done) { http::async_write(connection_.socket, request, done); });
    http::response_parser<http::string_body> parser;
    parser.body_limit(64 << 20);
    connection_.finish([&](auto done) { http::async_read(connection_.socket, buffer_, parser, done); });
    const auto& response = parser.get();
    HttpAnswer out;
    out.status = response.result_int();
    out.text = response.body();
    out.body = Json::parse(response.body(), nullptr, false);
    out.weight = std::string(response["X-MBX-USED-WEIGHT-1M"]);
    return out;
  }

 private:
  TestSocket connection_;
  boost::beast::flat_buffer buffer_;
};

class WebClient {
 public:
  explicit WebClient(const ExchangeSim& venue, const std::string& target, int receive_bytes = 0)
      : connection_(venue, receive_bytes), stream_(connection_.socket) {
    stream_.control_callback(
        [this](boost::beast::websocket::frame_type kind, boost::beast::string_view payload) {
          if (kind == boost::beast::websocket::frame_type::ping) pings.emplace_back(payload);
          if (kind == boost::beast::websocket::frame_type::pong) pongs.emplace_back(payload);
        });
    connection_.finish([&](auto done) { stream_.async_handshake("127.0.0.1", target, done); });
  }

  void send(const std::string& text) {
    connection_.finish([&](auto done) { stream_.async_write(boost::asio::buffer(text), done); });
  }
  void ping(const std::string& payload) {
    connection_.finish(
        [&](auto done) { stream_.async_ping(boost::beast::websocket::ping_data(payload), done); });
  }
  void pong(const std::string& payload) {
    connection_.finish(
        [&](auto done) { stream_.async_pong(boost::beast::websocket::ping_data(payload), done); });
  }
  void close() {
    connection_.finish(
        [&](auto done) { stream_.async_close(boost::beast::websocket::close_code::normal, done); });
  }

  /// The next message; nothing when none came within the limit. Throws when the connection has ended.
  std::optional<std::string> next_within(std::chrono::milliseconds limit) {
    if (!reading_) {
      reading_ = std::make_shared<TestSocket::Outcome>();
      stream_.async_read(buffer_, TestSocket::into(reading_));
    }
    if (!connection_.run_until_done(*reading_, limit)) return std::nullopt;
    reading_.reset();
    std::string out = boost::beast::buffers_to_string(buffer_.data());
    buffer_.clear();
    return out;
  }
  std::string next() {
    auto out = next_within(kLimit);
    if (!out) throw std::runtime_error("no message came in time");
    return *out;
  }
  Json next_json() { return Json::parse(next()); }
  /// Sends a request and gives its answer; data that comes before it is skipped.
  Json ask(const std::string& text) {
    send(text);
    while (true) {
      Json out = next_json();
      if (!out.contains("e") && !out.contains("stream")) return out;
    }
  }
  /// Reads on until the connection ends; the close code, 0 without a close frame.
  int read_to_end() {
    try {
      while (true) next();
    } catch (const boost::system::system_error&) {
      return stream_.reason().code;
    }
  }

  std::vector<std::string> pings, pongs;

 private:
  TestSocket connection_;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket&> stream_;
  boost::beast::flat_buffer buffer_;
  std::shared_ptr<TestSocket::Outcome> reading_;
};

/// The k object of a kline event, wrapped or not.
inline Json kline_of(const Json& message) {
  return message.contains("data") ? message["data"]["k"] : message["k"];
}

/// A simulator that starts at a fixed time; 1 s real is `speed` s on the venue.
inline SimConfig fixed_config(double speed = 600) {
  SimConfig out;
  out.seed = 7;
  out.speed = speed;
  out.start_ms = 1'700'000'040'000;
  out.history_bars = 300;
  return out;
}

}  // namespace lockstep::sim::testing
