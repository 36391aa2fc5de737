#include "engine/journal/journal.hpp"

#include <spdlog/spdlog.h>

#include <cstdlib>

namespace lockstep::engine::journal {
namespace {

/// How long a disk is given to take the last records when the daemon stops.
constexpr std::chrono::milliseconds kPatience{3000};

SeriesRecord record_of(const core::Series& series, const LiveSeries* state) {
  SeriesRecord record;
  record.id = series.id;
  record.is_continued = state != nullptr;
  if (state != nullptr) {
    record.digest = state->digest();
    record.bars = state->indicator() ? state->indicator()->state().bars() : 0;
  }
  record.venue = series.venue;
  record.symbol = series.symbol;
  record.interval = series.interval.text();
  return record;
}

}  // namespace

Journal::Journal(const Config& config, const core::Catalog& catalog, const SeriesSettings& settings,
                 Hooks hooks, Storage& storage)
    : config_(config),
      catalog_(catalog),
      lock_(config.engine.data_dir),
      recovered_(recover(storage, config.engine.data_dir, catalog, settings, settings_fingerprint(config))),
      hooks_(std::move(hooks)),
      writer_(storage, journal_folder(config.engine.data_dir), config.journal, recovered_.position,
              {[this](std::uint64_t sequence) {
                 if (keeper_) keeper_->note_durable(sequence);
                 if (hooks_.on_durable) hooks_.on_durable();
               },
               [this](const std::string& text) {
                 if (hooks_.on_failed) hooks_.on_failed(text);
               },
               [this](std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state) {
                 if (keeper_) keeper_->take_state(series, sequence, state);
               },
               hooks_.on_held}),
      own_port_(writer_.add_port()) {
  Snapshot like;
  like.journal = recovered_.position.journal;
  like.fingerprint = settings_fingerprint(config);
  like.layout = LiveSeries::layout();
  like.epoch = recovered_.epoch;
  like.configuration = to_text(config);
  for (const core::Series& series : catalog.series()) {
    start_series_.push_back(record_of(series, recovered_.series[series.id].get()));
    like.series.push_back({start_series_.back(), 0, {}});
  }
  keeper_ =
      std::make_unique<Keeper>(storage, config.engine.data_dir, config.journal, std::move(like), writer_);
}

Journal::~Journal() {
  keeper_->stop();
  writer_.stop();
}

void Journal::write_start() {
  StartRecord start;
  start.epoch = recovered_.epoch;
  start.fingerprint = settings_fingerprint(config_);
  start.ts_started_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  start.version = LOCKSTEP_VERSION;
  own_port_.append(start);
  own_port_.append(ConfigurationRecord{to_text(config_)});
  for (const SeriesRecord& series : start_series_) own_port_.append(series);
  own_port_.flush();
  if (writer_.step() == Writer::Step::written) return;
  throw StorageError("the journal cannot be written: " + writer_.trouble());
}

void Journal::start() {
  write_start();
  writer_.start();
  keeper_->start();
}

void Journal::begin_series(core::SeriesId id, Port& port) {
  const SeriesRecord record = record_of(catalog_[id], nullptr);
  port.append(record);
  keeper_->add_series(record);
}

bool Journal::stop(const std::vector<const LiveSeries*>& series) {
  keeper_->stop();
  if (!writer_.wait_done(kPatience) && !writer_.is_stalled()) {
    // The disk hangs in a call that nothing can end. What was published is safe, the rest was not published.
    spdlog::critical("journal: the disk has not answered for {} s; giving up", kPatience.count() / 1000);
    std::_Exit(4);
  }
  if (!writer_.stop()) return false;
  std::vector<std::vector<std::byte>> states(series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    if (series[i] != nullptr) series[i]->to_bytes(states[i]);
  }
  const int error = keeper_->write_last(states, writer_.sequence() - 1);
  if (error != 0) spdlog::warn("journal: {}", io_text("last snapshot in", config_.engine.data_dir, error));
  return true;
}

}  // namespace lockstep::engine::journal
