#include "engine/shard_thread.hpp"

#include "engine/cpu_place.hpp"
#include "engine/planted_fault.hpp"
#include "engine/thread_name.hpp"
#include "feeds/net/clock.hpp"

#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lockstep::engine {
namespace {

constexpr std::size_t kDetailRequestsMax = 1024;
constexpr std::size_t kHeldRequestsMax = 1024;
/// How long a waiting shard sleeps at most: the delay of a request for detail on an idle series.
constexpr std::chrono::microseconds kWaitMax{2000};

/// Between looks at a journal that takes nothing.
constexpr std::chrono::milliseconds kHeldUpWait{1};
/// States given to a snapshot at a time: some 40 us.
constexpr std::size_t kStatesAtOnce = 2;

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
                         const std::vector<feeds::Feed*>& feed_of_series, journal::Journal* journal,
                         ShardMeter* meter)
    : poll_(config.poll),
      journal_(journal),
      port_(journal != nullptr ? &journal->add_port() : nullptr),
      meter_(meter),
      queue_(static_cast<std::size_t>(config.queue_events_max)),
      requests_(kDetailRequestsMax),
      held_requests_(kHeldRequestsMax),
      answers_(answers),
      answers_token_(answers.make_token()),
      waker_(waker),
      outlet_(signals, waker, feed_of_series, port_, meter),
      shard_(catalog, ids, settings, outlet_, journal != nullptr || meter != nullptr ? &outlet_ : nullptr),
      batch_(kBatch),
      ids_(ids) {}

void ShardThread::adopt(core::SeriesId id, std::unique_ptr<LiveSeries> series) {
  series->skip_sequences();
  if (logs_ != nullptr && series->indicator() != nullptr) (*logs_)[id]->go_on(*series->indicator());
  shard_.adopt(id, std::move(series));
  adopted_.push_back(id);
}

/// What was known before the restart is shown, and as not valid: the stream is down until the feed says
/// otherwise, and then the bars since are fetched.
void ShardThread::take_up_adopted() {
  for (const core::SeriesId id : adopted_) {
    const Signal& last = shard_.find(id)->last_closed();
    if (last.bar.ts_open_ms != 0) outlet_.publish_again(last);
    core::MarketEvent down;
    down.kind = core::EventKind::stream_down;
    down.reason = core::Reason::starting;
    down.series = id;
    shard_.apply(down);
  }
  if (port_ != nullptr) port_->flush();
}

/// Events wait in the queue while the journal has no room for what they mean.
bool ShardThread::is_held_up() {
  if (port_ == nullptr || !port_->is_blocked()) return false;
  std::this_thread::sleep_for(kHeldUpWait);
  return true;
}

void ShardThread::give_states() {
  if (journal_ == nullptr || generation_ == journal_->keeper().generation()) return;
  shard_.finish_cold_starts();
  for (std::size_t i = 0; i < kStatesAtOnce && next_state_ < ids_.size(); ++i, ++next_state_) {
    state_.clear();
    shard_.find(ids_[next_state_])->to_bytes(state_);
    port_->append_state(ids_[next_state_], state_);
  }
  if (next_state_ == ids_.size()) {
    next_state_ = 0;
    ++generation_;
  }
}

/// One state a turn: some 20 us.
void ShardThread::give_held() {
  core::SeriesId id = 0;
  if (port_ == nullptr || held_requests_.take(&id, 1) != 1) return;
  if (shard_.find(id) == nullptr) begin(id);
  shard_.finish_cold_starts();
  state_.clear();
  shard_.find(id)->to_bytes(state_);
  port_->append_held(id, state_);
}

void ShardThread::begin(core::SeriesId id) {
  if (journal_ != nullptr) journal_->begin_series(id, *port_);
  shard_.begin(id);
  ids_.push_back(id);
}

void ShardThread::start(std::size_t place) {
  thread_ = std::thread([this, place] {
    name_thread(("shard " + std::to_string(place - 1)).c_str());
    ask_for_short_slices();
    if (poll_ == PollMode::busy) stay_on_cpu(place);
    take_up_adopted();
    run();
  });
}

void ShardThread::start_turns() {
  has_turns_ = true;
  take_up_adopted();
}

bool ShardThread::turn() {
  beats_.fetch_add(1, std::memory_order_relaxed);
  if (port_ != nullptr && port_->is_blocked()) return answer_requests();
  const std::size_t count = queue_.take(batch_.data(), kBatch);
  // One piece of what can wait, not all: nothing new comes in before this turn ends.
  const bool has_prepared = count == 0 && (shard_.finish_cold_starts() || shard_.do_postponed());
  return work(count) || has_prepared;
}

void ShardThread::stop() {
  is_stopping_.store(true, std::memory_order_release);
  if (thread_.joinable()) thread_.join();
  if (std::exchange(has_turns_, false)) run();
}

std::size_t ShardThread::take() {
  std::size_t count = queue_.take(batch_.data(), kBatch);
  if (count == 0 && shard_.finish_cold_starts() && port_ != nullptr) port_->flush();
  while (count == 0 && shard_.do_postponed()) count = queue_.take(batch_.data(), kBatch);
  if (count > 0) return count;
  if (poll_ == PollMode::wait) return queue_.wait_take(batch_.data(), kBatch, kWaitMax);
  pause_briefly();
  return 0;
}

void ShardThread::run() {
  for (;;) {
    const bool is_last_round = is_stopping_.load(std::memory_order_acquire);
    beats_.fetch_add(1, std::memory_order_relaxed);
    if (is_held_up()) {
      answer_requests();
      if (is_last_round) return;
      continue;
    }
    const std::size_t count = take();
    work(count);
    if (is_last_round && count == 0) return;
  }
}

/// A venue's clock has no time of its own: such an event says nothing, and changes nothing.
void ShardThread::note_oldest(std::size_t count) {
  if (count == 0) return oldest_recv_ns_.store(0, std::memory_order_relaxed);
  const auto end = batch_.begin() + static_cast<std::ptrdiff_t>(count);
  const auto first =
      std::find_if(batch_.begin(), end, [](const auto& event) { return event.ts_recv_ns != 0; });
  if (first != end) oldest_recv_ns_.store(first->ts_recv_ns, std::memory_order_relaxed);
}

/// Applies the first `count` events of the batch, and what goes with them. False when that was nothing.
bool ShardThread::work(std::size_t count) {
  note_oldest(count);
  if (count > 0 && meter_ != nullptr) meter_->begin(feeds::net::monotonic_ns());
  for (std::size_t i = 0; i < count; ++i) {
    const core::MarketEvent& event = batch_[i];
    if (event.kind != core::EventKind::clock && shard_.find(event.series) == nullptr) begin(event.series);
    shard_.apply(event);
  }
  strike_planted(shard_);
  give_states();
  give_held();
  if (port_ != nullptr) port_->flush();
  return answer_requests() || count > 0;
}

bool ShardThread::answer_requests() {
  DetailRequest request;
  bool any = false;
  while (requests_.take(&request, 1) == 1) {
    answers_.push(answers_token_, shard_.answer(request));
    any = true;
  }
  if (any) waker_.wake();
  return any;
}

}  // namespace lockstep::engine
