// The queue between a network thread and a shard.
#pragma once

#include <blockingconcurrentqueue.h>

#include <atomic>
#include <chrono>
#include <cstddef>

#include "engine/core/event.hpp"

namespace lockstep::core {

/// Bounded, lock-free, many producers, one consumer. First in, first out per producer only: a total order
/// exists from the moment the consumer takes an event. A producer owns one token per connection.
template <class T>
class BoundedQueue {
 public:
  using Queue = moodycamel::BlockingConcurrentQueue<T>;
  using ProducerToken = moodycamel::ProducerToken;

  explicit BoundedQueue(std::size_t events_max) : queue_(events_max), events_max_(events_max) {}

  ProducerToken make_token() { return ProducerToken(queue_); }

  /// False when full: the event is not queued and the caller must say that something was lost.
  bool push(const ProducerToken& token, const T& event) {
    if (queue_.size_approx() >= events_max_) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    return queue_.enqueue(token, event);
  }
  /// For rare events from threads without a token.
  bool push(const T& event) { return queue_.enqueue(event); }

  std::size_t take(T* out, std::size_t count) { return queue_.try_dequeue_bulk(out, count); }
  /// Sleeps until there is something or `timeout` is over.
  std::size_t wait_take(T* out, std::size_t count, std::chrono::microseconds timeout) {
    return queue_.wait_dequeue_bulk_timed(out, count, timeout);
  }

  std::size_t depth() const { return queue_.size_approx(); }
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  Queue queue_;
  std::size_t events_max_;
  std::atomic<std::uint64_t> lost_{0};
};

using EventQueue = BoundedQueue<MarketEvent>;

}  // namespace lockstep::core
