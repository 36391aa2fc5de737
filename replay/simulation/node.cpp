#include "replay/simulation/node.hpp"

#include <algorithm>
#include <utility>

#include "engine/outlet.hpp"

namespace lockstep::simulation {

using engine::Signal;
using engine::journal::Writer;

namespace {

constexpr std::size_t kSignalsMax = 1 << 16;
constexpr std::size_t kAnswersMax = 16;
constexpr std::int64_t kKeeperPeriodMs = 5'000;
constexpr std::int64_t kWatchPeriodMs = 250;
/// Between attempts while the disk is full.
constexpr std::int64_t kRetryMs = 100;

}  // namespace

void Actor::wake(std::int64_t delay_ms) {
  if (std::exchange(is_awake_, true)) return;
  timer_.expires_after(std::chrono::milliseconds(delay_ms));
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
    if (error || alive.expired()) return;
    is_awake_ = false;
    work_();
  });
}

/// Each event to its shard, which notices some time later.
class Node::WakingSink final : public feeds::EventSink {
 public:
  WakingSink(Node& node, const std::vector<core::EventQueue*>& queues) : node_(node), outlet_(queues) {}
  bool push(const core::MarketEvent& event) override {
    const bool is_pushed = outlet_.push(event);
    for (std::size_t shard = 0; shard < node_.shards_.size(); ++shard) {
      if (node_.shards_[shard]->queue().depth() > 0)
        node_.shard_actors_[shard]->wake(node_.random_.permille(900) ? 0 : node_.random_.skewed(0, 500));
    }
    return is_pushed;
  }

 private:
  Node& node_;
  engine::FeedOutlet outlet_;
};

Node::Node(boost::asio::io_context& io, MemoryDisk& disk, const engine::Config& config,
           const core::Catalog& catalog, const engine::SeriesSettings& settings, Random& random,
           Deliver deliver)
    : io_(io),
      config_(config),
      catalog_(catalog),
      settings_(settings),
      random_(random),
      deliver_(std::move(deliver)),
      signals_(kSignalsMax),
      answers_(kAnswersMax),
      waker_(outputs_io_, [this] { drain(); }),
      gate_(catalog.size(),
            [this](const Signal& signal) {
              store_.put(signal);
              deliver_(signal);
            }),
      store_(catalog.size()),
      feed_of_series_(catalog.size(), nullptr),
      writer_(io, [this] { turn_writer(); }),
      keeper_(io, [this] { turn_keeper(); }),
      outputs_(io,
               [this] {
                 outputs_io_.restart();
                 outputs_io_.poll();
               }),
      watcher_(io, [this] { watch(); }) {
  engine::journal::Journal::Hooks hooks;
  hooks.on_durable = [this] {
    waker_.wake();
    outputs_.wake(random_.skewed(0, 5));
  };
  hooks.on_failed = [this](const std::string& text) { failure_ = text; };
  journal_.emplace(config_, catalog_, settings_, std::move(hooks), disk);
  make_shards();
  make_feeds();
  journal_->start_turns();
  for (auto& shard : shards_) shard->start_turns();
  writer_.wake(0);
  keeper_.wake(kKeeperPeriodMs);
  watcher_.wake(kWatchPeriodMs);
  for (auto& feed : feeds_) feed->start();
}

Node::~Node() {
  for (auto& feed : feeds_) feed->stop();
  // A shard that ends in order would work off its queue first.
  core::MarketEvent event;
  for (auto& shard : shards_) {
    while (shard->queue().take(&event, 1) == 1) {
    }
  }
}

