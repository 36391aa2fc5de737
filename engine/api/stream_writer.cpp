// The sending half of StreamSession: which message is next, and its text.
#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "engine/api/json_writer.hpp"
#include "engine/api/signal_json.hpp"
#include "engine/api/stream_session.hpp"

namespace lockstep::engine {

namespace asio = boost::asio;

void StreamSession::pump() {
  if (is_writing_ || is_closing_ || !make_next()) return;
  write();
}

bool StreamSession::make_next() {
  rest_ = nullptr;
  head_.clear();
  if (!answers_.empty()) {
    make_answer();
  } else if (is_heartbeat_due_) {
    make_heartbeat();
  } else if (!snapshots_.empty()) {
    make_snapshot();
  } else if (make_missed()) {
    return true;
  } else if (is_closing_) {
    return false;
  } else if (!queue_.empty()) {
    make_publication();
  } else {
    return false;
  }
  return true;
}

void StreamSession::begin_message(std::string_view type) {
  JsonWriter(head_)
      .begin_object()
      .field("type", type)
      .field("epoch", state_->epoch)
      .field("sequence", ++sequence_);
  JsonWriter json(head_ += ',');
  sent_ != 0 ? json.field("position", sent_) : json.null_field("position");
  head_ += ',';
}

/// With nothing more to send, the client has all there is, wanted or not.
void StreamSession::note_caught_up() {
  if (snapshots_.empty() && queue_.empty() && !is_catching_up_) sent_ = state_->log.last();
}

void StreamSession::make_answer() {
  note_caught_up();
  begin_message(answers_.front().type);
  head_ += answers_.front().fields;
  head_ += '}';
  answers_.pop_front();
}

void StreamSession::make_heartbeat() {
  is_heartbeat_due_ = false;
  note_caught_up();
  begin_message("heartbeat");
  JsonWriter(head_).field("now_ms", wall_ms()).end_object();
}

void StreamSession::make_snapshot() {
  const core::SeriesId series = snapshots_.front();
  snapshots_.pop_front();
  awaits_snapshot_[series] = false;
  note_caught_up();
  const Signal signal = (wanted_[series] & kind_bit(Signal::Kind::open_bar)) != 0
                            ? state_->store.latest(series)
                            : state_->store.closed_now(series);
  make_signal_head(signal.kind, true, 0);
  append_age(head_, signal, monotonic_ns());
  head_ += ',';
  append_signal_rest(head_, signal, state_->index, state_->epoch);
  head_ += '}';
}

bool StreamSession::make_missed() {
  if (!is_catching_up_) return false;
  if (!state_->log.reaches(sent_)) {
    close(boost::beast::websocket::close_code::try_again_later, "too slow: what was missed is gone");
    return false;
  }
  const auto* entry = state_->log.next(
      sent_, [this](const Signal& signal) { return (wanted_[signal.series] & kind_bit(signal.kind)) != 0; });
  if (entry == nullptr) {
    is_catching_up_ = false;
    sent_ = state_->log.last();
    // Of the open bars that were missed the newest is enough.
    constexpr KindSet kOpen = kind_bit(Signal::Kind::open_bar);
    for (core::SeriesId id = 0; id < wanted_.size(); ++id) {
      if ((wanted_[id] & kOpen) == 0 || state_->store.latest(id).kind != Signal::Kind::open_bar) continue;
      awaits_snapshot_[id] = true;
      snapshots_.push_back(id);
    }
    if (snapshots_.empty()) return false;
    make_snapshot();
    return true;
  }
  sent_ = entry->position;
  make_signal_head(entry->signal.kind, false, 0);
  append_age(head_, entry->signal, monotonic_ns());
  head_ += ',';
  append_signal_rest(head_, entry->signal, state_->index, state_->epoch);
  head_ += '}';
  return true;
}

void StreamSession::make_publication() {
  const Outgoing next = queue_.pop();
  sent_ = std::max(sent_, next.position);
  make_signal_head(next.kind, false, next.conflated);
  append_age(head_, next.ts_published_ns, monotonic_ns());
  head_ += ',';
  rest_ = next.rest;
}

void StreamSession::make_signal_head(Signal::Kind kind, bool is_snapshot, std::uint32_t conflated) {
  begin_message(kind == Signal::Kind::state ? "state" : "signal");
  JsonWriter(head_).field("snapshot", is_snapshot).field("conflated", conflated).key("signal").begin_object();
}

void StreamSession::write() {
  is_writing_ = true;
  ts_write_ns_ = monotonic_ns();
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head_),
                                                     rest_ ? asio::buffer(*rest_) : asio::const_buffer()};
  socket_.async_write(buffers,
                      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_written(error); });
}

void StreamSession::on_written(ErrorCode error) {
  is_writing_ = false;
  if (error) {
    if (!is_closing_) cut();
    return;
  }
  ++state_->counters.messages_sent;
  pump();
}

}  // namespace lockstep::engine
