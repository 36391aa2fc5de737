#include "engine/journal/keeper.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/core/defence.hpp"
#include "engine/thread_name.hpp"

namespace lockstep::engine::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPeriod{200};
constexpr int kCompression = 3;
/// Of a series in a snapshot, beside its state.
constexpr std::uint64_t kSeriesOverhead = 512;

/// First record that a snapshot needs the journal to hold, if the file is one at all.
std::optional<std::uint64_t> first_needed(Storage& storage, const std::string& folder,
                                          const std::string& name) {
  Snapshot snapshot;
  std::string problem;
  if (!read_snapshot(storage, folder, name, snapshot, problem)) return std::nullopt;
  return snapshot.position_min() + 1;
}

bool compress_segment(Storage& storage, const std::string& folder, const SegmentFile& file) {
  std::vector<std::byte> bytes;
  std::string problem;
  SegmentFile compressed = file;
  compressed.is_compressed = true;
  if (!load_segment(storage, folder, file, bytes, problem)) {
    spdlog::error("journal: segment {} is not compressed: {}", file.name(), problem);
    return false;
  }
  const std::vector<std::byte> packed = compress(bytes, kCompression);
  std::vector<std::byte> again;
  if (!decompress(packed, bytes.size(), again) || again != bytes) {
    spdlog::error("journal: segment {} is not compressed: it did not come out again as it went in",
                  file.name());
    return false;
  }
  int error = write_whole(storage, folder, compressed.name(), packed);
  if (error == 0) error = storage.remove(folder + "/" + file.name());
  if (error != 0) spdlog::warn("journal: {}", io_text("compress", folder + "/" + file.name(), error));
  return error == 0;
}

/// Wall time of a segment's header; nothing when it cannot be read.
std::optional<std::int64_t> created_ms(Storage& storage, const std::string& folder, const SegmentFile& file) {
  std::vector<std::byte> bytes;
  std::string problem;
  if (!load_segment(storage, folder, file, bytes, problem)) return std::nullopt;
  SegmentCursor cursor(bytes);
  if (!cursor.open()) return std::nullopt;
  return cursor.header().ts_created_ms;
}

}  // namespace

int compact_journal(Storage& storage, const std::string& folder, std::uint64_t open_segment,
                    const std::function<bool()>& is_enough) {
  int count = 0;
  for (const SegmentFile& file : list_segments(storage, folder)) {
    if (is_enough()) return count;
    if (file.is_compressed || file.number >= open_segment) continue;
    if (!compress_segment(storage, folder, file)) return count;
    ++count;
  }
  return count;
}

Keeper::Keeper(Storage& storage, const std::string& data_dir, const JournalConfig& config, Snapshot like,
               const Writer& writer)
    : storage_(storage),
      journal_(journal_folder(data_dir)),
      snapshots_(snapshot_folder(data_dir)),
      config_(config),
      writer_(writer),
      building_(std::move(like)),
      next_(steady_clock::now() + std::chrono::seconds(config.snapshot_s)) {}

void Keeper::start() {
  thread_ = std::thread([this] {
    name_thread("keeper");
    run();
  });
}

void Keeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Keeper::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kPeriod, [&] { return is_stopping_; });
      if (is_stopping_) return;
    }
    turn();
  }
}

void Keeper::turn() {
  beat();
  try {
    const bool is_asked = is_asked_now_.exchange(false);
    add_new();
    if (!is_building_ && (is_asked || steady_clock::now() >= next_)) {
      is_idle_ = false;
      is_building_ = true;
      for (SnapshotSeries& each : building_.series) each.state.clear();
      missing_ = building_.series.size();
      generation_.fetch_add(1, std::memory_order_acq_rel);
    }
    add_states();
    write_if_whole();
  } catch (const StorageError& error) {
    spdlog::warn("journal: housekeeping: {}; tried again", error.what());
  }
}

void Keeper::add_series(const SeriesRecord& series) {
  const std::lock_guard lock(mutex_);
  new_.push_back(series);
}

/// Its shard may have given all its states of the round that goes on: then the journal behind the snapshot
/// need not reach back to the record that the series began with. So there is a round more, and the snapshot
/// waits for it.
void Keeper::add_new() {
  std::vector<SeriesRecord> begun;
  {
    const std::lock_guard lock(mutex_);
    begun.swap(new_);
  }
  for (SeriesRecord& record : begun) {
    const auto at =
        std::lower_bound(building_.series.begin(), building_.series.end(), record.id,
                         [](const SnapshotSeries& each, std::uint32_t id) { return each.series.id < id; });
    building_.series.insert(at, {std::move(record), 0, {}});
    if (is_building_) ++missing_;
  }
  if (!begun.empty() && is_building_) generation_.fetch_add(1, std::memory_order_acq_rel);
}

SnapshotSeries* Keeper::find(std::uint32_t series) {
  const auto at =
      std::lower_bound(building_.series.begin(), building_.series.end(), series,
                       [](const SnapshotSeries& each, std::uint32_t id) { return each.series.id < id; });
  return at != building_.series.end() && at->series.id == series ? &*at : nullptr;
}

