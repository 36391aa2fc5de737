#include "feeds/connection.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/defence.hpp"
#include "feeds/net/escape.hpp"

namespace lockstep::feeds {

using core::Reason;

static_assert(net::WsSession::kPaddingBytes >= kJsonPadding);

Connection::Connection(boost::asio::io_context& io, const Venue& venue, const std::vector<Topic>& topics,
                       std::function<bool(TopicIndex)> is_wanted, LinkSettings settings, Handlers handlers)
    : venue_(venue),
      topics_(topics),
      is_wanted_(std::move(is_wanted)),
      handlers_(std::move(handlers)),
      name_(settings.name),
      ack_timer_(io),
      ping_timer_(io),
      acknowledged_(topics.size(), false),
      parser_(venue.make_parser()) {
  // The link calls nothing after its stop(), which comes before this object goes.
  Link::Handlers link;
  link.opened = [this] { opened(); };
  link.text = [this](std::string_view text, std::int64_t recv_ns) { take(text, recv_ns); };
  link.aged = [this] { handlers_.ending("the connection is replaced before the venue ends it"); };
  link.lost = [this](Reason reason, const std::string& why, bool was_open) { lost(reason, why, was_open); };
  link_ = std::make_shared<Link>(io, std::move(settings), std::move(link));
}

void Connection::stop() {
  alive_.reset();
  link_->stop();
  ack_timer_.cancel();
  ping_timer_.cancel();
}

void Connection::opened() {
  acknowledged_.assign(topics_.size(), false);
  pending_.clear();
  waiting_.clear();
  sequence_ = -1;
  record_frames_ = 0;
  newest_event_ms_ = 0;
  last_text_hash_ = 0;
  for (std::string& text : venue_.greeting()) link_->send(std::move(text));
  const std::size_t step = venue_.rules().topics_per_request;
  for (std::size_t begin = 0; begin < topics_.size(); begin += step) {
    Chunk chunk;
    for (std::size_t i = begin; i < std::min(begin + step, topics_.size()); ++i) {
      chunk.push_back(static_cast<TopicIndex>(i));
    }
    subscribe(std::move(chunk));
  }
  send_next();
  if (venue_.rules().ping_every.count() > 0) ping();
}

void Connection::ping() {
  ping_timer_.expires_after(venue_.rules().ping_every);
  ping_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || alive.expired() || !is_open()) return;
    link_->send(venue_.ping());
    ping();
  });
}

void Connection::subscribe(Chunk chunk) {
  std::erase_if(chunk, [this](TopicIndex topic) { return !is_wanted_(topic); });
  if (!chunk.empty()) waiting_.push_back(std::move(chunk));
}

void Connection::subscribe_again(TopicIndex topic) {
  acknowledged_.resize(topics_.size(), false);
  if (!is_open() || acknowledged_[topic]) return;
  subscribe({topic});
  send_next();
}

void Connection::send_next() {
  while (!waiting_.empty() && (pending_.empty() || !venue_.rules().is_one_request_at_a_time)) {
    const Chunk& chunk = waiting_.front();
    std::vector<Topic> topics;
    for (const TopicIndex topic : chunk) topics.push_back(topics_[topic]);
    const std::int64_t id = next_id_++;
    for (std::string& text : venue_.subscribe(id, topics)) link_->send(std::move(text));
    pending_.emplace(id, std::move(waiting_.front()));
    waiting_.pop_front();
  }
  await_acks();
}

void Connection::await_acks() {
  if (pending_.empty()) return void(ack_timer_.cancel());
  // The message budget lets some requests a second through, so more of them take longer.
  ack_timer_.expires_after(kAckWait + std::chrono::milliseconds(500) * pending_.size());
  ack_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (!error && !alive.expired() && !pending_.empty())
      link_->drop(Reason::disconnected, "a subscription was not acknowledged in time");
  });
}

void Connection::take(std::string_view text, std::int64_t recv_ns) {
  ++counters_.frames;
  const ParseResult result = parser_->parse(text, frame_);
  if (!result.is_ok()) return handlers_.damaged(frame_, result, text);
  if (frame_.sequence >= 0 && !take_sequence()) return;
  switch (frame_.kind) {
    case FrameKind::bar:
    case FrameKind::trade:
      ++record_frames_;
      if (is_progress(text) || !LOCKSTEP_DEFENCE(same_message)) link_->note_data(recv_ns);
      return handlers_.records(frame_, text, recv_ns);
    case FrameKind::ack:
      return take_ack();
    case FrameKind::error:
      return take_error();
    case FrameKind::status:
      if (!frame_.reply.message.empty())
        net::log()->info("{}: the venue says '{}'", name_, net::escape(frame_.reply.message));
      if (frame_.is_ending) handlers_.ending("the venue announces the end of the connection");
      return;
    case FrameKind::heartbeat:
      return;
    case FrameKind::unknown:
      ++counters_.frames_unknown;
  }
}

