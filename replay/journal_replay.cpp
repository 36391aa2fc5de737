#include "replay/journal_replay.hpp"

#include <time.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include "engine/config.hpp"
#include "engine/core/catalog.hpp"
#include "engine/journal/settings_book.hpp"
#include "engine/journal/snapshot.hpp"

namespace lockstep::replay {
namespace {

using engine::Config;
using engine::LiveSeries;
using engine::SeriesSettings;
using engine::Signal;
using namespace engine::journal;

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

class Replay final : public engine::SeriesSink {
 public:
  Replay(const ReplayOptions& options, const ReplayHooks& hooks)
      : options_(options),
        hooks_(hooks),
        folder_(find_journal_folder(options.journal)),
        player_([this](const SeriesRecord& info) { return make(info); },
                [this](const StartRecord&, const std::string& text) -> const SeriesSettings& {
                  ++report_.starts;
                  return configure(text);
                },
                *this) {}

  ReplayReport run() {
    const auto begin = std::chrono::steady_clock::now();
    const double cpu_begin = thread_cpu_seconds();
    const std::uint64_t from = first_record();
    // Whoever looks at single publications, or at the time, gets the journal's order; else each series' own.
    if (!has_limits() && !hooks_.on_signal) player_.group_by_series();
    const JournalEnd end =
        read_journal(posix_storage(), folder_, from,
                     [&](const RecordView& record, const SegmentFile&) { return take(record); });
    player_.flush();
    report_.cpu_seconds = thread_cpu_seconds() - cpu_begin;
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    report_.damage = end.damage;
    report_.events = player_.events();
    report_.mismatches = player_.mismatches();
    for (Player::Slot& slot : player_.slots()) {
      if (slot.series)
        report_.series.push_back({name_of(slot.info), counter(slot.info.id), slot.series->digest()});
    }
    return std::move(report_);
  }

  void publish(const Signal& signal) override {
    ++report_.publications;
    if (hooks_.on_signal && is_shown_) hooks_.on_signal(info_of(signal.series), signal);
  }
  void request(const core::BackfillRequest&) override {}  // the answers are in the journal
  void committed(core::SeriesId id, const BarTicks& bar, const Outputs& outputs) override {
    ++report_.bars;
    ++counter(id);
    if (hooks_.on_bar)
      hooks_.on_bar(info_of(id), settings_->config, bar,
                    player_.slots()[id].series->indicator()->state().params().price_scale(), outputs);
  }
  void started_over(core::SeriesId id) override {
    if (hooks_.on_start_over) hooks_.on_start_over(info_of(id));
  }

 private:
  const SeriesRecord& info_of(core::SeriesId id) { return player_.slots()[id].info; }

  std::uint64_t& counter(core::SeriesId id) {
    if (id >= counters_.size()) counters_.resize(id + 1, nullptr);
    if (counters_[id] == nullptr) counters_[id] = &bars_by_name_[name_of(info_of(id))];
    return *counters_[id];
  }

  /// Series have the journal's ids here, which are those of the start.
  std::unique_ptr<LiveSeries> make(const SeriesRecord& info) {
    const auto interval = core::Interval::parse(info.interval);
    if (!interval) throw StorageError("journal: \"" + info.interval + "\" is not an interval");
    const core::Series series{info.id, 0, info.venue, info.symbol, *interval};
    if (hooks_.on_start_over) hooks_.on_start_over(info);
    return std::make_unique<LiveSeries>(series, settings_->series);
  }

  const SeriesSettings& configure(const std::string& text) {
    SettingsBook::Entry& settings = book_.add(text);
    settings_ = &settings;
    counters_.clear();
    return settings.series;
  }

  /// From the beginning; where that is gone, from the oldest snapshot that the journal still reaches.
  std::uint64_t first_record() {
    const std::vector<SegmentFile> files = list_segments(posix_storage(), folder_);
    if (files.empty() || files.front().first_sequence == 1) return 1;
    const std::string snapshots = snapshot_folder(std::filesystem::path(folder_).parent_path().string());
    const std::optional<Snapshot> snapshot = find_oldest_snapshot(
        posix_storage(), snapshots, files.front().first_sequence, LiveSeries::layout(), report_.snapshot);
    if (!snapshot)
      throw StorageError("the journal " + folder_ + " begins at record " +
                         std::to_string(files.front().first_sequence) +
                         ", and no snapshot that can be used reaches back to it");
    begin_from(*snapshot);
    return snapshot->position_min() + 1;
  }

