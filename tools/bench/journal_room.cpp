#include "tools/bench/journal_room.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "tools/bench/clocks.hpp"

namespace lockstep::bench {
namespace {

constexpr std::int64_t kFirstOpenMs = 1'700'000'040'000;

}  // namespace

tools::TemporaryFolder make_journal_folder() {
  return {std::filesystem::current_path(), "lockstep-bench"};
}

JournalRoom::JournalRoom(const engine::Config& config) : config_(config), feed_of_series_(kSymbols, &feed_) {
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
    journal_.emplace(config, catalog_, settings_, engine::journal::Journal::Hooks{});
    port_ = &journal_->add_port();
    journal_->start();
  }
  outlet_.emplace(signals_, waker_, feed_of_series_, port_);
  shard_.emplace(catalog_, ids, settings_, *outlet_, port_ != nullptr ? &*outlet_ : nullptr);
}

void JournalRoom::warm_up(int bars) {
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

std::pair<double, double> JournalRoom::close_minute() {
  const std::int64_t begin = wall_ns(), begin_cpu = thread_cpu_ns();
  for (std::size_t id = 0; id < kSymbols; ++id) {
    core::MarketEvent event = bar_event(id);
    event.bar = next_[id];
    shard_->apply(event);
    if (id % kJournalBatch == kJournalBatch - 1) flush();
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

bool JournalRoom::stop() {
  std::vector<const engine::LiveSeries*> series;
  for (const auto& each : shard_->series()) series.push_back(each.get());
  return journal_->stop(series);
}

core::MarketEvent JournalRoom::bar_event(std::size_t id) {
  core::MarketEvent event;
  event.kind = core::EventKind::bar;
  event.series = static_cast<core::SeriesId>(id);
  event.is_closed = 1;
  event.price_scale = kWalkScale;
  if (next_.size() <= id) event.bar = walks_[id].next();
  return event;
}

void JournalRoom::flush() {
  if (port_ != nullptr) port_->flush();
}

void JournalRoom::wait() {
  if (journal_ && !journal_->writer().wait_done(std::chrono::seconds(60)))
    throw std::runtime_error("bench: the journal cannot be written: " + journal_->writer().trouble());
}

}  // namespace lockstep::bench
