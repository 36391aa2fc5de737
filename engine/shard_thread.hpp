// A shard with its queue and its thread.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "engine/config.hpp"
#include "engine/outlet.hpp"
#include "engine/shard.hpp"

namespace lockstep::engine {

/// Takes events and requests for detail from its queues and applies them, until stopped.
class ShardThread {
 public:
  ShardThread(const core::Catalog& catalog, const std::vector<core::SeriesId>& ids,
              const SeriesSettings& settings, const EngineConfig& config, SignalQueue& signals,
              DetailAnswerQueue& answers, OutputsWaker& waker,
              const std::vector<feeds::Feed*>& feed_of_series);
  ~ShardThread() { stop(); }

  /// `place`: which CPU a busy shard stays on, see stay_on_cpu().
  void start(std::size_t place);
  /// Applies what is queued and ends the thread.
  void stop();
  void request_detail(const DetailRequest& request) { requests_.push(request); }
  core::EventQueue& queue() { return queue_; }

 private:
  void run();
  std::size_t take();
  void answer_requests();

  static constexpr std::size_t kBatch = 256;

  PollMode poll_;
  core::EventQueue queue_;
  core::BoundedQueue<DetailRequest> requests_;
  DetailAnswerQueue& answers_;
  DetailAnswerQueue::ProducerToken answers_token_;
  OutputsWaker& waker_;
  ShardOutlet outlet_;
  Shard shard_;
  std::vector<core::MarketEvent> batch_;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace lockstep::engine
