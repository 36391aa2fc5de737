// What waits to be sent to one stream client: bounded in bytes, with newer open bars taking the place of
// older ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/signal.hpp"

namespace lockstep::engine {

/// One message without the parts that differ between clients. The text is shared by all of them.
struct Outgoing {
  std::shared_ptr<const std::string>
      rest;  ///< of the signal object, with the braces that end object and message
  core::SeriesId series = 0;
  Signal::Kind kind = Signal::Kind::state;
  std::int64_t ts_published_ns = 0;
  std::uint64_t position = 0;   ///< of the publication; of the oldest one that it took the place of
  std::uint32_t conflated = 0;  ///< older open bars of the series that this one took the place of
};

/// Closed bars and states are never replaced or dropped: when they do not fit, the client is told to go
/// (Push::overflow).
class OutgoingQueue {
 public:
  enum class Push : std::uint8_t { queued, conflated, overflow };

  /// Counts the shared text in full for each client. conflate_bytes: above it open bars are conflated.
  OutgoingQueue(std::size_t conflate_bytes, std::size_t bytes_max)
      : conflate_bytes_(conflate_bytes), bytes_max_(bytes_max) {}

  /// On overflow the message is not queued.
  Push push(Outgoing message);
  bool empty() const { return messages_.empty(); }
  std::size_t size() const { return messages_.size(); }
  std::size_t bytes() const { return bytes_; }
  /// Precondition: not empty.
  Outgoing pop();
  /// Drops the messages for whose series and kind `wanted` is false.
  template <class Wanted>
  void keep(Wanted&& wanted);
  void clear();

 private:
  static std::size_t bytes_of(const Outgoing& message) { return sizeof(Outgoing) + message.rest->size(); }
  /// The waiting open bar that the message may take the place of, or null.
  Outgoing* replaceable(const Outgoing& message);
  void note_position(const Outgoing& message);

  std::size_t conflate_bytes_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::uint64_t popped_ = 0;  // position of the first message since construction
  std::deque<Outgoing> messages_;
  // Where a series' waiting open bar is, if nothing of the series waits behind it: only then may it be
  // replaced.
  std::unordered_map<core::SeriesId, std::uint64_t> open_bar_at_;
};

template <class Wanted>
void OutgoingQueue::keep(Wanted&& wanted) {
  const std::deque<Outgoing> all = std::move(messages_);
  clear();
  for (const Outgoing& message : all) {
    if (!wanted(message.series, message.kind)) continue;
    bytes_ += bytes_of(message);
    messages_.push_back(message);
    note_position(message);
  }
}

}  // namespace lockstep::engine
