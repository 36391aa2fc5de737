#include "engine/shard_thread.hpp"

#include "engine/cpu_place.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lockstep::engine {
namespace {

constexpr std::size_t kDetailRequestsMax = 1024;
/// How long a waiting shard sleeps at most: the delay of a request for detail on an idle series.
constexpr std::chrono::microseconds kWaitMax{2000};

/// Idle, a busy shard lets others run: with fewer cores than busy threads the network would else wait for a
/// whole time slice.
void pause_briefly() {
#if defined(__x86_64__)
  _mm_pause();
#endif
  std::this_thread::yield();
}

}  // namespace

ShardThread::ShardThread(const core::Catalog& catalog, const std::vector<core::SeriesId>& ids,
                         const SeriesSettings& settings, const EngineConfig& config, SignalQueue& signals,
                         DetailAnswerQueue& answers, OutputsWaker& waker,
                         const std::vector<feeds::Feed*>& feed_of_series)
    : poll_(config.poll),
      queue_(static_cast<std::size_t>(config.queue_events_max)),
      requests_(kDetailRequestsMax),
      answers_(answers),
      answers_token_(answers.make_token()),
      waker_(waker),
      outlet_(signals, waker, feed_of_series),
      shard_(catalog, ids, settings, outlet_),
      batch_(kBatch) {}

void ShardThread::start(std::size_t place) {
  thread_ = std::thread([this, place] {
    if (poll_ == PollMode::busy) stay_on_cpu(place);
    run();
  });
}

void ShardThread::stop() {
  is_stopping_.store(true, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
}

std::size_t ShardThread::take() {
  std::size_t count = queue_.take(batch_.data(), kBatch);
  while (count == 0 && shard_.do_postponed()) count = queue_.take(batch_.data(), kBatch);
  if (count > 0) return count;
  if (poll_ == PollMode::wait) return queue_.wait_take(batch_.data(), kBatch, kWaitMax);
  pause_briefly();
  return 0;
}

void ShardThread::run() {
  for (;;) {
    const bool is_last_round = is_stopping_.load(std::memory_order_acquire);
    const std::size_t count = take();
    for (std::size_t i = 0; i < count; ++i) shard_.apply(batch_[i]);
    answer_requests();
    if (is_last_round && count == 0) return;
  }
}

void ShardThread::answer_requests() {
  DetailRequest request;
  bool any = false;
  while (requests_.take(&request, 1) == 1) {
    answers_.push(answers_token_, shard_.answer(request));
    any = true;
  }
  if (any) waker_.wake();
}

}  // namespace lockstep::engine
