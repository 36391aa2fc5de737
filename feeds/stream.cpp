#include "feeds/stream.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/decimal.hpp"
#include "feeds/net/escape.hpp"

namespace lockstep::feeds {
namespace {

using core::MarketEvent;
using core::Reason;
using core::SeriesId;

}  // namespace

Stream::Stream(boost::asio::io_context& io, const StreamContext& context,
               std::function<LinkSettings()> settings, const std::vector<SeriesId>& series)
    : io_(io), context_(context), settings_(std::move(settings)), name_(settings_().name) {
  for (const SeriesId id : series) add_series(id);
  connection_ = make_connection();
}

Stream::Place Stream::place_of(const core::Series& series) const {
  const auto& base = context_.roll_up_from;
  const bool is_rolled =
      base && context_.venue.has_bar_stream(*base) && RollUp::divides(*base, series.interval);
  const core::Interval interval = is_rolled ? *base : series.interval;
  const bool has_stream = context_.venue.has_bar_stream(interval);
  return {interval, is_rolled, has_stream, has_stream ? interval.text() : ""};
}

TopicIndex Stream::add_series(SeriesId id) {
  const core::Series& series = context_.catalog[id];
  const auto [interval, is_rolled, has_stream, interval_text] = place_of(series);
  std::optional<TopicIndex> topic = find(series.symbol, interval_text);
  if (!topic) {
    topic = static_cast<TopicIndex>(topics_.size());
    topics_.push_back({series.symbol, interval_text});
    table_.add(series.symbol, interval_text, *topic);
    TopicState& state = states_.emplace_back(TopicState{{}, interval, {}, {}, nullptr, nullptr});
    if (has_stream) {
      state.closer = std::make_unique<BarCloser>(interval);
    } else {
      state.trades =
          std::make_unique<TradeTopic>(TradeTopic{TradeOrder(context_.venue.rules().trade_ids), {}});
    }
  }
  TopicState& state = states_[*topic];
  state.series.push_back(id);
  if (is_rolled) {
    state.rolled.emplace_back(id, RollUp(interval, series.interval));
  } else if (has_stream) {
    state.own = id;
  } else {
    state.trades->bars.emplace_back(id, TimeBoundary(series.interval, context_.venue.rules().trade_ids));
  }
  return *topic;
}

std::unique_ptr<Connection> Stream::make_connection() {
  // A connection calls nothing after its stop(), so the pointer to it is good in every call.
  const auto self = std::make_shared<const Connection*>(nullptr);
  Connection::Handlers handlers;
  handlers.acknowledged = [this](TopicIndex topic) { acknowledged(topic); };
  handlers.rejected = [this](TopicIndex topic, const Reply& reply) { rejected(topic, reply); };
  handlers.records = [this](const Frame& frame, std::string_view text, std::int64_t recv_ns) {
    take(frame, text, recv_ns);
  };
  handlers.damaged = [this](const Frame& frame, const ParseResult& result, std::string_view text) {
    damaged(frame, result, text);
  };
  handlers.ending = [this, self](const std::string& why) { ending(*self, why); };
  handlers.lost = [this, self](Reason reason) { lost(*self, reason); };
  auto connection = std::make_unique<Connection>(
      io_, context_.venue, topics_, [this](TopicIndex topic) { return is_wanted(topic); }, settings_(),
      std::move(handlers));
  *self = connection.get();
  return connection;
}

void Stream::start() {
  connection_->start();
}

void Stream::stop() {
  if (next_) next_->stop();
  if (connection_) connection_->stop();
}

void Stream::tick() {
  if (rotate_at_ && std::chrono::steady_clock::now() >= *rotate_at_) {
    rotate_at_.reset();
    is_rotation_due_ = true;
    rotation_why_ = "the connection is replaced by one without what was removed";
  }
  if (std::exchange(is_rotation_due_, false) && !next_) {
    net::log()->info("{}: {}", name_, rotation_why_);
    next_ = make_connection();
    next_since_ = std::chrono::steady_clock::now();
    next_->start();
  }
  if (!next_) return;
  const bool is_waited_for = std::chrono::steady_clock::now() - next_since_ >= kHandover;
  if (!next_->is_subscribed() || (next_->record_frames() == 0 && !is_waited_for)) return;
  connection_->stop();
  counters_.frames += connection_->counters().frames;
  counters_.frames_unknown += connection_->counters().frames_unknown;
  reconnects_ += connection_->reconnects();
  connection_ = std::move(next_);
  ++rotations_;
}

bool Stream::resume(SeriesId id, bool needs_new_connection) {
  for (TopicIndex topic = 0; topic < topics_.size(); ++topic) {
    const auto& series = states_[topic].series;
    if (std::find(series.begin(), series.end(), id) == series.end()) continue;
    begin_anew(topic);
    if (is_acknowledged(topic)) {
      context_.outlet.stream_up(id);  // the venue goes on where it stopped
      return true;
    }
    if (needs_new_connection && !next_) {
      is_rotation_due_ = true;
      rotation_why_ = "the connection is replaced: it was refused what is listed";
      return true;
    }
    for (Connection* const connection : {connection_.get(), next_.get()}) {
      if (connection != nullptr) connection->subscribe_again(topic);
    }
    return true;
  }
  return false;
}

bool Stream::has_wanted() const {
  for (TopicIndex topic = 0; topic < topics_.size(); ++topic) {
    if (is_wanted(topic)) return true;
  }
  return false;
}

void Stream::drop(Reason reason, const std::string& why) {
  if (next_) next_->drop(reason, why);
  connection_->drop(reason, why);
}

bool Stream::is_subscribed() const {
  return connection_->is_subscribed() || (next_ && next_->is_subscribed());
}

std::uint64_t Stream::reconnects() const {
  return reconnects_ + connection_->reconnects() + (next_ ? next_->reconnects() : 0);
}

Stream::Counters Stream::counters() const {
  Counters sum = counters_;
  for (const Connection* connection : {connection_.get(), next_.get()}) {
    if (connection == nullptr) continue;
    sum.frames += connection->counters().frames;
    sum.frames_unknown += connection->counters().frames_unknown;
  }
  return sum;
}

bool Stream::is_wanted(TopicIndex topic) const {
  const auto& series = states_[topic].series;
  return std::any_of(series.begin(), series.end(),
                     [this](SeriesId id) { return !context_.outlet.is_rejected(id); });
}

bool Stream::is_acknowledged(TopicIndex topic) const {
  return (connection_ && connection_->is_acknowledged(topic)) || (next_ && next_->is_acknowledged(topic));
}

void Stream::acknowledged(TopicIndex topic) {
  // With the other connection up it is up already, and has missed nothing.
  for (const SeriesId id : states_[topic].series) {
    if (!context_.outlet.is_up(id) && !context_.outlet.is_rejected(id)) context_.outlet.stream_up(id);
  }
}

void Stream::rejected(TopicIndex topic, const Reply& reply) {
  for (const SeriesId id : states_[topic].series) {
    const core::Series& series = context_.catalog[id];
    net::log()->error("{}: {} {} is rejected: code {} '{}'", name_, net::escape(series.symbol),
                      series.interval.text(), reply.code, net::escape(reply.message));
    context_.outlet.rejected(id, Reason::symbol_unknown);
    context_.refused_by_venue(id);
  }
}

void Stream::ending(const Connection* which, const std::string& why) {
  if (which != connection_.get() || next_) return;
  is_rotation_due_ = true;  // by tick(): not from inside the connection's own call
  rotation_why_ = why;
}

void Stream::lost(const Connection* which, Reason reason) {
  const Connection* const other = which == connection_.get() ? next_.get() : connection_.get();
  for (TopicIndex topic = 0; topic < topics_.size(); ++topic) {
    if (other != nullptr && other->is_acknowledged(topic)) continue;
    begin_anew(topic);
    for (const SeriesId id : states_[topic].series) {
      if (context_.outlet.is_up(id)) context_.outlet.stream_down(id, reason);
    }
  }
}

/// What was seen of a topic so far proves nothing about what comes next.
void Stream::begin_anew(TopicIndex topic) {
  TopicState& state = states_[topic];
  if (state.closer) state.closer->reset();
  for (auto& [id, roll_up] : state.rolled) roll_up.reset();
  if (!state.trades) return;
  state.trades->order.reset();
  for (auto& [id, bars] : state.trades->bars) bars.reset();
}

void Stream::take(const Frame& frame, std::string_view text, std::int64_t recv_ns) {
  if (context_.outlet.has_pending()) context_.outlet.flush();
  text_ = text;
  if (frame.kind == FrameKind::bar) return take_bars(frame, recv_ns);
  for (const TradeRecord& trade : frame.trades) take_trade(trade, recv_ns);
}

void Stream::take_bars(const Frame& frame, std::int64_t recv_ns) {
  for (std::size_t i = 0; i < frame.bars.size(); ++i) {
    // Of a snapshot the last row of a series is its present; the others are history, which comes by REST.
    const bool is_followed = frame.is_snapshot && i + 1 < frame.bars.size() &&
                             frame.bars[i + 1].symbol == frame.bars[i].symbol &&
                             frame.bars[i + 1].interval == frame.bars[i].interval;
    if (!is_followed) take_bar(frame.bars[i], recv_ns);
  }
}

void Stream::take_bar(const BarRecord& record, std::int64_t recv_ns) {
  const std::optional<TopicIndex> topic = find(record.symbol, record.interval);
  // Nothing counts before the acknowledgement: history is asked for from there on.
  if (!topic || !is_acknowledged(*topic) || states_[*topic].series.empty()) {
    ++counters_.frames_unknown;
    return;
  }
  TopicState& state = states_[*topic];
  has_unflagged_bars_ |= record.state == BarState::unsaid;
  const bool has_time = record.ts_event_ms != 0 || context_.venue.rules().has_bar_times;
  if (has_time && !is_time_plausible(record.ts_event_ms)) {
    return refuse_all(state, Reason::record_unusable, "event time outside 2009 to 2100", record.ts_event_ms);
  }
  const std::int64_t ts_event_ms =
      has_time ? record.ts_event_ms : std::max(record.bar.ts_open_ms, context_.clock.now_ms(recv_ns));
  if (record.state == BarState::unsaid && has_time && flow_.take(ts_event_ms)) {
    for (TopicState& each : states_) {
      if (each.closer) each.closer->reset();
    }
  }
  MarketEvent event;
  if (!read_row(*topic, record, ts_event_ms, event)) return;
  const BarCloser::Result result = state.closer->take(event, record.state, has_time);
  if (result.is_early) {
    const bool is_closed = record.state == BarState::closed;
    return refuse_all(state, Reason::record_unusable,
                      is_closed ? "closed before its end" : "opens after its own time", ts_event_ms);
  }
  if (has_time) {
    context_.clock.note(ts_event_ms, recv_ns);
  } else {
    context_.clock.note_passed(event.bar.ts_open_ms, recv_ns);
  }
  if (result.closed) push_bar(state, *result.closed, recv_ns);
  if (result.open) push_bar(state, *result.open, recv_ns);
}

/// The row in ticks; false when it was refused.
bool Stream::read_row(TopicIndex topic, const BarRecord& record, std::int64_t ts_event_ms,
                      MarketEvent& event) {
  const TopicState& state = states_[topic];
  const int scale_before = context_.outlet.price_scale(state.series.front());
  Reason reason = read_bar(record.bar, state.interval, scale_before, event);
  if (reason == Reason::scale_changed) {
    const std::optional<int> scale = scale_needed(record.bar);
    if (!scale) {
      refuse_all(state, Reason::price_refused, "more than 18 decimals", ts_event_ms);
      return false;
    }
    change_scale(topic, *scale);
    reason = read_bar(record.bar, state.interval, *scale, event);
  }
  event.ts_event_ms = ts_event_ms;
  if (reason == Reason::none) return true;
  refuse_all(state, reason, core::to_string(reason), ts_event_ms);
  return false;
}

void Stream::change_scale(TopicIndex topic, int price_scale) {
  const TopicState& state = states_[topic];
  net::log()->warn("{}: {} has prices with {} decimals; its price scale was {}", name_,
                   net::escape(topics_[topic].symbol), price_scale,
                   context_.outlet.price_scale(state.series.front()));
  for (const SeriesId id : state.series) context_.outlet.change_scale(id, price_scale);
  begin_anew(topic);
}

/// A bar of the topic to the series of its interval, and to those that are rolled up from it.
void Stream::push_bar(TopicState& topic, const MarketEvent& event, std::int64_t recv_ns) {
  if (topic.own) push(event, *topic.own, recv_ns);
  for (auto& [id, roll_up] : topic.rolled) {
    const std::optional<RolledBar> rolled = roll_up.take(event.bar, event.volume, event.is_closed != 0);
    if (!rolled) continue;
    MarketEvent whole = event;
    whole.bar = rolled->bar;
    whole.volume = rolled->volume;
    whole.is_closed = rolled->is_closed ? 1 : 0;
    push(whole, id, recv_ns);
  }
}

void Stream::push(MarketEvent event, SeriesId id, std::int64_t recv_ns) {
  event.kind = core::EventKind::bar;
  event.series = id;
  event.ts_recv_ns = recv_ns;
  context_.outlet.bar(event);
}

void Stream::damaged(const Frame& frame, const ParseResult& result, std::string_view text) {
  text_ = text;
  const auto topic =
      frame.bars.empty() ? std::nullopt : find(frame.bars.front().symbol, frame.bars.front().interval);
  if (topic) return refuse_all(states_[*topic], Reason::record_unusable, result.text(), 0);
  ++counters_.records_refused;
  std::uint64_t skipped = 0;
  if (log_gate_.open(skipped)) net::log()->warn("{}: {}: '{}'", name_, result.text(), net::escape(text));
  // Where a later bar is the proof of the one before, a frame that nobody can read may have been the last
  // word about any of them.
  if (has_unflagged_bars_)
    drop(Reason::events_lost, "a frame could not be read, and bars have no closed flag here");
}

void Stream::refuse(SeriesId series, Reason reason, std::string_view why, std::int64_t ts_event_ms) {
  ++counters_.records_refused;
  context_.outlet.refused(series, reason, ts_event_ms);
  std::uint64_t skipped = 0;
  if (log_gate_.open(skipped)) {
    net::log()->warn("{}: record refused ({}): '{}' ({} more lines like this were held back)", name_, why,
                     net::escape(text_, 400), skipped);
  }
}

}  // namespace lockstep::feeds
