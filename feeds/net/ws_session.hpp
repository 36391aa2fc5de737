// One websocket connection of a client, from resolving the name to its end. It never reconnects: see
// feeds/link.hpp.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/net/message_budget.hpp"
#include "feeds/net/transport.hpp"
#include "feeds/net/ws_frames.hpp"

namespace lockstep::feeds::net {

struct WsSettings {
  Url url;
  std::string target = "/";  ///< request target, prefix included
  std::shared_ptr<boost::asio::ssl::context> tls;
  DialLimits dial;
  std::chrono::milliseconds upgrade{5000};
  std::chrono::milliseconds ping_after{20'000};  ///< nothing received for so long: we ping
  std::chrono::milliseconds dead_after{45'000};  ///< nothing received for so long, not even a pong: lost
  std::size_t message_bytes_max = 1 << 20;
  int messages_per_s = 5;  ///< outgoing, pings and pongs included
};

/// Lives on the network thread, kept by shared_ptr. One owner. Callbacks come from the io_context, never from
/// inside start(), send() or close(); after close() or `closed` none comes any more.
class WsSession : public std::enable_shared_from_this<WsSession> {
 public:
  struct Handlers {
    std::function<void()> opened;
    /// A whole text message, valid UTF-8, followed by at least kPaddingBytes readable bytes; gone after the
    /// call. recv_ns: monotonic, when the read that completed it returned.
    std::function<void(std::string_view text, std::int64_t recv_ns)> text;
    /// The connection failed or ended: why, for people, outside bytes escaped. Last callback.
    std::function<void(const std::string& why)> closed;
  };
  static constexpr std::size_t kPaddingBytes = WsMessageReader::kPaddingBytes;

  WsSession(boost::asio::io_context& io, WsSettings settings, Handlers handlers);

  void start();
  /// Queues a text message; sent within the message budget.
  void send(std::string text);
  /// Says goodbye (close code 1000) and ends.
  void close();

 private:
  enum class State : std::uint8_t { idle, dialing, upgrading, open, ended };

  void dialed(std::shared_ptr<Transport> transport, const std::string& error);
  void upgrade();
  void check_upgrade(std::size_t header_bytes);
  void opened(std::string_view rest);
  void read();
  void received(std::size_t bytes);
  bool deliver(const WsTakeResult& taken, std::int64_t recv_ns);
  void make_room(std::size_t bytes_needed);
  void pump();
  void write(std::string frame);
  void tick();
  void fail(const std::string& why);
  void end(std::optional<std::uint16_t> close_code);

  WsSettings settings_;
  Handlers handlers_;
  State state_ = State::idle;
  std::shared_ptr<Dialer> dialer_;
  std::shared_ptr<Transport> transport_;
  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;       ///< upgrade deadline, then the idle tick
  boost::asio::steady_timer send_timer_;  ///< waits for the message budget
  std::string key_;
  std::string upgrade_bytes_;

  WsMessageReader reader_;
  std::vector<char> buffer_;  ///< payload bytes lie in [begin_, end_), padding behind the usable size
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  MessageBudget::Clock::time_point received_at_{};
  MessageBudget::Clock::time_point pinged_at_{};

  MessageBudget budget_;
  std::deque<std::string> texts_;
  std::optional<std::string> pong_;
  bool is_ping_due_ = false;
  bool is_writing_ = false;
  std::string writing_;
};

}  // namespace lockstep::feeds::net
