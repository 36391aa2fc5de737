// One websocket client of /v1/stream.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/client_command.hpp"
#include "engine/api/outgoing_queue.hpp"
#include "engine/api/server_state.hpp"

namespace lockstep::engine {

inline constexpr const char* kStreamProtocol = "lockstep.v1";

/// What the client asked for when it connected.
struct StreamOptions {
  SeriesFilter filter;
  bool is_closed_only = false;  ///< no open bars
  bool starts_empty = false;    ///< subscribe=none: nothing until the client subscribes
  std::string resume_epoch;     ///< resume=EPOCH:POSITION: what was seen last; empty: a new client
  std::uint64_t resume_position = 0;
  bool offers_protocol = false;  ///< Sec-WebSocket-Protocol names ours
};

/// Sends answers first, then the snapshot of newly wanted series, then publications in order. A series whose
/// snapshot is still to come is not sent otherwise: the snapshot will be newer. Memory: the snapshot is made
/// from the store as it is sent, all else is bounded by OutgoingQueue; a client that asks without reading is
/// bounded by messages_per_s_max and the write deadline.
class StreamSession final : public Connection, public std::enable_shared_from_this<StreamSession> {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;

  StreamSession(std::shared_ptr<ServerState> state, boost::beast::tcp_stream stream, StreamOptions options);

  /// Accepts the upgrade.
  void start(const Request& request);
  /// A series that came after the start: it is wanted as what the client has said so far would have it.
  void add_series(const core::Series& series);
  bool wants(const Signal& signal) const;
  void offer(const Signal& signal, std::uint64_t position, const std::shared_ptr<const std::string>& rest);

  void stop() override { close(boost::beast::websocket::close_code::going_away, "the server stops"); }
  void cut() override;
  void tick(std::int64_t now_ns) override;
  const boost::asio::ip::address& peer() const override { return peer_; }

 private:
  using ErrorCode = boost::beast::error_code;
  struct ClientAnswer {
    const char* type;
    std::string fields;  // of the message, as JSON, without braces
  };

  void on_accepted(ErrorCode error);
  void read();
  void on_read(ErrorCode error);
  void obey(std::string_view text);
  void obey(const ClientCommand& command);
  bool is_within_rate();
  void say_error(const ApiError& error);
  void say_hello();
  /// Goes on after what the client has seen, if that is still known; else says why not.
  const char* resume();
  void say(ClientAnswer answer);
  KindSet default_kinds() const;
  void remember(ClientCommand command);
  std::size_t subscribe(const SeriesFilter& filter, KindSet kinds);
  std::size_t unsubscribe(const SeriesFilter& filter, KindSet kinds);
  std::size_t subscribed() const;

  // stream_writer.cpp
  void pump();
  bool make_next();
  void begin_message(std::string_view type);
  void note_caught_up();
  void make_answer();
  void make_heartbeat();
  void make_snapshot();
  bool make_missed();
  void make_publication();
  void make_signal_head(Signal::Kind kind, bool is_snapshot, std::uint32_t conflated);
  void on_written(ErrorCode error);
  void write();
  void close(boost::beast::websocket::close_code code, std::string_view reason);

  std::shared_ptr<ServerState> state_;
  boost::beast::websocket::stream<boost::beast::tcp_stream> socket_;
  boost::asio::ip::address peer_;
  StreamOptions options_;
  Registration<Connection> connection_registration_;
  std::unique_ptr<Registration<StreamSession>> stream_registration_;  // from the upgrade to the close

  std::deque<ClientCommand> said_;        // for series that come later; oldest first, each filter once
  std::vector<KindSet> wanted_;           // by series; 0: nothing of it
  std::vector<bool> awaits_snapshot_;     // by series
  std::deque<core::SeriesId> snapshots_;  // each series at most once
  std::deque<ClientAnswer> answers_;      // to the client's own messages, bounded by the rate limit
  OutgoingQueue queue_;
  bool is_catching_up_ = false;  // what comes next is in the log; nothing goes into the queue meanwhile
  std::uint64_t sent_ = 0;       // position up to which everything wanted was sent; 0: not yet known
  bool is_heartbeat_due_ = false;
  std::int64_t ts_heartbeat_ns_ = 0;

  std::uint64_t sequence_ = 0;  // of the last message made
  std::string head_;            // of the message being written: all of it, or what goes before rest_
  std::shared_ptr<const std::string> rest_;
  bool is_writing_ = false;
  std::int64_t ts_write_ns_ = 0;
  bool is_closing_ = false;
  std::int64_t ts_closing_ns_ = 0;

  boost::beast::flat_buffer incoming_;
  std::int64_t ts_rate_ns_ = 0;
  int messages_in_window_ = 0;
};

}  // namespace lockstep::engine
