// The daemon on one thread: the same parts that engine/daemon.cpp puts on threads of their own, each with its
// turns, in an order from the seed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/signal_store.hpp"
#include "engine/config.hpp"
#include "engine/journal/journal.hpp"
#include "engine/shard_thread.hpp"
#include "engine/signal_gate.hpp"
#include "feeds/feed.hpp"
#include "replay/simulation/memory_disk.hpp"
#include "replay/simulation/random.hpp"

namespace lockstep::simulation {

/// A thread of the daemon: when it is woken, it works after a while.
class Actor {
 public:
  Actor(boost::asio::io_context& io, std::function<void()> work) : timer_(io), work_(std::move(work)) {}
  void wake(std::int64_t delay_ms);

 private:
  boost::asio::steady_timer timer_;
  std::function<void()> work_;
  bool is_awake_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// One start of the daemon. What MemoryDisk throws comes out of the constructor and of the io_context's run.
class Node {
 public:
  using Deliver = std::function<void(const engine::Signal&)>;

  /// All must outlive the node. `deliver` gets what clients would, in their order.
  Node(boost::asio::io_context& io, MemoryDisk& disk, const engine::Config& config,
       const core::Catalog& catalog, const engine::SeriesSettings& settings, Random& random, Deliver deliver);
  /// As a kill: nothing more is written.
  ~Node();

  /// In order, as after SIGTERM. False: the disk is full or broken.
  bool stop();
  /// It would have ended with exit code 4; empty: it lives.
  const std::string& failure() const { return failure_; }
  /// The writer's thread is not given the CPU, or its disk is slow: so long between two turns, ms.
  void set_disk_delay(std::int64_t ms) { disk_delay_ms_ = ms; }

  const engine::SignalStore& store() const { return store_; }
  const engine::LiveSeries& series(core::SeriesId id) const;
  const std::vector<std::string>& findings() const { return journal_->findings(); }
  std::vector<feeds::FeedHealth> health() const;

 private:
  class WakingSink;
  void make_shards();
  void make_feeds();
  void turn_shard(std::size_t shard);
  void turn_writer();
  void turn_keeper();
  void drain();
  void watch();

  boost::asio::io_context& io_;
  boost::asio::io_context outputs_io_{1};
  const engine::Config& config_;
  const core::Catalog& catalog_;
  const engine::SeriesSettings& settings_;
  Random& random_;
  Deliver deliver_;
  std::string failure_;
  std::int64_t disk_delay_ms_ = 0;

  engine::SignalQueue signals_;
  engine::DetailAnswerQueue answers_;
  engine::OutputsWaker waker_;
  engine::SignalGate gate_;
  engine::SignalStore store_;
  std::vector<feeds::Feed*> feed_of_series_;
  std::optional<engine::journal::Journal> journal_;
  std::vector<std::unique_ptr<engine::ShardThread>> shards_;
  std::vector<std::unique_ptr<WakingSink>> sinks_;
  std::vector<std::unique_ptr<feeds::Feed>> feeds_;
  std::vector<std::unique_ptr<Actor>> shard_actors_;
  Actor writer_, keeper_, outputs_, watcher_;
};

}  // namespace lockstep::simulation
