#include "engine/api/outgoing_queue.hpp"

#include <utility>

#include "engine/core/defence.hpp"

namespace lockstep::engine {

OutgoingQueue::Push OutgoingQueue::push(Outgoing message) {
  Outgoing* waiting = bytes_ > conflate_bytes_ ? replaceable(message) : nullptr;
  const std::size_t kept_bytes = waiting != nullptr ? bytes_ - bytes_of(*waiting) : bytes_;
  if (kept_bytes + bytes_of(message) > bytes_max_ && LOCKSTEP_DEFENCE(slow_client)) return Push::overflow;
  bytes_ = kept_bytes + bytes_of(message);
  if (waiting != nullptr) {
    message.conflated = waiting->conflated + 1;
    // What waits behind it is newer than the one it replaces: a client that resumes from here must get that.
    message.position = waiting->position;
    *waiting = std::move(message);
    return Push::conflated;
  }
  messages_.push_back(std::move(message));
  note_position(messages_.back());
  return Push::queued;
}

Outgoing OutgoingQueue::pop() {
  Outgoing message = std::move(messages_.front());
  messages_.pop_front();
  bytes_ -= bytes_of(message);
  const auto found = open_bar_at_.find(message.series);
  if (found != open_bar_at_.end() && found->second == popped_) open_bar_at_.erase(found);
  ++popped_;
  return message;
}

void OutgoingQueue::clear() {
  popped_ += messages_.size();
  messages_.clear();
  open_bar_at_.clear();
  bytes_ = 0;
}

Outgoing* OutgoingQueue::replaceable(const Outgoing& message) {
  if (message.kind != Signal::Kind::open_bar) return nullptr;
  const auto found = open_bar_at_.find(message.series);
  return found == open_bar_at_.end() ? nullptr
                                     : &messages_[static_cast<std::size_t>(found->second - popped_)];
}

void OutgoingQueue::note_position(const Outgoing& message) {
  if (message.kind == Signal::Kind::open_bar) {
    open_bar_at_[message.series] = popped_ + messages_.size() - 1;
  } else {
    open_bar_at_.erase(message.series);
  }
}

}  // namespace lockstep::engine