  void begin_from(const Snapshot& snapshot) {
    configure(snapshot.configuration);
    for (const SnapshotSeries& each : snapshot.series) {
      auto series = make(each.series);
      if (!series->from_bytes(each.state)) throw StorageError("a snapshot's state cannot be used");
      player_.put(each.series, each.position, std::move(series));
    }
  }

  bool take(const RecordView& record) {
    ++report_.records;
    if (record.type() == RecordType::event && has_limits() && !keep_pace(record)) return false;
    if (player_.apply(record)) return true;
    throw StorageError("journal record " + std::to_string(record.header.sequence) +
                       " is not one that this version of lockstep writes");
  }

  bool has_limits() const { return options_.from_ms || options_.to_ms || options_.speed > 0; }

  /// False: past the end that was asked for.
  bool keep_pace(const RecordView& record) {
    EventRecord event;
    if (!decode(record.payload, event) || event.event.kind != core::EventKind::bar) return true;
    const std::int64_t now_ms = event.event.ts_event_ms;
    if (options_.to_ms && now_ms > *options_.to_ms) return false;
    is_shown_ = !options_.from_ms || now_ms >= *options_.from_ms;
    if (options_.speed <= 0 || !is_shown_) return true;
    if (!pace_from_ms_) {
      pace_from_ms_ = now_ms;
      pace_from_ = std::chrono::steady_clock::now();
    }
    const std::chrono::duration<double, std::milli> wait(static_cast<double>(now_ms - *pace_from_ms_) /
                                                         options_.speed);
    std::this_thread::sleep_until(pace_from_ + std::chrono::duration_cast<std::chrono::nanoseconds>(wait));
    return true;
  }

  const ReplayOptions& options_;
  const ReplayHooks& hooks_;
  const std::string folder_;
  ReplayReport report_;
  SettingsBook book_;
  SettingsBook::Entry* settings_ = nullptr;
  std::map<std::string, std::uint64_t> bars_by_name_;
  std::vector<std::uint64_t*> counters_;  // by id, of the present start
  bool is_shown_ = true;
  std::optional<std::int64_t> pace_from_ms_;
  std::chrono::steady_clock::time_point pace_from_;
  Player player_;
};

}  // namespace

std::string find_journal_folder(const std::string& path) {
  std::error_code error;
  for (const std::string& folder : {journal_folder(path), path}) {
    if (!std::filesystem::is_directory(folder, error)) continue;
    if (!list_segments(posix_storage(), folder).empty()) return folder;
  }
  throw StorageError(path + " holds no journal: give a data directory, or the journal folder in it");
}

ReplayReport replay_journal(const ReplayOptions& options, const ReplayHooks& hooks) {
  return Replay(options, hooks).run();
}

std::vector<JournalSeries> read_journal_series(const std::string& journal, ReplayReport& report) {
  std::map<std::string, JournalSeries> by_name;
  ReplayHooks hooks;
  hooks.on_start_over = [&](const SeriesRecord& info) {
    JournalSeries& series = by_name[name_of(info)];
    series.bars.clear();
    series.outputs.clear();
  };
  hooks.on_bar = [&](const SeriesRecord& info, const Config& config, const BarTicks& bar, int price_scale,
                     const Outputs& outputs) {
    JournalSeries& series = by_name[name_of(info)];
    if (series.bars.empty()) {
      series.config = config.atc;
      series.anchor = config.engine.anchor;
      series.interval_ms = core::Interval::parse(info.interval)->ms();
      series.price_scale = price_scale;
    }
    series.bars.push_back(bar);
    series.outputs.push_back(outputs);
  };
  ReplayOptions options;
  options.journal = journal;
  report = replay_journal(options, hooks);
  std::vector<JournalSeries> out;
  for (const ReplayedSeries& replayed : report.series) {
    JournalSeries& series = by_name[replayed.name];
    series.name = replayed.name;
    series.digest = replayed.digest;
    out.push_back(std::move(series));
  }
  return out;
}

}  // namespace lockstep::replay
