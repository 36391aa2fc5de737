// What all connections of one API server share.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/api/access.hpp"
#include "engine/api/answer_desk.hpp"
#include "engine/api/api_server.hpp"
#include "engine/api/detail_desk.hpp"
#include "engine/api/limits.hpp"
#include "engine/api/publication_log.hpp"
#include "engine/api/series_index.hpp"
#include "engine/api/signal_store.hpp"

namespace lockstep::engine {

class StreamSession;

/// A client's connection. Registered from construction to destruction; pending operations keep it alive.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Says goodbye in the protocol's way, soon.
  virtual void stop() = 0;
  /// Closes the socket now.
  virtual void cut() = 0;
  /// Called a few times a second: deadlines that no operation of its own watches.
  virtual void tick(std::int64_t now_ns) = 0;
  virtual const boost::asio::ip::address& peer() const = 0;
};

/// Counters since start, shown in /v1/status.
struct ApiCounters {
  std::uint64_t requests = 0;
  std::uint64_t refused_connections = 0;  ///< beyond the caps
  std::uint64_t refused_requests = 0;     ///< token, Host or Origin
  std::uint64_t messages_sent = 0;        ///< to stream clients
  std::uint64_t conflated = 0;            ///< open bars replaced by newer ones before they were sent
  std::uint64_t closed_slow = 0;  ///< stream clients closed with 1013, or cut because they took nothing
};

/// Lives as long as the server or any connection does. One thread: that of the io_context.
struct ServerState {
  ServerState(boost::asio::io_context& io_context, const ApiConfig& api_config, const core::Catalog& catalog,
              ApiHooks api_hooks, const ApiLimits& api_limits);

  int clients_from(const boost::asio::ip::address& peer) const;

  boost::asio::io_context& io;
  const ApiConfig config;
  const ApiLimits limits;
  const ApiHooks hooks;
  const Access access;
  SeriesIndex index;
  const std::string epoch;  ///< 16 hexadecimal digits, random at each start
  const std::int64_t ts_started_ns;
  SignalStore store;
  PublicationLog log;
  DetailDesk details;
  AnswerDesk<std::string> histories;
  AnswerDesk<SeriesReport> changes;
  ApiCounters counters;
  std::vector<Connection*> connections;
  std::vector<StreamSession*> streams;
  bool is_stopping = false;
};

/// Keeps a connection in the list of all of them. A member of the connection, so it must not outlive it.
template <class T>
class Registration {
 public:
  Registration(std::vector<T*>& list, T* item) : list_(list), item_(item) { list_.push_back(item_); }
  ~Registration() { std::erase(list_, item_); }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  std::vector<T*>& list_;
  T* item_;
};

}  // namespace lockstep::engine
