// What the system tells a daemon to do: end, or read its configuration again.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace lockstep::engine {

/// Everything is called on the thread that runs `io`.
class SystemSignals {
 public:
  explicit SystemSignals(boost::asio::io_context& io) : ends_(io), hangups_(io) {}

  /// SIGINT and SIGTERM call `stop`; a second one ends the process at once.
  void on_end(std::function<void()> stop);
  /// SIGHUP calls `reload`, each time.
  void on_hangup(std::function<void()> reload);
  /// Waits for none of them any more.
  void cancel();

 private:
  void await_hangup();

  boost::asio::signal_set ends_;
  boost::asio::signal_set hangups_;
  std::function<void()> reload_;
};

}  // namespace lockstep::engine
