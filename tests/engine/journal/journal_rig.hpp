// A daemon's engine on one thread: series, journal on a disk in memory, a market, and a kill at any moment.
#pragma once

#include <boost/asio/io_context.hpp>

#include <deque>
#include <map>
#include <memory>

#include "engine/journal/recovery.hpp"
#include "engine/outlet.hpp"
#include "tests/engine/journal/memory_storage.hpp"
#include "tests/engine/live_harness.hpp"

namespace lockstep::engine::journal::test {

using engine::test::kMinute;
using engine::test::kStart;
using lockstep::test::Rng;

inline const std::string kData = "/data";

inline Config rig_config(const Anchor& anchor) {
  Config config;
  config.atc = engine::test::small_config();
  config.engine.anchor = anchor;
  config.journal.segment_bytes = 20'000;
  return config;
}

inline core::Catalog rig_catalog(int series) {
  core::Catalog catalog;
  for (int i = 0; i < series; ++i)
    catalog.add("binance_spot", "S" + std::to_string(i) + "USDT", *core::Interval::parse("1m"));
  return catalog;
}

class FeedOfRequests final : public feeds::Feed {
 public:
  void start() override {}
  void stop() override {}
  void request_backfill(const core::BackfillRequest& request) override { newest[request.series] = request; }
  feeds::FeedHealth health() const override { return {}; }
  std::map<core::SeriesId, core::BackfillRequest> newest;
};

/// One start of a daemon: recovers, writes what it is, then takes events.
class Engine {
 public:
  Engine(MemoryStorage& storage, const Config& config, const core::Catalog& catalog)
      : storage_(storage),
        config_(config),
        catalog_(catalog),
        settings_(engine::test::make_settings(config.engine.anchor, config.atc)),
        recovered_(recover(storage, kData, catalog, settings_, settings_fingerprint(config))),
        writer_(storage, journal_folder(kData), config.journal, recovered_.position, hooks()),
        port_(writer_.add_port()),
        signals_(1 << 16),
        waker_(io_, [] {}),
        feed_of_series_(catalog.size(), &feed),
        outlet_(signals_, waker_, feed_of_series_, &port_),
        shard_(catalog, ids(), settings_, outlet_, &outlet_) {
    write_start();
    for (core::SeriesId id = 0; id < catalog.size(); ++id) {
      if (!recovered_.series[id]) continue;
      recovered_.series[id]->skip_sequences();
      shard_.adopt(id, std::move(recovered_.series[id]));
      core::MarketEvent down = engine::test::make_event(core::EventKind::stream_down, core::Reason::starting);
      down.series = id;
      shard_.apply(down);
    }
  }

  void apply(const core::MarketEvent& event) { shard_.apply(event); }
  /// Writes what was applied; gives what may be published now.
  std::vector<Signal> commit() {
    port_.flush();
    writer_.step();
    return published();
  }
  /// What the journal has covered.
  std::vector<Signal> published() {
    Signal signal;
    while (signals_.take(&signal, 1) == 1) waiting_.push_back(signal);
    std::vector<Signal> out;
    for (; !waiting_.empty() && waiting_.front().journal_ticket <= port_.durable(); waiting_.pop_front())
      out.push_back(waiting_.front());
    return out;
  }
  /// A snapshot of all series as they are.
  void write_snapshot_now() {
    snapshot_ = {};
    snapshot_.journal = recovered_.position.journal;
    snapshot_.fingerprint = settings_fingerprint(config_);
    snapshot_.layout = LiveSeries::layout();
    snapshot_.epoch = recovered_.epoch;
    snapshot_.configuration = configuration();
    for (const core::SeriesId id : ids()) {
      std::vector<std::byte> state;
      series(id).to_bytes(state);
      port_.append_state(id, state);
    }
    port_.flush();
    writer_.step();
    REQUIRE(write_snapshot(storage_, snapshot_folder(kData), snapshot_) == 0);
  }
  const LiveSeries& series(core::SeriesId id) const { return *shard_.find(id); }
  const Recovered& recovered() const { return recovered_; }
  Writer& writer() { return writer_; }

  FeedOfRequests feed;

 private:
  std::vector<core::SeriesId> ids() const {
    std::vector<core::SeriesId> ids;
    for (const core::Series& series : catalog_.series()) ids.push_back(series.id);
    return ids;
  }
  WriterHooks hooks() {
    return {{}, {}, [this](std::uint32_t id, std::uint64_t sequence, std::span<const std::byte> state) {
              SeriesRecord info = record_of(id);
              snapshot_.series.push_back({info, sequence, compress_state(state)});
            }};
  }
  /// As a file could set it: test segments are smaller than that.
  std::string configuration() const {
    Config config = config_;
    config.journal = {};
    return to_text(config);
  }
  SeriesRecord record_of(core::SeriesId id) const {
    SeriesRecord info;
    info.id = id;
    info.venue = catalog_[id].venue;
    info.symbol = catalog_[id].symbol;
    info.interval = catalog_[id].interval.text();
    return info;
  }
  void write_start() {
    StartRecord start;
    start.epoch = recovered_.epoch;
    start.fingerprint = settings_fingerprint(config_);
    port_.append(start);
    port_.append(ConfigurationRecord{configuration()});
    for (const core::SeriesId id : ids()) {
      SeriesRecord info = record_of(id);
      info.is_continued = recovered_.series[id] != nullptr;
      if (info.is_continued) info.digest = recovered_.series[id]->digest();
      port_.append(info);
    }
    port_.flush();
    writer_.step();
  }

