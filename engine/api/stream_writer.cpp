// The sending half of StreamSession: which message is next, and its text.
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
  head_ += ',';
}

void StreamSession::make_answer() {
  begin_message(answers_.front().type);
  head_ += answers_.front().fields;
  head_ += '}';
  answers_.pop_front();
}

void StreamSession::make_heartbeat() {
  is_heartbeat_due_ = false;
  begin_message("heartbeat");
  JsonWriter(head_).field("now_ms", wall_ms()).end_object();
}

void StreamSession::make_snapshot() {
  const core::SeriesId series = snapshots_.front();
  snapshots_.pop_front();
  awaits_snapshot_[series] = false;
  const Signal signal =
      options_.is_closed_only ? state_->store.closed_now(series) : state_->store.latest(series);
  make_signal_head(signal.kind, true, 0);
  append_age(head_, signal, monotonic_ns());
  head_ += ',';
  append_signal_rest(head_, signal, state_->index, state_->epoch);
  head_ += '}';
}

void StreamSession::make_publication() {
  const Outgoing next = queue_.pop();
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
