// An API server on a thread of its own, and clients that speak to it over loopback sockets.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <functional>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/api/api_server.hpp"

namespace lockstep::engine::test {

using Json = nlohmann::json;
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Longest wait for anything that must happen.
inline constexpr std::chrono::seconds kPatience{20};

/// binance_spot BTCUSDT 1m (0), 5m (1), ETHUSDT 1m (2), binance_usdm BTCUSDT 1m (3), and one with a UTF-8
/// name (4).
core::Catalog small_catalog();
/// `symbols` series of binance_spot, 1m.
core::Catalog large_catalog(std::size_t symbols);

/// A publication with every field set: bar number `bar` of the series, 1m apart, sequence bar + 1.
Signal make_signal(core::SeriesId series, std::int64_t bar, Signal::Kind kind = Signal::Kind::closed_bar);
Signal make_state(core::SeriesId series, SeriesState state, core::Reason reason);

/// The defaults without heartbeats: on a loaded machine they would come in between.
ApiLimits quiet_limits();

class TestServer {
 public:
  explicit TestServer(core::Catalog catalog = small_catalog(), ApiLimits limits = quiet_limits(),
                      ApiConfig config = any_port(), ApiHooks hooks = {});
  ~TestServer();

  static ApiConfig any_port();
  int port() const { return port_; }
  /// Runs on the server's thread and waits for it.
  void run(const std::function<void(ApiServer&)>& what);
  void publish(const Signal& signal);
  /// Tells the server to stop, without waiting.
  void begin_stop();
  /// The same; true when its io_context ran out of work in time.
  bool stop();

 private:
  boost::asio::io_context io_;
  core::Catalog catalog_;
  std::optional<ApiServer> server_;
  int port_ = 0;
  std::future<void> running_;
};

struct Reply {
  unsigned status = 0;  ///< 0: the connection was closed without an answer
  boost::beast::http::fields headers;
  std::string body;
  bool keeps_alive = false;
  Json json() const { return Json::parse(body); }
};

/// A TCP connection whose operations end within kPatience or fail the test.
class HttpClient {
 public:
  explicit HttpClient(int port);
  void send(std::string_view text);
  /// Reads one answer; `is_head`: it has no body.
  Reply receive(bool is_head = false);
  /// True when the server closes the connection (after whatever it sends) within kPatience.
  bool is_closed_by_server();

 private:
  boost::asio::io_context io_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
};

/// One request on one connection. Host is added when it is not among the headers.
Reply request(int port, std::string_view method, std::string_view target, const Headers& headers = {},
              std::string_view body = {});
inline Reply get(int port, std::string_view target, const Headers& headers = {}) {
  return request(port, "GET", target, headers);
}

class StreamClient {
 public:
  /// Connects and upgrades; status() tells how that went. receive_buffer: bytes, 0 for the system's own.
  StreamClient(int port, std::string_view target, const Headers& headers = {}, int receive_buffer = 0);

  unsigned status() const { return status_; }
  const std::string& refusal() const { return refusal_; }
  void send(std::string_view text, bool is_text = true);
  /// The next message. Fails the test when there is none within kPatience or the stream is closed.
  Json receive();
  /// Reads messages until one has this type.
  Json receive(std::string_view type);
  /// Reads until the stream is closed; the code and reason of the close frame.
  std::pair<unsigned, std::string> receive_close();
  /// Sends control frames; for the flood test.
  void ping();

 private:
  bool read_message(boost::beast::error_code& error);

  boost::asio::io_context io_;
  boost::beast::websocket::stream<boost::beast::tcp_stream> socket_;
  boost::beast::flat_buffer buffer_;
  unsigned status_ = 0;
  std::string refusal_;
};

}  // namespace lockstep::engine::test