void Node::make_shards() {
  const auto count = static_cast<std::size_t>(config_.engine.shards);
  std::vector<std::vector<core::SeriesId>> ids(count);
  for (const core::Series& series : catalog_.series())
    ids[engine::shard_of(series.id, count)].push_back(series.id);
  std::vector<const engine::journal::Port*> ports;
  for (std::size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<engine::ShardThread>(catalog_, ids[i], settings_, config_.engine,
                                                            signals_, answers_, waker_, feed_of_series_,
                                                            &*journal_));
    shard_actors_.push_back(std::make_unique<Actor>(io_, [this, i] { turn_shard(i); }));
    ports.push_back(shards_.back()->port());
  }
  for (core::SeriesId id = 0; id < catalog_.size(); ++id) {
    auto& series = journal_->series()[id];
    if (series) shards_[engine::shard_of(id, count)]->adopt(id, std::move(series));
  }
  gate_.guard(std::move(ports), journal_->writer(), [this] {
    return std::any_of(shards_.begin(), shards_.end(),
                       [](const auto& shard) { return shard->has_backlog(); });
  });
}

void Node::make_feeds() {
  std::vector<core::EventQueue*> queues;
  for (auto& shard : shards_) queues.push_back(&shard->queue());
  for (const feeds::FeedConfig& feed : config_.feeds) {
    std::vector<core::SeriesId> ids;
    for (const std::string& symbol : feed.symbols) {
      for (const std::string& interval : feed.intervals)
        ids.push_back(*catalog_.find(feed.venue, symbol, *core::Interval::parse(interval)));
    }
    sinks_.push_back(std::make_unique<WakingSink>(*this, queues));
    feeds_.push_back(feeds::make_feed(io_, feed, catalog_, ids, *sinks_.back()));
    for (const core::SeriesId id : ids) feed_of_series_[id] = feeds_.back().get();
  }
}

void Node::turn_shard(std::size_t shard) {
  shards_[shard]->turn();
  // A journal that takes nothing is looked at again a little later.
  if (shards_[shard]->queue().depth() > 0)
    shard_actors_[shard]->wake(shards_[shard]->port()->is_blocked() ? 10 : 0);
  if (journal_->writer().stats().pending_bytes > 0) writer_.wake(disk_delay_ms_ + random_.skewed(0, 20));
  if (signals_.depth() > 0) outputs_.wake(random_.skewed(0, 5));
}

void Node::turn_writer() {
  if (!failure_.empty()) return;
  if (journal_->writer().step() == Writer::Step::stalled) return writer_.wake(kRetryMs);
  if (config_.journal.fsync == engine::FsyncPolicy::interval && !journal_->writer().sync_now()) return;
  const bool has_more = journal_->writer().stats().pending_bytes > 0;
  if (has_more || config_.journal.fsync == engine::FsyncPolicy::interval)
    writer_.wake(disk_delay_ms_ + (has_more ? 1 : config_.journal.fsync_ms));
}

void Node::turn_keeper() {
  const std::uint64_t generation = journal_->keeper().generation();
  journal_->keeper().turn();
  if (journal_->keeper().generation() != generation) {
    for (auto& actor : shard_actors_) actor->wake(1);
  }
  keeper_.wake(kKeeperPeriodMs);
}

void Node::drain() {
  Signal batch[64];
  for (std::size_t count; (count = signals_.take(batch, std::size(batch))) > 0;) {
    for (std::size_t i = 0; i < count; ++i) gate_.take(batch[i]);
  }
  gate_.release();
}

void Node::watch() {
  gate_.watch_journal();
  watcher_.wake(kWatchPeriodMs);
}

bool Node::stop() {
  for (auto& feed : feeds_) feed->stop();
  for (auto& shard : shards_) shard->stop();
  while (journal_->writer().step() == Writer::Step::written) {
  }
  if (journal_->writer().is_stalled() || !journal_->writer().write_stop()) return false;
  drain();
  std::vector<const engine::LiveSeries*> all;
  for (core::SeriesId id = 0; id < catalog_.size(); ++id) all.push_back(&series(id));
  return journal_->stop(all);
}

const engine::LiveSeries& Node::series(core::SeriesId id) const {
  return *shards_[engine::shard_of(id, shards_.size())]->shard().find(id);
}

std::vector<feeds::FeedHealth> Node::health() const {
  std::vector<feeds::FeedHealth> all;
  for (const auto& feed : feeds_) all.push_back(feed->health());
  return all;
}

}  // namespace lockstep::simulation