void Keeper::take_state(std::uint32_t series, std::uint64_t sequence, std::span<const std::byte> state) {
  const std::lock_guard lock(mutex_);
  states_.push_back({series, sequence, {state.begin(), state.end()}});
}

void Keeper::add_states() {
  std::vector<State> states;
  {
    const std::lock_guard lock(mutex_);
    states.swap(states_);
  }
  if (!is_building_) return;  // of a round that was one too many
  for (State& state : states) {
    beat();
    SnapshotSeries* const series = find(state.series);
    if (series == nullptr) continue;
    if (series->state.empty()) --missing_;
    series->position = state.sequence;
    series->state = compress_state(state.bytes);
  }
}

/// A snapshot never knows more than the journal on the disk does.
void Keeper::write_if_whole() {
  if (!is_building_ || missing_ > 0 || building_.series.empty() || durable_ < building_.position_max())
    return;
  const auto begin = steady_clock::now();
  const int error = write(building_);
  // Tried again at the next turn: the states are given anew then.
  for (SnapshotSeries& each : building_.series) each.state.clear();
  is_building_ = false;
  is_idle_ = true;
  next_ = steady_clock::now() + std::chrono::seconds(config_.snapshot_s);
  if (error != 0) return spdlog::warn("journal: {}", io_text("snapshot in", snapshots_, error));
  spdlog::debug("journal: snapshot of {} series in {} ms", building_.series.size(),
                std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin).count());
  tidy();
}

/// The journal goes first: a snapshot is not begun when it would leave less than two segments' room (fault
/// S5).
int Keeper::write(const Snapshot& snapshot) {
  std::uint64_t needed =
      snapshot.configuration.size() + 2 * static_cast<std::uint64_t>(config_.segment_bytes);
  for (const SnapshotSeries& each : snapshot.series) needed += each.state.size() + kSeriesOverhead;
  if (storage_.free_bytes(snapshots_) < needed && LOCKSTEP_DEFENCE(snapshot_room)) return ENOSPC;
  const int error = write_snapshot(storage_, snapshots_, snapshot);
  if (error == 0) written_.fetch_add(1, std::memory_order_relaxed);
  return error;
}

int Keeper::write_last(const std::vector<std::vector<std::byte>>& states, std::uint64_t sequence) {
  add_new();
  for (SnapshotSeries& each : building_.series) {
    each.position = sequence;
    each.state = compress_state(states.at(each.series.id));
  }
  const int error = write(building_);
  if (error == 0) remove_old_snapshots();
  return error;
}

void Keeper::tidy() {
  remove_old_snapshots();
  // A thousand starts leave a thousand segments, and a stop must not wait for them all (fault P10).
  const auto is_stopping = [this] {
    beat();
    const std::lock_guard lock(mutex_);
    return is_stopping_;
  };
  if (config_.compress) compact_journal(storage_, journal_, writer_.segment(), is_stopping);
  remove_old_segments();
}

void Keeper::remove_old_snapshots() {
  std::vector<std::string> names = list_snapshots(storage_, snapshots_);
  const auto kept = static_cast<std::size_t>(config_.snapshots);
  for (std::size_t i = 0; i + kept < names.size(); ++i) storage_.remove(snapshots_ + "/" + names[i]);
}

/// Only what two good snapshots do not need (fault S7), and never the segment being written.
void Keeper::remove_old_segments() {
  const std::vector<SegmentFile> files = list_segments(storage_, journal_);
  std::uint64_t bytes = 0;
  for (const SegmentFile& file : files) bytes += file.bytes;
  const auto bytes_max = static_cast<std::uint64_t>(config_.keep_mb) << 20;
  const std::int64_t now_ms =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::optional<std::uint64_t> needed;
  for (std::size_t i = 0; i + 1 < files.size() && files[i].number < writer_.segment(); ++i) {
    beat();
    bool is_too_much = config_.keep_mb > 0 && bytes > bytes_max;
    if (!is_too_much && config_.keep_days > 0) {
      // Its newest record is as old as the header of the segment after it.
      const auto ended_ms = created_ms(storage_, journal_, files[i + 1]);
      is_too_much = ended_ms && now_ms - *ended_ms > std::int64_t{86'400'000} * config_.keep_days;
    }
    if (!is_too_much) return;
    if (!needed) {
      std::vector<std::uint64_t> firsts;
      for (const std::string& name : list_snapshots(storage_, snapshots_)) {
        if (const auto first = first_needed(storage_, snapshots_, name)) firsts.push_back(*first);
      }
      const std::size_t generations = LOCKSTEP_DEFENCE(two_snapshots) ? 2 : 1;
      if (firsts.size() < generations) return;
      needed = firsts[firsts.size() - generations];
    }
    if (files[i + 1].first_sequence > *needed) return;
    if (storage_.remove(journal_ + "/" + files[i].name()) != 0) return;
    spdlog::info("journal: segment {} removed, it was beyond keep_days or keep_mb", files[i].name());
    bytes -= files[i].bytes;
  }
}

}  // namespace lockstep::engine::journal