  MemoryStorage& storage_;
  const Config config_;
  const core::Catalog& catalog_;
  SeriesSettings settings_;
  Recovered recovered_;
  Snapshot snapshot_;
  Writer writer_;
  Port& port_;
  SignalQueue signals_;
  boost::asio::io_context io_;
  OutputsWaker waker_;
  std::vector<feeds::Feed*> feed_of_series_;
  ShardOutlet outlet_;
  Shard shard_;
  std::deque<Signal> waiting_;
};

/// A venue of true bars whose stream drops, doubles, reorders and breaks, and whose history is right. Its
/// time goes on whatever becomes of the engine.
class Market {
 public:
  Market(std::uint64_t seed, int series, std::size_t bars)
      : rng_(seed), is_up_(static_cast<std::size_t>(series)), now_ms_(kStart + 120 * kMinute) {
    for (int i = 0; i < series; ++i)
      truth_.push_back(engine::test::make_truth(seed * 100 + static_cast<std::uint64_t>(i), bars));
  }
  /// A new engine: it has heard nothing.
  void attach(Engine& engine) {
    for (core::SeriesId id = 0; id < truth_.size(); ++id) {
      is_up_[id] = false;
      core::MarketEvent listed = engine::test::make_event(core::EventKind::listed);
      listed.price_scale = 2;
      give(engine, id, listed);
    }
    engine.feed.newest.clear();
  }
  /// Some seconds: whatever a venue may do in them. `calm`: nothing goes wrong.
  void step(Engine& engine, bool calm) {
    now_ms_ += 5'000;
    for (core::SeriesId id = 0; id < truth_.size(); ++id) {
      connect(engine, id, calm);
      if (is_up_[id]) stream(engine, id, calm);
      answer(engine, id, calm);
    }
    core::MarketEvent clock = engine::test::make_event(core::EventKind::clock);
    clock.ts_event_ms = now_ms_;
    engine.apply(clock);
  }
  bool is_over() const { return open_index() + 2 >= truth_[0].size(); }
  std::size_t open_index() const { return static_cast<std::size_t>((now_ms_ - kStart) / kMinute); }
  const std::vector<BarTicks>& truth(core::SeriesId id) const { return truth_[id]; }

 private:
  void give(Engine& engine, core::SeriesId id, core::MarketEvent event) {
    event.series = id;
    event.price_scale = 2;
    engine.apply(event);
  }
  void connect(Engine& engine, core::SeriesId id, bool calm) {
    if (!is_up_[id] && (calm || rng_.chance(50))) {
      is_up_[id] = true;
      give(engine, id, engine::test::make_event(core::EventKind::stream_up));
    } else if (is_up_[id] && !calm && rng_.chance(1)) {
      is_up_[id] = false;
      give(engine, id, engine::test::make_event(core::EventKind::stream_down, core::Reason::disconnected));
    }
  }
  void stream(Engine& engine, core::SeriesId id, bool calm) {
    const std::size_t open = open_index();
    if (now_ms_ % kMinute == kStart % kMinute) {
      const core::MarketEvent closed = engine::test::bar_event(truth_[id][open - 1], true, now_ms_);
      for (int times = calm || rng_.chance(90) ? 1 : static_cast<int>(rng_.between(0, 2)); times > 0; --times)
        give(engine, id, closed);
    }
    if (!calm && rng_.chance(30)) return;
    BarTicks half = truth_[id][open];
    half.close = rng_.between(half.low, half.high);
    give(engine, id, engine::test::bar_event(half, false, now_ms_ + 1));
  }
  void answer(Engine& engine, core::SeriesId id, bool calm) {
    const auto asked = engine.feed.newest.find(id);
    if (asked == engine.feed.newest.end() || (!calm && rng_.chance(40))) return;
    const core::BackfillRequest request = asked->second;
    engine.feed.newest.erase(asked);
    const std::size_t lag = !calm && rng_.chance(30) ? 1 : 0;
    const std::vector<BarTicks> known(truth_[id].begin(),
                                      truth_[id].begin() + static_cast<std::ptrdiff_t>(open_index() - lag));
    for (const core::MarketEvent& event : engine::test::answer_to(request, known, now_ms_))
      give(engine, id, event);
  }

  Rng rng_;
  std::vector<std::vector<BarTicks>> truth_;
  std::vector<char> is_up_;
  std::int64_t now_ms_;
};

}  // namespace lockstep::engine::journal::test
