// The minute close: all symbols of a shard close a bar at once.
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <stdexcept>

#include "engine/outlet.hpp"
#include "engine/shard.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/frames.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/request_desk.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

constexpr std::size_t kSymbols = 5000;
/// As many events as a shard's thread takes at a time.
constexpr std::size_t kBatch = 256;
constexpr std::size_t kSignalsMax = 1 << 17;
constexpr std::int64_t kFirstOpenMs = 1'700'000'040'000;
const Anchor kAnchor{Anchor::Kind::rolling, 0, 1500, 100};

/// A shard with its queues, on this thread.
class Room {
 public:
  Room() : walks_(make_walks()), feed_of_series_(kSymbols, &desk_) {
    settings_.params_at = [params = AtcParams::create({}, kWalkScale)](int) { return params; };
    settings_.anchor = kAnchor;
    std::vector<core::SeriesId> ids;
    for (const std::string& symbol : symbol_names(kSymbols)) {
      ids.push_back(*catalog_.add("binance_spot", symbol, *core::Interval::parse("1m")));
    }
    shard_ = std::make_unique<engine::Shard>(catalog_, ids, settings_, outlet_, &outlet_);
    for (const core::SeriesId id : ids) warm_up(id);
    drain(0);
  }

  struct Times {
    double wall_ms, cpu_ms;
  };

  /// One minute: the closing frames of all symbols are queued; from the first one taken to the last signal
  /// published.
  Times close_minute() {
    for (core::SeriesId id = 0; id < kSymbols; ++id) queue_.push(token_, bar_event(id));
    const std::int64_t begin_ns = wall_ns(), begin_cpu_ns = thread_cpu_ns();
    for (std::size_t count; (count = queue_.take(batch_.data(), kBatch)) > 0;) {
      meter_.begin(wall_ns());
      for (std::size_t i = 0; i < count; ++i) shard_->apply(batch_[i]);
    }
    const Times times{static_cast<double>(wall_ns() - begin_ns) * 1e-6,
                      static_cast<double>(thread_cpu_ns() - begin_cpu_ns) * 1e-6};
    drain(kSymbols);
    // What a shard's thread does when its queue is empty, long before the next minute.
    while (shard_->do_postponed()) {
    }
    return times;
  }

 private:
  static std::vector<PriceWalk> make_walks() {
    std::vector<PriceWalk> walks;
    for (std::size_t i = 0; i < kSymbols; ++i) walks.emplace_back(i + 1, kFirstOpenMs);
    return walks;
  }

  core::MarketEvent bar_event(core::SeriesId id) {
    core::MarketEvent event;
    event.kind = core::EventKind::bar;
    event.series = id;
    event.is_closed = 1;
    event.price_scale = kWalkScale;
    event.bar = walks_[id].next();
    event.ts_event_ms = walks_[id].next_open_ms();
    event.ts_recv_ns = wall_ns();
    return event;
  }

  /// Listed, subscribed, history: live.
  void warm_up(core::SeriesId id) {
    core::MarketEvent event;
    event.series = id;
    event.price_scale = kWalkScale;
    event.kind = core::EventKind::listed;
    shard_->apply(event);
    event.kind = core::EventKind::stream_up;
    shard_->apply(event);
    for (std::int64_t i = 0; i < AnchoredState::history_bars(kAnchor); ++i) {
      event = bar_event(id);
      event.kind = core::EventKind::backfill_bar;
      event.request_id = desk_.request_id;
      shard_->apply(event);
    }
    event.kind = core::EventKind::backfill_done;
    shard_->apply(event);
    drain(0);
  }

  /// Empties the outputs' queue; `expected` valid closed bars must be in it (0: whatever there is).
  void drain(std::size_t expected) {
    engine::Signal signal;
    std::size_t count = 0;
    while (signals_.take(&signal, 1) == 1) count += signal.is_closed() && signal.is_valid;
    io_.poll();
    io_.restart();
    if (expected != 0 && count != expected)
      throw std::runtime_error("bench: a symbol did not publish its bar");
  }

  core::Catalog catalog_;
  std::vector<PriceWalk> walks_;
  engine::SeriesSettings settings_;
  RequestDesk desk_;
  std::vector<feeds::Feed*> feed_of_series_;
  boost::asio::io_context io_{1};
  engine::OutputsWaker waker_{io_, [] {}};
  engine::SignalQueue signals_{kSignalsMax};
  // A daemon's shard is measured, so the figure holds what measuring costs.
  engine::metrics::Latency queue_times_, compute_times_;
  engine::ShardMeter meter_{queue_times_.add_share(), compute_times_.add_share()};
  engine::ShardOutlet outlet_{signals_, waker_, feed_of_series_, nullptr, &meter_};
  core::EventQueue queue_{kSignalsMax};
  core::EventQueue::ProducerToken token_{queue_.make_token()};
  std::vector<core::MarketEvent> batch_{kBatch};
  std::unique_ptr<engine::Shard> shard_;
};

}  // namespace

Json measure_engine(const BenchOptions& options) {
  Room room;
  // More than the step of the anchor, so that one of them re-anchors every symbol.
  const int minutes = options.is_quick ? 3 : 220;
  for (int i = 0; i < 2; ++i) room.close_minute();
  std::vector<double> wall_ms, cpu_ms;
  for (int i = 0; i < minutes; ++i) {
    const Room::Times times = room.close_minute();
    wall_ms.push_back(times.wall_ms);
    cpu_ms.push_back(times.cpu_ms);
  }
  Json json;
  json["minutes"] = minutes;
  json["minute_close_5000_ms"] = rounded(*std::max_element(wall_ms.begin(), wall_ms.end()), 2);
  json["minute_close_5000_median_ms"] = rounded(median(wall_ms), 2);
  json["minute_close_5000_cpu_ms"] = rounded(*std::max_element(cpu_ms.begin(), cpu_ms.end()), 2);
  json["minute_close_5000_cpu_median_ms"] = rounded(median(cpu_ms), 2);
  return json;
}

}  // namespace lockstep::bench
