#include "engine/network_thread.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <chrono>

#include "engine/cpu_place.hpp"
#include "engine/thread_name.hpp"

namespace lockstep::engine {
namespace {

constexpr std::chrono::milliseconds kHealthPeriod{250};
/// How long a thread that shares its time with other work sleeps at most: what others ask of that work waits
/// so long.
constexpr std::chrono::milliseconds kTurnWait{2};
/// How long feeds are given to say goodbye.
constexpr std::chrono::seconds kGoodbye{1};

}  // namespace

void NetworkThread::start(std::function<bool()> turn) {
  note_health();
  thread_ = std::thread([this, turn = std::move(turn)] {
    name_thread("network");
    ask_for_short_slices();
    run(turn);
  });
  post([this] {
    for (auto& feed : feeds_) feed->start();
  });
}

void NetworkThread::stop() {
  is_stopping_.store(true, std::memory_order_release);
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void NetworkThread::begin(std::size_t feed, std::vector<core::SeriesId> series) {
  post([this, feed, series = std::move(series)] { feeds_[feed]->add(series); });
}

void NetworkThread::end(std::size_t feed, std::vector<core::SeriesId> series) {
  post([this, feed, series = std::move(series)] { feeds_[feed]->remove(series); });
}

void NetworkThread::look_up(std::size_t feed, feeds::SymbolQuestion question,
                            std::function<void(const feeds::SymbolAnswer&)> done) {
  post([this, feed, question = std::move(question), done = std::move(done)] {
    feeds_[feed]->look_up(question, done);
  });
}

std::vector<feeds::FeedHealth> NetworkThread::feed_health() const {
  const std::lock_guard lock(health_mutex_);
  return feed_health_;
}

void NetworkThread::run(const std::function<bool()>& turn) {
  auto work = boost::asio::make_work_guard(io_);
  note_health_again();
  if (poll_ == PollMode::busy) stay_on_cpu(0);
  if (turn) {
    run_in_turns(turn);
  } else if (poll_ == PollMode::busy) {
    poll_busily();
  } else {
    io_.run();
  }
  work.reset();
  io_.restart();
  for (auto& feed : feeds_) feed->stop();
  health_timer_.cancel();
  io_.run_for(kGoodbye);
}

/// One handler, then a turn: while frames keep coming, poll() would not return.
void NetworkThread::run_in_turns(const std::function<bool()>& turn) {
  bool is_idle = false;
  while (!is_stopping_.load(std::memory_order_acquire)) {
    const bool sleeps = is_idle && poll_ == PollMode::wait;
    if (is_idle && !sleeps) std::this_thread::yield();
    const bool has_read = (sleeps ? io_.run_one_for(kTurnWait) : io_.poll_one()) > 0;
    const bool has_worked = turn();
    is_idle = !has_read && !has_worked;
  }
}

/// Idle, it lets others run: with fewer cores than busy threads a shard would else wait for a whole time
/// slice.
void NetworkThread::poll_busily() {
  while (!is_stopping_.load(std::memory_order_acquire)) {
    if (io_.poll() == 0) std::this_thread::yield();
  }
}

void NetworkThread::note_health() {
  std::vector<feeds::FeedHealth> now;
  for (const auto& feed : feeds_) now.push_back(feed->health());
  const std::lock_guard lock(health_mutex_);
  feed_health_ = std::move(now);
}

void NetworkThread::note_health_again() {
  beats_.fetch_add(1, std::memory_order_relaxed);
  note_health();
  health_timer_.expires_after(kHealthPeriod);
  health_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) note_health_again();
  });
}

}  // namespace lockstep::engine
