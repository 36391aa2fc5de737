// The API server by itself: many stream clients, many requests. Clients are plain sockets on a thread of
// their own; what the server takes is the CPU time of its thread alone.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "engine/api/api_server.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/engine_with_clients.hpp"
#include "tools/bench/frames.hpp"
#include "tools/bench/statistics.hpp"
#include "tools/bench/stream_clients.hpp"

namespace lockstep::bench {
namespace {

using engine::ApiConfig;
using engine::ApiHooks;
using engine::ApiLimits;
using engine::ApiServer;
using engine::Signal;

constexpr std::size_t kSymbols = 1'000;

/// The server on its thread.
class Server {
 public:
  Server() {
    for (const std::string& symbol : symbol_names(kSymbols))
      catalog_.add("binance_spot", symbol, *core::Interval::parse("1m"));
    ApiConfig config;
    config.port = 0;
    config.clients_max = 5'000;
    ApiLimits limits;
    limits.clients_per_address_max = 5'000;
    limits.heartbeat = std::chrono::hours(1);  // only publications are counted
    server_.emplace(io_, config, catalog_, ApiHooks{}, limits);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Server() {
    boost::asio::post(io_, [this] { server_->stop(); });
    thread_.join();
  }

  int port() const { return server_->port(); }
  std::int64_t cpu_ns() {
    std::promise<std::int64_t> now;
    boost::asio::post(io_, [&] { now.set_value(thread_cpu_ns()); });
    return now.get_future().get();
  }
  void publish(std::uint64_t number) {
    boost::asio::post(io_, [this, number] {
      Signal signal;
      signal.kind = Signal::Kind::closed_bar;
      signal.state = engine::SeriesState::live;
      signal.reason = core::Reason::none;
      signal.is_valid = true;
      signal.price_scale = 2;
      signal.series = static_cast<core::SeriesId>(number % kSymbols);
      signal.sequence = number / kSymbols + 1;
      const auto bar = static_cast<std::int64_t>(number / kSymbols);
      signal.bar = {1'700'000'040'000 + bar * 60'000, 4'325'000 + bar, 4'326'010 + bar, 4'324'999, 4'325'110};
      signal.ts_published_ns = wall_ns();
      signal.outputs.average = 1.0 / 3;
      signal.outputs.signal = {0.25, -0.33, 0.91, 0, 0.5, 0.12};
      signal.outputs.equity = {1.0123456789012345, 0.25, 2.51234567890123, 1.1, 1.25123456789, 1.3};
      signal.outputs.growth = 1.0304545339535169;
      server_->on_signal(signal);
    });
  }

 private:
  boost::asio::io_context io_{1};
  core::Catalog catalog_;
  std::optional<ApiServer> server_;
  std::thread thread_;
};

/// 1,000 clients, each with one of 1,000 symbols, that publish 1,000 times a second together.
Json measure_many_clients(const BenchOptions& options) {
  const std::size_t count = options.is_quick ? 50 : 1'000;
  const std::uint64_t signals = options.is_quick ? 1'000 : 10'000;
  Server server;
  StreamClients clients(server.port(), count, kSymbols);
  if (!clients.wait_for(2 * count)) throw std::runtime_error("bench api: snapshots are missing");
  const std::uint64_t begin_frames = clients.frames();
  const std::int64_t begin_cpu = server.cpu_ns();
  const std::int64_t begin = wall_ns();
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < signals; ++i) {
    std::this_thread::sleep_until(std::chrono::steady_clock::time_point(
        std::chrono::nanoseconds(begin + static_cast<std::int64_t>(i) * 1'000'000)));
    server.publish(i);
    expected += i % kSymbols < count;
  }
  const bool is_whole = clients.wait_for(begin_frames + expected);
  const auto took = static_cast<double>(wall_ns() - begin);
  Json json;
  json["clients"] = count;
  json["signals_per_s"] = rounded(static_cast<double>(signals) / took * 1e9, 0);
  json["messages_delivered"] = clients.frames() - begin_frames;
  json["messages_missing"] = is_whole ? 0 : begin_frames + expected - clients.frames();
  json["clients_lost"] = clients.has_lost_one();
  json["server_cpu_share"] = rounded(static_cast<double>(server.cpu_ns() - begin_cpu) / took, 4);
  return json;
}

/// Every client gets every signal: what a message to one of many clients costs the server.
Json measure_fan_out(const BenchOptions& options) {
  const std::size_t count = options.is_quick ? 10 : 100;
  const std::uint64_t signals = options.is_quick ? 200 : 4'000;
  Server server;
  StreamClients clients(server.port(), count, 0);
  if (!clients.wait_for(count * (kSymbols + 1))) throw std::runtime_error("bench api: snapshots are missing");
  const std::uint64_t begin_frames = clients.frames();
  const std::int64_t begin_cpu = server.cpu_ns();
  const std::int64_t begin = wall_ns();
  // In portions, each read to its end: a client that keeps up is what is measured.
  constexpr std::uint64_t kPortion = 50;
  for (std::uint64_t i = 0; i < signals; i += kPortion) {
    for (std::uint64_t j = 0; j < kPortion; ++j) server.publish(i + j);
    if (!clients.wait_for(begin_frames + (i + kPortion) * count))
      throw std::runtime_error("bench api: messages to readers that kept up are missing");
  }
  const auto messages = static_cast<double>(signals * count);
  Json json;
  json["clients"] = count;
  json["messages_per_s"] = rounded(messages / static_cast<double>(wall_ns() - begin) * 1e9, 0);
  json["message_cpu_ns"] = rounded(static_cast<double>(server.cpu_ns() - begin_cpu) / messages, 0);
  return json;
}

/// GET of one series' latest signal over kept connections, a few at a time.
Json measure_requests(const BenchOptions& options) {
  constexpr std::size_t kConnections = 8;
  const int rounds = options.is_quick ? 200 : 5'000;
  Server server;
  for (std::uint64_t i = 0; i < kSymbols; ++i) server.publish(i);
  std::vector<std::unique_ptr<ClientSocket>> sockets;
  for (std::size_t i = 0; i < kConnections; ++i)
    sockets.push_back(std::make_unique<ClientSocket>(server.port()));
  const auto names = symbol_names(kSymbols);
  const std::int64_t begin_cpu = server.cpu_ns();
  const std::int64_t begin = wall_ns();
  std::string header;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < kConnections; ++i) {
      const auto& name = names[(static_cast<std::size_t>(round) * kConnections + i) % kSymbols];
      sockets[i]->send("GET /v1/signals/binance_spot/" + name + "/1m HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    for (auto& socket : sockets) {
      std::string body = socket->read_header(header);
      if (!header.starts_with("HTTP/1.1 200")) throw std::runtime_error("bench api: " + header);
      const std::size_t at = header.find("Content-Length: ");
      const auto length = std::stoul(header.substr(at + 16));
      while (body.size() < length) socket->read_more(body);
    }
  }
  const double requests = static_cast<double>(rounds) * kConnections;
  const double cpu_ns = static_cast<double>(server.cpu_ns() - begin_cpu) / requests;
  Json json;
  json["requests_per_s"] = rounded(requests / static_cast<double>(wall_ns() - begin) * 1e9, 0);
  json["request_cpu_ns"] = rounded(cpu_ns, 0);
  json["requests_per_cpu_s"] = rounded(1e9 / cpu_ns, 0);
  return json;
}

}  // namespace

Json measure_api(const BenchOptions& options) {
  Json json;
  json["many_clients"] = measure_many_clients(options);
  json["fan_out"] = measure_fan_out(options);
  json["get_signal"] = measure_requests(options);
  json["engine_with_clients"] = measure_engine_with_clients(options);
  return json;
}

}  // namespace lockstep::bench
