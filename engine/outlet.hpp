// Where a shard's publications and a feed's events go: the two ends of the daemon's queues.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "engine/bar_log.hpp"
#include "engine/core/catalog.hpp"
#include "engine/core/event_queue.hpp"
#include "engine/journal/writer.hpp"
#include "engine/live_series.hpp"
#include "engine/shard.hpp"
#include "engine/shard_meter.hpp"
#include "feeds/feed.hpp"

namespace lockstep::engine {

/// Wakes the outputs thread, once for any number of publications that it has not seen yet.
class OutputsWaker {
 public:
  OutputsWaker(boost::asio::io_context& io, std::function<void()> drain)
      : io_(io), drain_(std::move(drain)) {}

  void wake() {
    if (is_pending_.exchange(true, std::memory_order_acq_rel)) return;
    boost::asio::post(io_, [this] {
      // An exchange, so that a publication whose wake() found the flag set is seen by this drain.
      is_pending_.exchange(false, std::memory_order_acq_rel);
      drain_();
    });
  }

 private:
  boost::asio::io_context& io_;
  std::function<void()> drain_;
  std::atomic<bool> is_pending_{false};
};

/// A shard's sink: publications to the outputs' queue, requests for history to the feed of the series. With a
/// journal, events go there first, and publications carry the ticket of the record that they rest on: the
/// outputs thread holds them back until that is durable.
class ShardOutlet final : public SeriesSink, public EventRecorder {
 public:
  /// `port` null: no journal. `meter` null: nothing is measured.
  ShardOutlet(SignalQueue& signals, OutputsWaker& waker, const std::vector<feeds::Feed*>& feed_of_series,
              journal::Port* port = nullptr, ShardMeter* meter = nullptr)
      : signals_(signals),
        token_(signals.make_token()),
        waker_(waker),
        feed_of_series_(feed_of_series),
        port_(port),
        meter_(meter) {}

  void publish(const Signal& signal) override;
  void request(const core::BackfillRequest& request) override {
    feed_of_series_[request.series]->request_backfill(request);
  }
  void applied(const core::MarketEvent& event, const LiveSeries& series, core::SeriesId id,
               const SeriesMark& before) override;
  void committed(core::SeriesId id, const BarTicks& bar, const Outputs& outputs) override;
  void committed_together(core::SeriesId id, std::span<const BarTicks> bars) override;
  void started_over(core::SeriesId id) override;
  /// Keeps the closed bars of the shard's series for history. Logs by series; both outlive this.
  void keep_bars(const Shard& shard, const std::vector<std::unique_ptr<BarLog>>& logs) {
    shard_ = &shard;
    logs_ = &logs;
  }
  /// A publication of an earlier run, to be seen again: same identity, same content.
  void publish_again(Signal signal);

 private:
  void send(const Signal& signal);

  SignalQueue& signals_;
  SignalQueue::ProducerToken token_;
  OutputsWaker& waker_;
  const std::vector<feeds::Feed*>& feed_of_series_;
  journal::Port* port_;
  ShardMeter* meter_;
  std::vector<Signal> made_;  // by the event that is being applied
  const Shard* shard_ = nullptr;
  const std::vector<std::unique_ptr<BarLog>>* logs_ = nullptr;
};

/// A feed's sink: each event to the shard of its series, a venue's clock to all.
class FeedOutlet final : public feeds::EventSink {
 public:
  explicit FeedOutlet(const std::vector<core::EventQueue*>& queues) : queues_(queues) {
    for (core::EventQueue* queue : queues_) tokens_.push_back(queue->make_token());
  }

  bool push(const core::MarketEvent& event) override {
    if (event.kind != core::EventKind::clock) return push_to(shard_of(event.series, queues_.size()), event);
    bool is_pushed = true;
    for (std::size_t shard = 0; shard < queues_.size(); ++shard)
      is_pushed = push_to(shard, event) && is_pushed;
    return is_pushed;
  }

 private:
  bool push_to(std::size_t shard, const core::MarketEvent& event) {
    return queues_[shard]->push(tokens_[shard], event);
  }

  std::vector<core::EventQueue*> queues_;
  std::vector<core::EventQueue::ProducerToken> tokens_;
};

}  // namespace lockstep::engine
