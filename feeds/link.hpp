// A websocket link that is kept up for ever: the one reconnect loop of all venues.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/event.hpp"
#include "feeds/frame_tap.hpp"
#include "feeds/net/backoff.hpp"
#include "feeds/net/ws_session.hpp"

namespace lockstep::feeds {

struct LinkSettings {
  net::WsSettings ws;
  std::string name;                           ///< for the log
  std::chrono::milliseconds silence{60'000};  ///< no note_data() for so long: lost
  std::chrono::milliseconds backoff_base{500};
  std::chrono::milliseconds backoff_max{30'000};
  std::chrono::milliseconds good_data{10'000};         ///< data for so long resets the backoff
  std::chrono::milliseconds lifetime{23 * 3'600'000};  ///< then `aged` (venues end their connections at 24 h)
  std::uint64_t seed = 0;                              ///< of the jitter
  std::shared_ptr<FrameTap> tap;                       ///< null: nobody listens
};

/// One owner; lives on the network thread, kept by shared_ptr. At most one connection or attempt at a time,
/// and all state of a connection dies with it.
class Link : public std::enable_shared_from_this<Link> {
 public:
  struct Handlers {
    std::function<void()> opened;  ///< subscribe now, from scratch
    /// See WsSession::Handlers::text.
    std::function<void(std::string_view text, std::int64_t recv_ns)> text;
    /// It is as old as `lifetime`, and still works. Once a connection.
    std::function<void()> aged;
    /// The connection is gone, or the attempt failed (was_open false). The next attempt is already planned.
    std::function<void(core::Reason reason, const std::string& why, bool was_open)> lost;
  };

  Link(boost::asio::io_context& io, LinkSettings settings, Handlers handlers);

  void start();
  /// Ends the connection; no callback follows.
  void stop();
  void send(std::string text);
  /// Gives the connection up and makes a new one after the backoff. `lost` is called before this returns.
  void drop(core::Reason reason, const std::string& why);
  /// A data frame came: liveness is progress of data, not of pings.
  void note_data(std::int64_t recv_ns);

  bool is_open() const { return is_open_; }
  std::uint64_t reconnects() const { return attempts_ > 1 ? attempts_ - 1 : 0; }

 private:
  void attempt();
  void plan(std::chrono::milliseconds wait);
  void opened();
  void tick();
  bool has_good_data() const;

  boost::asio::io_context& io_;
  LinkSettings settings_;
  Handlers handlers_;
  net::Backoff backoff_;
  boost::asio::steady_timer retry_timer_;
  boost::asio::steady_timer tick_timer_;
  std::shared_ptr<net::WsSession> session_;
  bool is_stopped_ = false;
  bool is_open_ = false;
  bool is_aged_ = false;
  std::uint64_t attempts_ = 0;
  std::int64_t opened_ns_ = 0;
  std::int64_t first_data_ns_ = 0;
  std::int64_t last_data_ns_ = 0;
};

}  // namespace lockstep::feeds
