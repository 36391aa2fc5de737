#include "engine/api/api_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/api/http_session.hpp"
#include "engine/api/server_state.hpp"
#include "engine/api/signal_json.hpp"
#include "engine/api/stream_session.hpp"

namespace lockstep::engine {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr std::string_view kTooManyClients =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\nRetry-After: "
    "5\r\n"
    "Content-Length: 93\r\n\r\n"
    R"({"error":{"code":"too_many_clients","message":"all connections are in use; try again later"}})";

/// Often enough for every deadline that is watched by ticks.
milliseconds tick_interval(const ApiLimits& limits) {
  const milliseconds shortest = std::min({limits.heartbeat, limits.write, limits.closing});
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(250));
}

tcp::acceptor listen(asio::io_context& io, const asio::ip::address& address, int port) {
  tcp::acceptor acceptor(io);
  boost::system::error_code error;
  const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(port));
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw std::system_error(static_cast<std::error_code>(error),
                            fmt::format("the API cannot listen on {} port {}", address.to_string(), port));
  }
  return acceptor;
}

/// ::1 beside 127.0.0.1: "localhost" means either. Nothing on a machine without IPv6. Throws where another
/// program has that port there, since whoever asks localhost might be answered by it.
std::optional<tcp::acceptor> listen_beside(asio::io_context& io, const asio::ip::address& address, int port,
                                           bool is_port_chosen) {
  if (address != asio::ip::address_v4::loopback()) return std::nullopt;
  try {
    return listen(io, asio::ip::address_v6::loopback(), port);
  } catch (const std::system_error& error) {
    if (is_port_chosen && error.code() == std::errc::address_in_use) throw;
    return std::nullopt;
  }
}

}  // namespace

class ApiServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, const ApiConfig& config, const core::Catalog& catalog, ApiHooks hooks,
       const ApiLimits& limits)
      : state_(std::make_shared<ServerState>(io, config, catalog, std::move(hooks), limits)),
        listener_(listen(io, state_->access.address(), config.port)),
        port_(listener_.acceptor.local_endpoint().port()),
        tick_timer_(io) {
    if (auto beside = listen_beside(io, state_->access.address(), port_, config.port != 0))
      beside_.emplace(std::move(*beside));
  }

  void start() {
    accept(listener_);
    if (beside_) accept(*beside_);
    tick();
  }

  int port() const { return port_; }
  const ServerState& state() const { return *state_; }
  void add_series(const core::Series& series) {
    state_->index.add(series);
    state_->store.add_series();
    for (StreamSession* stream : state_->streams) stream->add_series(series);
  }
  void on_signal(const Signal& signal);
  void on_detail(const DetailAnswer& answer) { state_->details.answer(answer); }
  void stop();
  void cut();

 private:
  struct Listener {
    explicit Listener(tcp::acceptor listening)
        : acceptor(std::move(listening)), timer(acceptor.get_executor()) {}
    void close() {
      boost::system::error_code ignored;
      acceptor.close(ignored);
      timer.cancel();
    }
    tcp::acceptor acceptor;
    asio::steady_timer timer;
  };
  void accept(Listener& listener);
  void on_accept(Listener& listener, boost::system::error_code error, tcp::socket socket);
  void close_listeners() {
    listener_.close();
    if (beside_) beside_->close();
  }
  bool has_room_for(const tcp::socket& socket) const;
  void turn_away(tcp::socket socket);
  void tick();

  std::shared_ptr<ServerState> state_;
  Listener listener_;
  int port_;
  std::optional<Listener> beside_;
  asio::steady_timer tick_timer_;
  std::int64_t ts_stop_ns_ = 0;
};

void ApiServer::Impl::accept(Listener& listener) {
  listener.acceptor.async_accept(
      [self = shared_from_this(), &listener](boost::system::error_code error, tcp::socket socket) {
        self->on_accept(listener, error, std::move(socket));
      });
}

