#include "replay/sim/detail/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <system_error>
#include <utility>

#include "replay/sim/detail/venue_limits.hpp"

namespace lockstep::sim {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr std::size_t kConnectionsMax = 4096;
constexpr auto kMutedMax = 60s;                 // a client gives up before that
constexpr std::size_t kEventsPerTick = 20'000;  // then sockets get their turn
constexpr auto kTickMin = 1ms;                  // frames that are due together leave in one write
constexpr auto kTickMax = 50ms;

ConnectionContext make_context(const ServerParts& parts, Publisher& publisher, RestApi& rest) {
  const VenueLimits limits = limits_of(parts.config);
  return {parts.history.model(),
          parts.text,
          parts.clock,
          publisher,
          rest,
          parts.controls.web_connections,
          limits.ping_interval,
          limits.pong_timeout,
          limits.messages_per_second_max,
          parts.config.client_queue_bytes_max,
          &parts.faults};
}

}  // namespace

Server::Server(const ServerParts& parts, int port)
    : parts_(parts),
      publisher_(
          parts.history, parts.text,
          {parts.config.updates_per_bar, parts.config.push_quiet_bars && parts.text.pushes_quiet_bars(),
           parts.clock.now_ms() / kMinuteMs, &parts.controls.is_unlisted, &parts.faults}),
      rest_(parts.history, parts.clock, parts.text, limits_of(parts.config).rest_weight_max,
            parts.controls.is_unlisted, &parts.faults),
      context_(make_context(parts, publisher_, rest_)) {
  if (parts_.authority != nullptr) tls_ = parts_.authority->server_context();
  if (parts_.stranger != nullptr) strange_tls_ = parts_.stranger->server_context();
  bind(parts_.config.bind, port);
  accept();
  tick();
  sweep();
  thread_ = std::thread([this] { io_.run(); });
}

Server::~Server() {
  io_.stop();
  thread_.join();
  for (const auto& connection : connections_) connection->cut();
}

void Server::bind(const std::string& address, int port) {
  const tcp::endpoint endpoint(asio::ip::make_address(address), static_cast<unsigned short>(port));
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(SOMAXCONN, error);
  if (error) {
    throw std::system_error(error,
                            "the simulator cannot listen on " + address + " port " + std::to_string(port));
  }
  port_ = acceptor_.local_endpoint().port();
}

void Server::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {  // out of descriptors: try again when some are free
      accept_timer_.expires_after(100ms);
      accept_timer_.async_wait([this](error_code stopped) {
        if (!stopped) accept();
      });
      return;
    }
    take_client(std::move(socket));
    accept();
  });
}

void Server::take_client(tcp::socket socket) {
  error_code ignored;  // a client that is gone already shows at the first read
  if (parts_.controls.is_refusing || connections_.size() >= kConnectionsMax) {
    // The port stays ours, so a refused client sees its connection reset at once.
    socket.set_option(tcp::socket::linger(true, 0), ignored);
    socket.close(ignored);
    return;
  }
  if (take_faulty(socket)) return;
  socket.set_option(tcp::no_delay(true), ignored);
  connections_.push_back(
      std::make_shared<Connection>(make_transport(std::move(socket), tls_ ? &*tls_ : nullptr), context_));
  connections_.back()->start();
}

bool Server::take_faulty(tcp::socket& socket) {
  const auto fault = parts_.faults.next(FaultPlace::accept);
  if (fault == VenueFault::mute) {
    muted_.emplace_back(std::move(socket), Connection::Clock::now());
  } else if (fault == VenueFault::wrong_certificate && strange_tls_) {
    connections_.push_back(
        std::make_shared<Connection>(make_transport(std::move(socket), &*strange_tls_), context_));
    connections_.back()->start();
  } else {
    return false;
  }
  parts_.faults.gave(*fault);
  return true;
}

void Server::tick() {
  const std::int64_t now_ms = parts_.clock.now_ms();
  if (parts_.truth_file != nullptr && !parts_.controls.has_truth_failed) {
    parts_.controls.has_truth_failed = !parts_.truth_file->write_until(now_ms);
  }
  const bool is_caught_up = publisher_.run_due(now_ms, parts_.controls.is_silent, kEventsPerTick);
  const VenueClock::Steady::duration wait =
      is_caught_up ? std::clamp<VenueClock::Steady::duration>(parts_.clock.until(publisher_.next_due_ms()),
                                                              kTickMin, kTickMax)
                   : VenueClock::Steady::duration::zero();
  tick_timer_.expires_after(wait);
  tick_timer_.async_wait([this](error_code error) {
    if (!error) tick();
  });
}

void Server::sweep() {
  for (const auto& connection : connections_) connection->sweep(Connection::Clock::now());
  std::erase_if(muted_,
                [](const auto& muted) { return Connection::Clock::now() - muted.second > kMutedMax; });
  std::erase_if(connections_, [](const auto& connection) { return connection->is_cut(); });
  sweep_timer_.expires_after(std::clamp<std::chrono::milliseconds>(context_.ping_interval / 4, 5ms, 500ms));
  sweep_timer_.async_wait([this](error_code error) {
    if (!error) sweep();
  });
}

int Server::cut_connections() {
  std::packaged_task<int()> task([this] {
    int count = 0;
    for (const auto& connection : connections_) {
      if (!connection->is_web() || connection->is_cut()) continue;
      connection->cut();
      ++count;
    }
    return count;
  });
  std::future<int> count = task.get_future();
  asio::post(io_, std::move(task));
  return count.get();
}

}  // namespace lockstep::sim
