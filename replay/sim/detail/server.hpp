// The simulator's one thread: accepts clients, pushes what is due, looks after connections.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "replay/sim/detail/bar_history.hpp"
#include "replay/sim/detail/connection.hpp"
#include "replay/sim/detail/publisher.hpp"
#include "replay/sim/detail/rest_api.hpp"
#include "replay/sim/detail/tls_authority.hpp"
#include "replay/sim/detail/truth_file.hpp"
#include "replay/sim/detail/venue_clock.hpp"

namespace lockstep::sim {

/// Flags that other threads set and read.
struct ServerControls {
  std::atomic<bool> is_refusing = false;
  std::atomic<bool> is_silent = false;
  std::atomic<bool> has_truth_failed = false;
  std::atomic<int> web_connections = 0;
  std::vector<std::atomic<bool>> is_unlisted;  ///< by symbol
};

/// What a server serves; all of it must outlive the server.
struct ServerParts {
  const SimConfig& config;
  const BarHistory& history;
  const VenueText& text;
  const VenueClock& clock;
  const TlsAuthority* authority;  ///< null: no TLS
  TruthFile* truth_file;          ///< null: none
  ServerControls& controls;
  FaultScript& faults;
  const TlsAuthority* stranger;  ///< whose certificates nobody trusts; null: no TLS
};

class Server {
 public:
  /// Binds and runs until destroyed. Throws std::system_error when the address is taken.
  Server(const ServerParts& parts, int port);
  /// Closes everything and waits for the thread.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const { return port_; }
  /// Any thread but the server's own. Returns how many websockets were cut.
  int cut_connections();

 private:
  void bind(const std::string& address, int port);
  void accept();
  void take_client(boost::asio::ip::tcp::socket socket);
  bool take_faulty(boost::asio::ip::tcp::socket& socket);
  void tick();
  void sweep();

  ServerParts parts_;
  boost::asio::io_context io_{1};
  std::optional<boost::asio::ssl::context> tls_;
  std::optional<boost::asio::ssl::context> strange_tls_;
  Publisher publisher_;
  RestApi rest_;
  ConnectionContext context_;
  boost::asio::ip::tcp::acceptor acceptor_{io_};
  boost::asio::steady_timer tick_timer_{io_};
  boost::asio::steady_timer sweep_timer_{io_};
  boost::asio::steady_timer accept_timer_{io_};
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::pair<boost::asio::ip::tcp::socket, Connection::Clock::time_point>>
      muted_;  ///< and since when
  int port_ = 0;
  std::thread thread_;
};

}  // namespace lockstep::sim
