// One websocket connection of a stream and what is subscribed on it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feeds/link.hpp"
#include "feeds/net/log.hpp"
#include "feeds/venue.hpp"

namespace lockstep::feeds {

/// Index of a topic in its stream.
using TopicIndex = std::uint32_t;

/// Lives on the network thread. Subscriptions are desired state: sent from scratch on each connection, each
/// of them must be acknowledged. A request that is refused is halved until the culprit is known (fault N10).
class Connection {
 public:
  static constexpr std::chrono::seconds kAckWait{10};

  /// Called from inside the connection's own handlers; the connection may be stopped there, not destroyed.
  struct Handlers {
    std::function<void(TopicIndex)> acknowledged;
    std::function<void(TopicIndex, const Reply&)> rejected;
    /// A frame with bars or trades. recv_ns: monotonic.
    std::function<void(const Frame& frame, std::string_view text, std::int64_t recv_ns)> records;
    /// A frame that could not be read; the first bar of it may still say whose it was.
    std::function<void(const Frame& frame, const ParseResult& result, std::string_view text)> damaged;
    /// It should be replaced by another one while it still works: the venue says so, or it is old.
    std::function<void(const std::string& why)> ending;
    std::function<void(core::Reason reason)> lost;  ///< it was open, and has no subscription any more
  };
  struct Counters {
    std::uint64_t frames = 0;
    std::uint64_t frames_unknown = 0;  ///< of no use to us, skipped
  };

  /// `topics` and whether one of them is wanted at all are the stream's; they must outlive this.
  Connection(boost::asio::io_context& io, const Venue& venue, const std::vector<Topic>& topics,
             std::function<bool(TopicIndex)> is_wanted, LinkSettings settings, Handlers handlers);
  ~Connection() { stop(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() { link_->start(); }
  /// No callback follows.
  void stop();
  /// Gives the present connection up and makes a new one.
  void drop(core::Reason reason, const std::string& why) { link_->drop(reason, why); }

  /// Asks for a topic that was not wanted, or not there yet, when it opened.
  void subscribe_again(TopicIndex topic);

  bool is_open() const { return link_->is_open(); }
  /// Open, and every topic that the venue takes is acknowledged.
  bool is_subscribed() const { return is_open() && pending_.empty() && waiting_.empty(); }
  bool is_acknowledged(TopicIndex topic) const {
    return topic < acknowledged_.size() && acknowledged_[topic];
  }
  /// Frames with bars or trades since it opened.
  std::uint64_t record_frames() const { return record_frames_; }
  std::uint64_t reconnects() const { return link_->reconnects(); }
  const Counters& counters() const { return counters_; }
  const std::string& last_error() const { return last_error_; }

 private:
  using Chunk = std::vector<TopicIndex>;

  void opened();
  void lost(core::Reason reason, const std::string& why, bool was_open);
  void subscribe(Chunk chunk);
  void send_next();
  void await_acks();
  void ping();
  void take(std::string_view text, std::int64_t recv_ns);
  bool take_sequence();
  bool is_progress(std::string_view text);
  void take_ack();
  void take_error();
  void acknowledge(TopicIndex topic);
  void forget(TopicIndex topic);
  void refuse(std::int64_t id);

  const Venue& venue_;
  const std::vector<Topic>& topics_;
  std::function<bool(TopicIndex)> is_wanted_;
  Handlers handlers_;
  std::string name_;
  std::shared_ptr<Link> link_;
  boost::asio::steady_timer ack_timer_;
  boost::asio::steady_timer ping_timer_;
  std::map<std::int64_t, Chunk> pending_;  ///< requests without an answer, by id
  std::deque<Chunk> waiting_;              ///< not sent yet: one request at a time
  std::vector<bool> acknowledged_;
  std::int64_t next_id_ = 1;
  std::int64_t sequence_ = -1;
  std::uint64_t record_frames_ = 0;
  std::int64_t newest_event_ms_ = 0;
  std::size_t last_text_hash_ = 0;
  std::unique_ptr<FrameParser> parser_;
  Frame frame_;
  Counters counters_;
  std::string last_error_;
  net::LogGate log_gate_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  ///< gone after stop(): queued handlers do nothing
};

}  // namespace lockstep::feeds
