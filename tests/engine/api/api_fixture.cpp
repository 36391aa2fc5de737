#include "tests/engine/api/api_fixture.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "engine/api/signal_json.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;

/// Runs the context until `is_done`; false after kPatience.
bool run_until(asio::io_context& io, const bool& is_done) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  io.restart();
  while (!is_done && io.run_one_until(deadline) != 0) {
  }
  return is_done;
}

/// Starts an operation and waits for its end. `start` gets the handler to pass.
template <class Start>
beast::error_code wait_for(asio::io_context& io, Start&& start) {
  bool is_done = false;
  beast::error_code result;
  start([&](beast::error_code error, auto&&...) {
    result = error;
    is_done = true;
  });
  REQUIRE(run_until(io, is_done));
  return result;
}

asio::ip::tcp::endpoint endpoint(int port) {
  return {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)};
}

}  // namespace

core::Catalog small_catalog() {
  core::Catalog catalog;
  const auto interval = [](const char* text) { return *core::Interval::parse(text); };
  catalog.add("binance_spot", "BTCUSDT", interval("1m"));
  catalog.add("binance_spot", "BTCUSDT", interval("5m"));
  catalog.add("binance_spot", "ETHUSDT", interval("1m"));
  catalog.add("binance_usdm", "BTCUSDT", interval("1m"));
  catalog.add("binance_spot", "币安/人生\"USDT", interval("1m"));
  return catalog;
}

core::Catalog large_catalog(std::size_t symbols) {
  core::Catalog catalog;
  for (std::size_t i = 0; i < symbols; ++i) {
    catalog.add("binance_spot", fmt::format("S{}USDT", i), *core::Interval::parse("1m"));
  }
  return catalog;
}

Signal make_signal(core::SeriesId series, std::int64_t bar, Signal::Kind kind) {
  Signal signal;
  signal.kind = kind;
  signal.state = SeriesState::live;
  signal.reason = core::Reason::none;
  signal.is_valid = true;
  signal.price_scale = 2;
  signal.series = series;
  signal.sequence = static_cast<std::uint64_t>(bar) + 1;
  signal.bar = {1'700'000'040'000 + bar * 60'000, 4'325'000 + bar, 4'326'010 + bar, 4'324'999 + bar,
                4'325'110 + bar};
  signal.volume = 12.75;
  signal.ts_event_ms = signal.bar.ts_open_ms + 59'999;
  signal.ts_published_ns = monotonic_ns();
  signal.ts_anchor_ms = 1'699'900'000'000;
  signal.bars = 1'500 + bar;
  signal.digest = {0x0123456789abcdef, 0xfedcba9876543210};
  signal.outputs.average = 1.0 / 3;
  signal.outputs.signal = {0.25, -1, 1, 0, 0.5, kUndefined};
  signal.outputs.equity = {1.0000000000000002, 0.25, 2.5, 1e-7, 1.25, kUndefined};
  signal.outputs.growth = 1.0304545339535169;
  signal.outputs.direction = 1;
  signal.outputs.event = TradeEvent::long_;
  return signal;
}

Signal make_state(core::SeriesId series, SeriesState state, core::Reason reason) {
  Signal signal;
  signal.kind = Signal::Kind::state;
  signal.state = state;
  signal.reason = reason;
  signal.is_valid = state == SeriesState::live;
  signal.series = series;
  signal.sequence = 1'000;
  signal.ts_published_ns = monotonic_ns();
  return signal;
}

ApiLimits quiet_limits() {
  ApiLimits limits;
  limits.heartbeat = std::chrono::hours(1);
  return limits;
}

ApiConfig TestServer::any_port() {
  ApiConfig config;
  config.port = 0;
  return config;
}

TestServer::TestServer(core::Catalog catalog, ApiLimits limits, ApiConfig config, ApiHooks hooks)
    : catalog_(std::move(catalog)) {
  server_.emplace(io_, config, catalog_, std::move(hooks), limits);
  port_ = server_->port();
  running_ = std::async(std::launch::async, [this] { io_.run(); });
}

TestServer::~TestServer() {
  if (!stop()) io_.stop();
  running_.wait();
}

void TestServer::run(const std::function<void(ApiServer&)>& what) {
  std::promise<void> done;
  asio::post(io_, [&] {
    what(*server_);
    done.set_value();
  });
  if (done.get_future().wait_for(kPatience) != std::future_status::ready) std::terminate();
}

