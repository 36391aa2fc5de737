#include "engine/journal/journal.hpp"

#include <boost/asio/io_context.hpp>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include "engine/outlet.hpp"
#include "replay/journal_replay.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/price_walk.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

using engine::journal::Journal;

constexpr std::size_t kSymbols = 1000;
constexpr std::int64_t kFirstOpenMs = 1'700'000'040'000;
constexpr std::size_t kBatch = 256;

/// On the disk of the working directory: /tmp is often none.
class Folder {
 public:
  Folder() {
    std::string path = (std::filesystem::current_path() / "lockstep-bench-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) throw std::system_error(errno, std::generic_category(), path);
    path_ = path;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

class NoFeed final : public feeds::Feed {
 public:
  void start() override {}
  void stop() override {}
  void request_backfill(const core::BackfillRequest& request) override { request_id = request.request_id; }
  feeds::FeedHealth health() const override { return {}; }
  std::uint32_t request_id = 0;
};

/// 1,000 symbols on one shard, with a journal or without.
class Room {
 public:
  explicit Room(const engine::Config& config) : config_(config), feed_of_series_(kSymbols, &feed_) {
    std::vector<core::SeriesId> ids;
    for (std::size_t i = 0; i < kSymbols; ++i) {
      ids.push_back(*catalog_.add("bench", "S" + std::to_string(i), *core::Interval::parse("1m")));
      walks_.emplace_back(i + 1, kFirstOpenMs);
    }
    settings_.params_at = [this](int scale) {
      if (!params_) params_ = AtcParams::create(config_.atc, scale);
      return params_;
    };
    settings_.anchor = config.engine.anchor;
    if (config.engine.data_dir_given) {
      journal_.emplace(config, catalog_, settings_, Journal::Hooks{});
      port_ = &journal_->add_port();
      journal_->start();
    }
    outlet_.emplace(signals_, waker_, feed_of_series_, port_);
    shard_.emplace(catalog_, ids, settings_, *outlet_, port_ != nullptr ? &*outlet_ : nullptr);
  }
  void warm_up(int bars) {
    for (std::size_t id = 0; id < kSymbols; ++id) {
      core::MarketEvent event = bar_event(id);
      for (const auto kind : {core::EventKind::listed, core::EventKind::stream_up}) {
        event.kind = kind;
        shard_->apply(event);
      }
      event.kind = core::EventKind::backfill_bar;
      event.request_id = feed_.request_id;
      for (int i = 0; i < bars; ++i) {
        shard_->apply(event);
        event.bar = walks_[id].next();
      }
      event.kind = core::EventKind::backfill_done;
      event.ts_event_ms = event.bar.ts_open_ms;
      shard_->apply(event);
      next_.push_back(event.bar);
      flush();
    }
    wait();
  }
  /// Every symbol's bar closes: CPU ns per bar until the shard could go on, wall ms until all may be
  /// published.
  std::pair<double, double> close_minute() {
    const std::int64_t begin = wall_ns(), begin_cpu = thread_cpu_ns();
    for (std::size_t id = 0; id < kSymbols; ++id) {
      core::MarketEvent event = bar_event(id);
      event.bar = next_[id];
      shard_->apply(event);
      if (id % kBatch == kBatch - 1) flush();
    }
    flush();
    const auto cpu = static_cast<double>(thread_cpu_ns() - begin_cpu) / kSymbols;
    wait();
    const auto wall = static_cast<double>(wall_ns() - begin) * 1e-6;
    for (std::size_t id = 0; id < kSymbols; ++id) next_[id] = walks_[id].next();
    engine::Signal signal;
    while (signals_.take(&signal, 1) == 1) {
    }
    io_.poll();
    io_.restart();
    while (shard_->do_postponed()) {
    }
    return {cpu, wall};
  }
  bool stop() {
    std::vector<const engine::LiveSeries*> series;
    for (const auto& each : shard_->series()) series.push_back(each.get());
    return journal_->stop(series);
  }

 private:
  core::MarketEvent bar_event(std::size_t id) {
    core::MarketEvent event;
    event.kind = core::EventKind::bar;
    event.series = static_cast<core::SeriesId>(id);
    event.is_closed = 1;
    event.price_scale = kWalkScale;
    if (next_.size() <= id) event.bar = walks_[id].next();
    return event;
  }
  void flush() {
    if (port_ != nullptr) port_->flush();
  }
  void wait() {
    if (journal_ && !journal_->writer().wait_done(std::chrono::seconds(60)))
      throw std::runtime_error("bench: the journal cannot be written: " + journal_->writer().trouble());
  }

  engine::Config config_;
  core::Catalog catalog_;
  std::vector<PriceWalk> walks_;
  std::vector<BarTicks> next_;
  std::shared_ptr<const AtcParams> params_;
  engine::SeriesSettings settings_;
  NoFeed feed_;
  std::vector<feeds::Feed*> feed_of_series_;
  boost::asio::io_context io_{1};
  engine::OutputsWaker waker_{io_, [] {}};
  engine::SignalQueue signals_{1 << 20};
  std::optional<Journal> journal_;
  engine::journal::Port* port_ = nullptr;
  std::optional<engine::ShardOutlet> outlet_;
  std::optional<engine::Shard> shard_;
};

/// Bars a second from append() to durable, in batches as a shard makes them.
double append_rate(const engine::JournalConfig& journal, std::int64_t bars) {
  const Folder folder;
  engine::journal::Writer writer(engine::journal::posix_storage(), folder.path(), journal, {}, {});
  engine::journal::Port& port = writer.add_port();
  writer.start();
  engine::journal::EventRecord record;
  record.event.kind = core::EventKind::bar;
  const std::int64_t begin = wall_ns();
  for (std::int64_t i = 1; i <= bars; ++i) {
    record.event.bar = {i, i, i, i, i};
    port.append(record);
    if (i % kBatch == 0) port.flush();
    while (i % kBatch == 0 && port.is_blocked()) {
    }
  }
  port.flush();
  if (!writer.wait_done(std::chrono::seconds(60)) || !writer.stop())
    throw std::runtime_error("bench: the journal cannot be written: " + writer.trouble());
  return static_cast<double>(bars) / (static_cast<double>(wall_ns() - begin) * 1e-9);
}

/// Seconds until a daemon's series are there again.
double start_seconds(const engine::Config& config) {
  const std::int64_t begin = wall_ns();
  const Room room(config);
  return static_cast<double>(wall_ns() - begin) * 1e-9;
}

}  // namespace

Json measure_journal(const BenchOptions& options) {
  const Folder folder;
  engine::Config config;
  config.engine.anchor = {Anchor::Kind::rolling, 0, 500, 100};
  const int bars = options.is_quick ? 520 : 900;
  const int minutes = options.is_quick ? 5 : 100;
  Json json;
  std::vector<double> plain_ns, journal_ns, durable_ms;
  {
    Room room(config);
    room.warm_up(bars);
    for (int i = 0; i < minutes; ++i) plain_ns.push_back(room.close_minute().first);
  }
  config.engine.data_dir = folder.path();
  config.engine.data_dir_given = true;
  {
    Room room(config);
    room.warm_up(bars);
    for (int i = 0; i < minutes; ++i) {
      const auto [ns, ms] = room.close_minute();
      journal_ns.push_back(ns);
      durable_ms.push_back(ms);
    }
  }  // without a last snapshot, as a kill leaves it
  json["commit_path_ns"] = percentiles(plain_ns);
  json["commit_path_journal_ns"] = percentiles(journal_ns);
  json["minute_close_1000_durable_ms"] = percentiles(durable_ms);
  json["start_1000_symbols_bars"] = static_cast<std::int64_t>(kSymbols) * (bars + minutes);
  json["start_1000_symbols_s"] = rounded(start_seconds(config), 3);
  replay::ReplayOptions replayed;
  replayed.journal = folder.path();
  const replay::ReplayReport report = replay::replay_journal(replayed);
  if (!report.mismatches.empty()) throw std::runtime_error("bench: " + report.mismatches[0].text());
  json["replay_bars_per_s"] = rounded(static_cast<double>(report.bars) / report.cpu_seconds, 0);
  {
    Room room(config);
    if (!room.stop()) throw std::runtime_error("bench: the journal could not be ended");
  }
  json["start_1000_symbols_from_snapshot_s"] = rounded(start_seconds(config), 3);
  const std::int64_t appended = options.is_quick ? 100'000 : 2'000'000;
  json["append_bars_per_s"] = rounded(append_rate(config.journal, appended), 0);
  config.journal.fsync = engine::FsyncPolicy::interval;
  json["append_bars_per_s_interval"] = rounded(append_rate(config.journal, appended), 0);
  return json;
}

}  // namespace lockstep::bench
