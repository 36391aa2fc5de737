// The thread that all feeds live on.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/config.hpp"
#include "feeds/feed.hpp"

namespace lockstep::engine {

/// Feeds are made on io() and added, then start().
class NetworkThread {
 public:
  explicit NetworkThread(PollMode poll) : poll_(poll) {}
  ~NetworkThread() { stop(); }

  boost::asio::io_context& io() { return io_; }
  void add(std::unique_ptr<feeds::Feed> feed) { feeds_.push_back(std::move(feed)); }
  /// In the order in which they were added.
  feeds::Feed& feed(std::size_t index) { return *feeds_[index]; }

  /// `turn`, where given, is work that shares the thread: called after each read, and again until it says
  /// that there was none; after that every 2 ms (PollMode wait) or all the time (busy).
  void start(std::function<bool()> turn = {});
  /// Feeds say goodbye and end with the thread. Any thread but this one; idempotent.
  void stop();

  /// Any thread, as the rest: to a feed, which takes it up on this thread, in this order, or never when that
  /// is stopping. New series, series that have ended, a question; its answer comes on this thread.
  void begin(std::size_t feed, std::vector<core::SeriesId> series);
  void end(std::size_t feed, std::vector<core::SeriesId> series);
  void look_up(std::size_t feed, feeds::SymbolQuestion question,
               std::function<void(const feeds::SymbolAnswer&)> done);

  /// Any thread; as of a fraction of a second ago.
  std::vector<feeds::FeedHealth> feed_health() const;
  /// Any thread: grows while this one moves.
  std::uint64_t beats() const { return beats_.load(std::memory_order_relaxed); }

 private:
  template <class What>
  void post(What what) {
    boost::asio::post(io_, [this, what = std::move(what)] {
      if (!is_stopping_) what();
    });
  }
  void run(const std::function<bool()>& turn);
  void run_in_turns(const std::function<bool()>& turn);
  void poll_busily();
  void note_health();
  void note_health_again();

  const PollMode poll_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer health_timer_{io_};
  std::vector<std::unique_ptr<feeds::Feed>> feeds_;
  mutable std::mutex health_mutex_;
  std::vector<feeds::FeedHealth> feed_health_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<std::uint64_t> beats_{0};
  std::thread thread_;
};

}  // namespace lockstep::engine
