// The journal's part of HistoryReader: which bars the series had taken before this start.
#include <deque>
#include <optional>
#include <unordered_map>

#include "engine/config.hpp"
#include "engine/history_reader.hpp"
#include "engine/journal/player.hpp"
#include "engine/journal/recovery.hpp"
#include "engine/journal/segments.hpp"
#include "engine/journal/snapshot.hpp"

namespace lockstep::engine {
namespace {

using namespace journal;

/// What the series of one configuration in the journal run with.
struct RunSettings {
  AtcConfig atc;
  std::unordered_map<int, std::shared_ptr<const AtcParams>> params;
  SeriesSettings series;
};

class BarReader final : public SeriesSink {
 public:
  BarReader(const core::Catalog& catalog, std::size_t bars_max, std::optional<core::SeriesId> only)
      : catalog_(catalog),
        bars_max_(bars_max),
        only_(only),
        runs_(catalog.size()),
        has_more_(catalog.size()),
        player_([this](const SeriesRecord& info) { return make(info); },
                [this](const StartRecord&, const std::string& text) -> const SeriesSettings& {
                  return configure(text);
                },
                *this) {}

  void read(const HistorySource& source, const std::atomic<bool>& is_cancelled) {
    const std::string folder = journal_folder(source.data_dir);
    const std::uint64_t from = first_record(source.data_dir, folder);
    read_journal(posix_storage(), folder, from, [&](const RecordView& record, const SegmentFile&) {
      if (is_cancelled) return false;
      StartRecord start;
      if (record.type() == RecordType::start && decode(record.payload, start) && start.epoch >= source.epoch)
        return false;
      return player_.apply(record);
    });
  }

  std::vector<BarRun> take(std::vector<bool>& has_more) {
    has_more = has_more_;
    for (core::SeriesId id = 0; id < runs_.size(); ++id) trim(id);
    return std::move(runs_);
  }

  void publish(const Signal&) override {}
  void request(const core::BackfillRequest&) override {}
  void committed(core::SeriesId journal_id, const BarTicks& bar, const Outputs&) override {
    const auto id = catalog_id(player_.slots()[journal_id].info);
    if (!id) return;
    BarRun& run = runs_[*id];
    if (run.bars.empty()) {
      const LiveSeries* series = player_.slots()[journal_id].series.get();
      run.price_scale = series->indicator()->state().params().price_scale();
    }
    run.bars.push_back(bar);
    if (run.bars.size() >= 2 * bars_max_) trim(*id);
  }
  void started_over(core::SeriesId journal_id) override { forget(player_.slots()[journal_id].info); }

 private:
  std::optional<core::SeriesId> catalog_id(const SeriesRecord& info) const {
    const auto interval = core::Interval::parse(info.interval);
    const auto id = interval ? catalog_.find(info.venue, info.symbol, *interval) : std::nullopt;
    // What has joined the catalog since this reading began is none of its business.
    return !id || *id >= runs_.size() || (only_ && *only_ != *id) ? std::nullopt : id;
  }

  void forget(const SeriesRecord& info) {
    const auto id = catalog_id(info);
    if (!id) return;
    runs_[*id] = {};
    has_more_[*id] = false;
  }

  void trim(core::SeriesId id) {
    BarRun& run = runs_[id];
    if (run.bars.size() <= bars_max_) return;
    // Without the bars before, only a rolling anchor finds back to what was published.
    if (settings_->series.anchor.kind != Anchor::Kind::rolling) run.base = state_before(run);
    run.is_exact = run.base != nullptr;
    run.bars.erase(run.bars.begin(), run.bars.end() - static_cast<std::ptrdiff_t>(bars_max_));
    has_more_[id] = true;
  }

  /// The state that has taken all bars of the run but the last bars_max_.
  std::shared_ptr<const AnchoredState> state_before(const BarRun& run) const {
    std::shared_ptr<AnchoredState> state;
    if (run.base) {
      state = std::make_shared<AnchoredState>(*run.base);
    } else {
      state = std::make_shared<AnchoredState>(settings_->series.params_at(run.price_scale),
                                              settings_->series.anchor, 1);
    }
    Outputs ignored;
    for (std::size_t i = 0; i + bars_max_ < run.bars.size(); ++i) {
      if (state->commit(run.bars[i], ignored) != Status::ok) return nullptr;
    }
    return state;
  }

  std::unique_ptr<LiveSeries> make(const SeriesRecord& info) {
    forget(info);
    const auto id = catalog_id(info);
    if (!id) return nullptr;
    core::Series series = catalog_[*id];
    series.id = info.id;
    return std::make_unique<LiveSeries>(series, settings_->series);
  }

  const SeriesSettings& configure(const std::string& text) {
    const Config config = parse_config(text, "the journal's configuration");
    RunSettings& settings = all_settings_.emplace_back();
    settings.atc = config.atc;
    settings.series.params_at = [&settings](int price_scale) -> std::shared_ptr<const AtcParams> {
      if (price_scale < 0 || price_scale > kPriceScaleMax) return nullptr;
      auto& params = settings.params[price_scale];
      if (!params) params = AtcParams::create(settings.atc, price_scale);
      return params;
    };
    settings.series.anchor = config.engine.anchor;
    settings.series.late_ms = late_ms(config);
    settings_ = &settings;
    return settings.series;
  }

  /// The journal's first record; where its beginning is gone, the one after the oldest usable snapshot.
  std::uint64_t first_record(const std::string& data_dir, const std::string& folder) {
    const std::vector<SegmentFile> files = list_segments(posix_storage(), folder);
    if (files.empty() || files.front().first_sequence == 1) return 1;
    std::string name;
    const std::optional<Snapshot> snapshot = find_oldest_snapshot(
        posix_storage(), snapshot_folder(data_dir), files.front().first_sequence, LiveSeries::layout(), name);
    if (!snapshot)
      throw StorageError("the journal's beginning is gone, and no snapshot reaches back to what there is");
    begin_from(*snapshot);
    return snapshot->position_min() + 1;
  }

  void begin_from(const Snapshot& snapshot) {
    configure(snapshot.configuration);
    for (const SnapshotSeries& each : snapshot.series) {
      auto series = make(each.series);
      if (!series) continue;
      if (!series->from_bytes(each.state)) throw StorageError("a snapshot's state cannot be used");
      if (const AnchoredState* state = series->indicator())
        runs_[*catalog_id(each.series)].base = std::make_shared<const AnchoredState>(*state);
      player_.put(each.series, each.position, std::move(series));
    }
  }

  const core::Catalog& catalog_;
  const std::size_t bars_max_;
  const std::optional<core::SeriesId> only_;
  std::vector<BarRun> runs_;
  std::vector<bool> has_more_;
  std::deque<RunSettings> all_settings_;
  RunSettings* settings_ = nullptr;
  Player player_;
};

}  // namespace

std::vector<BarRun> read_journal_bars(const core::Catalog& catalog, const HistorySource& source,
                                      std::size_t bars_max, std::optional<core::SeriesId> only,
                                      const std::atomic<bool>& is_cancelled, std::vector<bool>& has_more) {
  BarReader reader(catalog, bars_max, only);
  reader.read(source, is_cancelled);
  return reader.take(has_more);
}

}  // namespace lockstep::engine
