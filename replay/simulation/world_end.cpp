// The half of World that compares: the live digests against the journal lived through again, against what
// the next start would know, and against the batch path on the true bars.
#include "engine/journal/player.hpp"
#include "engine/journal/recovery.hpp"
#include "engine/journal/segments.hpp"
#include "kernels/batch.hpp"
#include "replay/simulation/world.hpp"

namespace lockstep::simulation {
namespace {

using namespace engine::journal;

class NoSink final : public engine::SeriesSink {
 public:
  void publish(const engine::Signal&) override {}
  void request(const core::BackfillRequest&) override {}
};

std::string key_of(const core::Series& series) {
  return series.venue + ' ' + series.symbol + ' ' + series.interval.text();
}

}  // namespace

void World::compare_at_end() {
  std::map<core::SeriesId, Digest> live;
  for (const core::Series& series : catalog_.series()) compare_batch(series.id);
  const bool is_stopped = node_->stop();
  if (!is_stopped) complain("it does not stop in order: " + node_->failure());
  for (const core::Series& series : catalog_.series()) live[series.id] = node_->series(series.id).digest();
  node_.reset();
  disk_.process_ended();
  compare_replay(live);
  compare_recovery(live);
}

void World::compare_batch(core::SeriesId id) {
  const engine::LiveSeries& series = node_->series(id);
  const AnchoredState* const state = series.indicator();
  if (state == nullptr || state->state().bars() == 0) return;
  const core::Interval& interval = catalog_[id].interval;
  const std::int64_t last_ms = series.last_closed().bar.ts_open_ms;
  if (oracle_->is_lied_to(id, last_ms)) return;
  std::vector<BarTicks> bars;
  const int scale = state->state().params().price_scale();
  for (std::int64_t ts = state->ts_anchor_ms(); ts <= last_ms; ts = interval.next_open_ms(ts)) {
    if (const TrueBar* const bar = oracle_->true_bar(id, ts, scale)) bars.push_back(bar->bar);
  }
  if (bars.empty()) return;
  const auto params = settings_.params_at(scale);
  Outputs last;
  std::vector<BatchSeries> batch(1);
  batch[0].params = params.get();
  batch[0].bars = bars;
  BatchOutputs& out = batch[0].out;
  out.first_bar = static_cast<std::int64_t>(bars.size()) - 1;
  out.average = &last.average;
  out.growth = &last.growth;
  out.direction = &last.direction;
  out.event = &last.event;
  for (std::size_t family = 0; family < kFamilies; ++family) {
    out.signal[family] = &last.signal[family];
    out.equity[family] = &last.equity[family];
  }
  std::vector<BatchResult> results(1);
  static Batch computer(BatchOptions{.backend = {}, .threads = 1, .chunk_bars = 0});
  computer.recompute(batch, results);
  if (!Oracle::same_bits(last, series.last_closed().outputs))
    complain(oracle_->name(id) + ": the batch path on the true bars gives other outputs than the daemon");
}

void World::compare_replay(const std::map<core::SeriesId, Digest>& live) {
  NoSink sink;
  Player player(
      [this](const SeriesRecord& info) -> std::unique_ptr<engine::LiveSeries> {
        for (const core::Series& series : catalog_.series()) {
          if (key_of(series) == name_of(info)) return std::make_unique<engine::LiveSeries>(series, settings_);
        }
        return nullptr;
      },
      [this](const StartRecord&, const std::string&) -> const engine::SeriesSettings& { return settings_; },
      sink);
  const JournalEnd end =
      read_journal(disk_, journal_folder(config_.engine.data_dir), 1,
                   [&](const RecordView& record, const SegmentFile&) { return player.apply(record); });
  if (end.damage)
    complain("the journal of a daemon that was stopped in order is damaged: " + end.damage->text());
  for (const Mismatch& mismatch : player.mismatches()) complain("replay: " + mismatch.text());
  for (const Player::Slot& slot : player.slots()) {
    for (const core::Series& series : catalog_.series()) {
      if (!slot.series || key_of(series) != name_of(slot.info)) continue;
      if (slot.series->digest() != live.at(series.id))
        complain("replay: " + name_of(slot.info) + " comes to digest " + slot.series->digest().hex() +
                 ", live it was " + live.at(series.id).hex());
    }
  }
}

void World::compare_recovery(const std::map<core::SeriesId, Digest>& live) {
  const Recovered recovered =
      recover(disk_, config_.engine.data_dir, catalog_, settings_, settings_fingerprint(config_));
  for (const std::string& finding : recovered.findings)
    complain("after a stop in order the next start finds: " + finding);
  for (const core::Series& series : catalog_.series()) {
    const auto& state = recovered.series[series.id];
    if (!state) {
      complain("the next start knows nothing of " + oracle_->name(series.id));
    } else if (state->digest() != live.at(series.id)) {
      complain("the next start has " + oracle_->name(series.id) + " with digest " + state->digest().hex() +
               ", it was " + live.at(series.id).hex());
    }
  }
}

}  // namespace lockstep::simulation
