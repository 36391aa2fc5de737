// One combined-stream connection of Binance: subscribes its series, turns kline frames into bar events.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/catalog.hpp"
#include "feeds/binance/parse.hpp"
#include "feeds/event_outlet.hpp"
#include "feeds/exchange_clock.hpp"
#include "feeds/link.hpp"
#include "feeds/net/log.hpp"
#include "feeds/series_table.hpp"

namespace lockstep::feeds::binance {

/// What the streams of a feed share. Everything in it must outlive them.
struct StreamContext {
  const core::Catalog& catalog;
  const SeriesTable& table;  ///< (symbol as in frames, interval) to series
  EventOutlet& outlet;
  ExchangeClock& clock;
};

struct StreamCounters {
  std::uint64_t frames = 0;
  std::uint64_t frames_unknown = 0;
  std::uint64_t records_refused = 0;
};

/// Lives on the network thread. After stop() nothing is pushed.
class Stream {
 public:
  /// Series to a subscribe request: one that is refused is halved until the culprit is known.
  static constexpr std::size_t kChunkSeriesMax = 50;
  static constexpr std::chrono::seconds kAckWait{10};

  Stream(boost::asio::io_context& io, const StreamContext& context, LinkSettings settings,
         std::vector<core::SeriesId> series);
  ~Stream() { stop(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void start() { link_->start(); }
  void stop();

  /// Connected, and every series that the venue takes is acknowledged.
  bool is_subscribed() const { return link_->is_open() && pending_.empty(); }
  std::uint64_t reconnects() const { return link_->reconnects(); }
  const StreamCounters& counters() const { return counters_; }
  const std::string& last_error() const { return last_error_; }

 private:
  using Chunk = std::vector<core::SeriesId>;

  void subscribe_all();
  void subscribe(Chunk chunk);
  void await_acks();
  void take(std::string_view text, std::int64_t recv_ns);
  void take_kline(const Kline& kline, std::int64_t recv_ns);
  void take_ack(const Reply& reply);
  void take_error(const Reply& reply);
  void refuse(core::SeriesId series, core::Reason reason, std::string_view text, std::int64_t ts_event_ms);
  void lost(core::Reason reason, const std::string& why, bool was_open);

  StreamContext context_;
  std::string name_;
  std::vector<core::SeriesId> series_;
  std::shared_ptr<Link> link_;
  boost::asio::steady_timer ack_timer_;
  std::map<std::int64_t, Chunk> pending_;  ///< subscribe requests without an answer, by id
  std::int64_t next_id_ = 1;
  FrameParser parser_;
  Frame frame_;
  std::string_view text_;  ///< the frame at hand, for messages
  StreamCounters counters_;
  std::string last_error_;
  net::LogGate log_gate_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  ///< gone after stop(): queued handlers do nothing
};

}  // namespace lockstep::feeds::binance