void ApiServer::Impl::on_accept(Listener& listener, boost::system::error_code error, tcp::socket socket) {
  if (state_->is_stopping || error == asio::error::operation_aborted) return;
  if (error) {
    // Out of descriptors, say: trying at once would spin.
    listener.timer.expires_after(milliseconds(100));
    return listener.timer.async_wait(
        [self = shared_from_this(), &listener](boost::system::error_code cancelled) {
          if (!cancelled) self->accept(listener);
        });
  }
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (has_room_for(socket)) {
    std::make_shared<HttpSession>(state_, std::move(socket))->start();
  } else {
    turn_away(std::move(socket));
  }
  accept(listener);
}

bool ApiServer::Impl::has_room_for(const tcp::socket& socket) const {
  const int clients_max = state_->config.clients_max;
  if (static_cast<int>(state_->connections.size()) >= clients_max) return false;
  const int limit = state_->limits.clients_per_address_max;
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return !error &&
         state_->clients_from(endpoint.address()) < (limit > 0 ? limit : std::max(1, clients_max / 2));
}

/// One attempt to say why, without waiting: a client beyond the caps gets no memory here.
void ApiServer::Impl::turn_away(tcp::socket socket) {
  ++state_->counters.refused_connections;
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.send(asio::buffer(kTooManyClients), 0, ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

void ApiServer::Impl::tick() {
  tick_timer_.expires_after(state_->is_stopping ? milliseconds(5) : tick_interval(state_->limits));
  tick_timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (cancelled) return;
    ServerState& state = *self->state_;
    const std::int64_t now_ns = monotonic_ns();
    for (Connection* connection : state.connections) connection->tick(now_ns);
    if (!state.is_stopping) return self->tick();
    const std::int64_t limit_ns = std::chrono::nanoseconds(state.limits.closing).count();
    if (now_ns - self->ts_stop_ns_ >= limit_ns) return self->cut();
    if (!state.connections.empty()) self->tick();
  });
}

void ApiServer::Impl::on_signal(const Signal& signal) {
  state_->store.put(signal);
  const std::uint64_t position = state_->log.add(signal);
  std::shared_ptr<std::string> rest;
  for (StreamSession* stream : state_->streams) {
    if (!stream->wants(signal)) continue;
    if (!rest) {
      rest = std::make_shared<std::string>();
      append_signal_rest(*rest, signal, state_->index, state_->epoch);
      *rest += '}';
    }
    stream->offer(signal, position, rest);
  }
}

void ApiServer::Impl::stop() {
  if (state_->is_stopping) return;
  state_->is_stopping = true;
  ts_stop_ns_ = monotonic_ns();
  close_listeners();
  for (Connection* connection : state_->connections) connection->stop();
  tick();  // from now on it watches for the end
}

void ApiServer::Impl::cut() {
  state_->is_stopping = true;
  close_listeners();
  tick_timer_.cancel();
  state_->details.clear();
  state_->histories.clear();
  state_->changes.clear();
  for (Connection* connection : state_->connections) connection->cut();
}

ApiServer::ApiServer(asio::io_context& io, const ApiConfig& config, const core::Catalog& catalog,
                     ApiHooks hooks, const ApiLimits& limits)
    : impl_(std::make_shared<Impl>(io, config, catalog, std::move(hooks), limits)) {
  impl_->start();
}

ApiServer::~ApiServer() {
  impl_->cut();
}

int ApiServer::port() const {
  return impl_->port();
}

const std::string& ApiServer::epoch() const {
  return impl_->state().epoch;
}

void ApiServer::add_series(const core::Series& series) {
  impl_->add_series(series);
}

void ApiServer::on_signal(const Signal& signal) {
  impl_->on_signal(signal);
}

void ApiServer::on_detail(const DetailAnswer& answer) {
  impl_->on_detail(answer);
}

const Signal& ApiServer::latest(core::SeriesId series) const {
  return impl_->state().store.latest(series);
}

const Signal& ApiServer::latest_closed(core::SeriesId series) const {
  return impl_->state().store.latest_closed(series);
}

void ApiServer::stop() {
  impl_->stop();
}

}  // namespace lockstep::engine