/// A venue that repeats its last message for ever is as good as silent (fault N3): freshness follows the
/// newest event time; where frames have none, what they say.
bool Connection::is_progress(std::string_view text) {
  std::int64_t event_ms = 0;
  for (const BarRecord& bar : frame_.bars) event_ms = std::max(event_ms, bar.ts_event_ms);
  for (const TradeRecord& trade : frame_.trades) event_ms = std::max(event_ms, trade.ts_event_ms);
  if (event_ms > 0) return event_ms > std::exchange(newest_event_ms_, std::max(newest_event_ms_, event_ms));
  return std::hash<std::string_view>()(text) !=
         std::exchange(last_text_hash_, std::hash<std::string_view>()(text));
}

/// False when frames of the connection are missing: what they held is unknown, so all of it begins anew.
bool Connection::take_sequence() {
  const std::int64_t expected = sequence_ + 1;
  sequence_ = frame_.sequence;
  if (sequence_ == expected) return true;
  link_->drop(Reason::events_lost, fmt::format("frame {} came where {} was due", sequence_, expected));
  return false;
}

void Connection::take_ack() {
  const Reply& reply = frame_.reply;
  if (reply.names.empty()) {
    const auto found = pending_.find(reply.id);
    if (found == pending_.end()) return;
    for (const TopicIndex topic : Chunk(found->second)) acknowledge(topic);
  } else {
    Chunk named;
    for (const auto& [id, chunk] : pending_) {
      for (const TopicIndex topic : chunk) {
        const bool is_named =
            std::any_of(reply.names.begin(), reply.names.end(), [&](const SubscriptionName& name) {
              return name.symbol == topics_[topic].symbol && name.interval == topics_[topic].interval;
            });
        if (is_named) named.push_back(topic);
      }
    }
    for (const TopicIndex topic : named) acknowledge(topic);
  }
  if (pending_.empty()) last_error_.clear();
  send_next();
}

void Connection::acknowledge(TopicIndex topic) {
  forget(topic);
  if (acknowledged_[topic]) return;
  acknowledged_[topic] = true;
  handlers_.acknowledged(topic);
}

/// Takes a topic out of the requests that wait for an answer.
void Connection::forget(TopicIndex topic) {
  for (auto& [id, chunk] : pending_) std::erase(chunk, topic);
  std::erase_if(pending_, [](const auto& request) { return request.second.empty(); });
}

void Connection::take_error() {
  const Reply& reply = frame_.reply;
  last_error_ = fmt::format("{}: the venue answers", name_);
  if (reply.code != 0) last_error_ += fmt::format(" code {}", reply.code);
  last_error_ += fmt::format(" '{}'", net::escape(reply.message));
  std::int64_t id = reply.id;
  if (id < 0 && venue_.rules().is_one_request_at_a_time && !pending_.empty()) id = pending_.begin()->first;
  // A venue that names the symbol, but no request of ours with it: each request is looked at.
  const auto found = pending_.find(id);
  if (!venue_.is_topic_error(reply) || (found == pending_.end() && reply.names.empty())) {
    return link_->drop(Reason::disconnected, last_error_);
  }
  if (reply.names.empty()) return refuse(id);
  Chunk named;
  for (const auto& [request, chunk] : pending_) {
    if (found != pending_.end() && request != id) continue;
    for (const TopicIndex topic : chunk) {
      const SubscriptionName& name = reply.names.front();
      const bool is_same_interval = name.interval.empty() || name.interval == topics_[topic].interval;
      if (topics_[topic].symbol == name.symbol && is_same_interval) named.push_back(topic);
    }
  }
  for (const TopicIndex topic : named) {
    forget(topic);
    handlers_.rejected(topic, reply);
  }
  send_next();
}

/// One bad name spoils a whole request, and the answer does not say which (fault N10).
void Connection::refuse(std::int64_t id) {
  const auto found = pending_.find(id);
  const Chunk chunk = std::move(found->second);
  pending_.erase(found);
  if (chunk.size() == 1) {
    handlers_.rejected(chunk.front(), frame_.reply);
  } else {
    const auto middle = chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() / 2);
    subscribe(Chunk(chunk.begin(), middle));
    subscribe(Chunk(middle, chunk.end()));
  }
  send_next();
}

void Connection::lost(Reason reason, const std::string& why, bool was_open) {
  last_error_ = fmt::format("{}: {}", name_, why);
  pending_.clear();
  waiting_.clear();
  ack_timer_.cancel();
  ping_timer_.cancel();
  acknowledged_.assign(topics_.size(), false);
  if (was_open) handlers_.lost(reason);
}

}  // namespace lockstep::feeds
