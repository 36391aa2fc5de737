// Some series of a venue: their topics, the connection they come by, and how records become events.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/catalog.hpp"
#include "feeds/bar_closer.hpp"
#include "feeds/connection.hpp"
#include "feeds/event_outlet.hpp"
#include "feeds/exchange_clock.hpp"
#include "feeds/roll_up.hpp"
#include "feeds/row_flow.hpp"
#include "feeds/series_table.hpp"
#include "feeds/trade_bars.hpp"

namespace lockstep::feeds {

/// What the streams of a feed share. Everything in it must outlive them.
struct StreamContext {
  const Venue& venue;
  const core::Catalog& catalog;
  EventOutlet& outlet;
  ExchangeClock& clock;
  std::optional<core::Interval> roll_up_from;  ///< longer bars are made from these
  /// How long a topic without series may stay subscribed: then a connection without it takes over.
  std::chrono::milliseconds forget_wait{60'000};
  /// The venue will not have the topic of a series that it lists: called once the series is rejected.
  std::function<void(core::SeriesId)> refused_by_venue = [](core::SeriesId) {};
};

/// Lives on the network thread. After stop() nothing is pushed.
///
/// Has one connection; a second one while the first is being replaced before it ends (fault N8): that one
/// subscribes, and when all of it is acknowledged and has delivered, or has had kHandover for it, the first
/// is closed. Meanwhile both deliver; which one did does not matter, since bars are merged by identity and
/// time (N14).
class Stream {
 public:
  struct Counters {
    std::uint64_t frames = 0;
    std::uint64_t frames_unknown = 0;
    std::uint64_t records_refused = 0;
  };
  /// How long a new connection may stay without data before the old one goes.
  static constexpr std::chrono::seconds kHandover{20};

  /// `settings`: of a connection; called once for each.
  Stream(boost::asio::io_context& io, const StreamContext& context, std::function<LinkSettings()> settings,
         const std::vector<core::SeriesId>& series);
  ~Stream() { stop(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void start();
  void stop();
  /// Looks after a replacement under way. To be called regularly, never from inside a handler of a
  /// connection.
  void tick();

  /// A series of this stream that was rejected is listed again; on a new connection, which then takes over,
  /// when this one is not to be believed. False: it is none of this stream's.
  bool resume(core::SeriesId id, bool needs_new_connection);
  /// A series more. It is up at once where the topic that it lives on is.
  void add(core::SeriesId id);
  /// A series less, if it is one of them. What still comes of a topic without series is passed over; the
  /// connection is replaced by one without it after forget_wait.
  void forget(core::SeriesId id);
  /// What the series lives on is subscribed here already.
  bool has_topic_of(core::SeriesId id) const;
  std::size_t series_count() const;
  /// Some series of it is not rejected.
  bool has_wanted() const;
  /// Gives all connections up and makes them anew.
  void drop(core::Reason reason, const std::string& why);

  bool is_subscribed() const;
  std::uint64_t reconnects() const;
  std::uint64_t rotations() const { return rotations_; }
  Counters counters() const;
  const std::string& last_error() const { return connection_->last_error(); }

 private:
  /// Trades of a symbol and the bars made from them.
  struct TradeTopic {
    TradeOrder order;
    std::vector<std::pair<core::SeriesId, TradeBars<TimeBoundary>>> bars;
  };
  struct TopicState {
    std::vector<core::SeriesId> series;                     ///< all that live on it
    core::Interval interval;                                ///< of its bars; of no meaning for trades
    std::optional<core::SeriesId> own;                      ///< the series of that very interval
    std::vector<std::pair<core::SeriesId, RollUp>> rolled;  ///< and those made from its bars
    std::unique_ptr<BarCloser> closer;                      ///< of bar topics
    std::unique_ptr<TradeTopic> trades;                     ///< of trade topics
  };

  TopicIndex add_series(core::SeriesId id);
  /// The topic that a series lives on, whether it is there or not.
  struct Place {
    core::Interval interval;
    bool is_rolled;
    bool has_stream;
    std::string interval_text;
  };
  Place place_of(const core::Series& series) const;
  std::unique_ptr<Connection> make_connection();
  bool is_wanted(TopicIndex topic) const;
  bool is_acknowledged(TopicIndex topic) const;
  void acknowledged(TopicIndex topic);
  void rejected(TopicIndex topic, const Reply& reply);
  void ending(const Connection* which, const std::string& why);
  void lost(const Connection* which, core::Reason reason);
  void begin_anew(TopicIndex topic);
  void take(const Frame& frame, std::string_view text, std::int64_t recv_ns);
  void take_bars(const Frame& frame, std::int64_t recv_ns);
  void take_bar(const BarRecord& record, std::int64_t recv_ns);
  bool read_row(TopicIndex topic, const BarRecord& record, std::int64_t ts_event_ms,
                core::MarketEvent& event);
  void change_scale(TopicIndex topic, int price_scale);
  void push_bar(TopicState& topic, const core::MarketEvent& event, std::int64_t recv_ns);
  void take_trade(const TradeRecord& record, std::int64_t recv_ns);
  bool read_trade(const TopicState& topic, const TradeRecord& record, Trade& trade);
  void push_trade_bars(TopicState& topic, const std::vector<Trade>& trades, std::int64_t recv_ns);
  void push(core::MarketEvent event, core::SeriesId id, std::int64_t recv_ns);
  void damaged(const Frame& frame, const ParseResult& result, std::string_view text);
  void refuse(core::SeriesId series, core::Reason reason, std::string_view why, std::int64_t ts_event_ms);
  void refuse_all(const TopicState& topic, core::Reason reason, std::string_view why,
                  std::int64_t ts_event_ms);
  std::optional<TopicIndex> find(std::string_view symbol, std::string_view interval) const {
    return table_.find(symbol, interval);
  }

  boost::asio::io_context& io_;
  StreamContext context_;
  std::function<LinkSettings()> settings_;
  std::string name_;
  std::vector<Topic> topics_;
  std::vector<TopicState> states_;  ///< by topic
  SeriesTable table_;               ///< (symbol, interval as in frames) to topic
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Connection> next_;  ///< takes over
  std::chrono::steady_clock::time_point next_since_{};
  bool is_rotation_due_ = false;
  std::optional<std::chrono::steady_clock::time_point> rotate_at_;  ///< for the sake of forgotten topics
  bool has_unflagged_bars_ = false;  ///< bars of this venue do not say that they are final
  RowFlow flow_;                     ///< of those bars
  std::string rotation_why_;
  std::string_view text_;  ///< the frame at hand, for messages
  Counters counters_;      ///< of connections that are gone, and records
  std::uint64_t reconnects_ = 0;
  std::uint64_t rotations_ = 0;
  net::LogGate log_gate_;
};

}  // namespace lockstep::feeds