void TestServer::publish(const Signal& signal) {
  run([&](ApiServer& server) { server.on_signal(signal); });
}

void TestServer::begin_stop() {
  asio::post(io_, [this] { server_->stop(); });
}

bool TestServer::stop() {
  begin_stop();
  return running_.wait_for(kPatience) == std::future_status::ready;
}

HttpClient::HttpClient(int port) : stream_(io_) {
  const auto error = wait_for(io_, [&](auto handler) { stream_.async_connect(endpoint(port), handler); });
  REQUIRE(!error);
}

void HttpClient::send(std::string_view text) {
  wait_for(io_, [&](auto handler) {
    asio::async_write(stream_, asio::buffer(text.data(), text.size()), handler);
  });
}

Reply HttpClient::receive(bool is_head) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(1 << 26);
  parser.skip(is_head);
  const auto error =
      wait_for(io_, [&](auto handler) { http::async_read(stream_, buffer_, parser, handler); });
  if (error) return {};
  auto& message = parser.get();
  return {message.result_int(), message.base(), message.body(), message.keep_alive()};
}

bool HttpClient::is_closed_by_server() {
  std::string scratch(4'096, '\0');
  beast::error_code error;
  while (!error) {
    error = wait_for(io_, [&](auto handler) { stream_.async_read_some(asio::buffer(scratch), handler); });
  }
  return error == asio::error::eof || error == asio::error::connection_reset;
}

Reply request(int port, std::string_view method, std::string_view target, const Headers& headers,
              std::string_view body) {
  std::string text = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& [name, value] : headers) {
    has_host = has_host || name == "Host";
    text += name + ": " + value + "\r\n";
  }
  if (!has_host) text += "Host: 127.0.0.1:" + std::to_string(port) + "\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n";
  HttpClient client(port);
  client.send(text);
  client.send(body);
  return client.receive(method == "HEAD");
}

StreamClient::StreamClient(int port, std::string_view target, const Headers& headers, int receive_buffer)
    : socket_(io_) {
  auto& stream = beast::get_lowest_layer(socket_);
  if (receive_buffer > 0) {
    stream.socket().open(asio::ip::tcp::v4());
    stream.socket().set_option(asio::socket_base::receive_buffer_size(receive_buffer));
  }
  REQUIRE(!wait_for(io_, [&](auto handler) { stream.async_connect(endpoint(port), handler); }));
  socket_.set_option(websocket::stream_base::decorator([&headers](websocket::request_type& upgrade) {
    for (const auto& [name, value] : headers) upgrade.set(name, value);
  }));
  socket_.read_message_max(1 << 26);
  websocket::response_type response;
  const std::string host = "127.0.0.1:" + std::to_string(port);
  const std::string path(target);
  wait_for(io_, [&](auto handler) { socket_.async_handshake(response, host, path, handler); });
  status_ = response.result_int();
  refusal_ = response.body();
}

void StreamClient::send(std::string_view text, bool is_text) {
  socket_.text(is_text);
  wait_for(io_, [&](auto handler) { socket_.async_write(asio::buffer(text.data(), text.size()), handler); });
}

void StreamClient::ping() {
  wait_for(io_, [&](auto handler) { socket_.async_ping({}, handler); });
}

bool StreamClient::read_message(beast::error_code& error) {
  buffer_.clear();
  error = wait_for(io_, [&](auto handler) { socket_.async_read(buffer_, handler); });
  return !error;
}

Json StreamClient::receive() {
  beast::error_code error;
  const bool is_read = read_message(error);
  CAPTURE(error.message(), socket_.reason().code, std::string(socket_.reason().reason.c_str()));
  REQUIRE(is_read);
  return Json::parse(beast::buffers_to_string(buffer_.cdata()));
}

Json StreamClient::receive(std::string_view type) {
  Json message = receive();
  while (message["type"] != type) message = receive();
  return message;
}

std::pair<unsigned, std::string> StreamClient::receive_close() {
  beast::error_code error;
  while (read_message(error)) {
  }
  return {socket_.reason().code, std::string(socket_.reason().reason.data(), socket_.reason().reason.size())};
}

}  // namespace lockstep::engine::test
