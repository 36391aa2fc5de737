#include "engine/journal/player.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/defence.hpp"

namespace lockstep::engine::journal {
namespace {

/// More than any catalog has; an id beyond it is no id.
constexpr std::uint32_t kSeriesMax = 1 << 20;
/// Events put off at most: some 8 MiB.
constexpr std::size_t kLaterMax = 1 << 16;

}  // namespace

std::string name_of(const SeriesRecord& series) {
  return series.venue + ' ' + series.symbol + ' ' + series.interval;
}

std::string Mismatch::text() const {
  return series + ": after record " + std::to_string(sequence) +
         (ts_open_ms != 0 ? " (bar " + std::to_string(ts_open_ms) + ")" : "") + " the journal says digest " +
         recorded.hex() + ", replayed it is " + replayed.hex();
}

Player::Slot& Player::slot_at(std::uint32_t id) {
  if (id >= slots_.size()) slots_.resize(id + 1);
  return slots_[id];
}

void Player::put(const SeriesRecord& info, std::uint64_t position, std::unique_ptr<LiveSeries> series) {
  if (info.id >= kSeriesMax) return;
  Slot& slot = slot_at(info.id);
  slot.info = info;
  slot.position = position;
  slot.series = std::move(series);
}

void Player::forget() {
  later_.clear();
  chains_.clear();
  due_.clear();
  slots_.clear();
  carried_.clear();
}

bool Player::apply(const RecordView& record) {
  if (record.type() == RecordType::event) return apply_event(record);
  flush();
  switch (record.type()) {
    case RecordType::start:
      due_.clear();
      carried_.clear();
      for (Slot& slot : slots_) {
        if (slot.series) carried_.emplace(name_of(slot.info), std::move(slot));
      }
      slots_.clear();
      return decode(record.payload, start_);
    case RecordType::series:
      return begin_series(record);
    case RecordType::configuration: {
      ConfigurationRecord configuration;
      if (!decode(record.payload, configuration)) return false;
      settings_ = &configure_(start_, configuration.text);
      return true;
    }
    case RecordType::note:
    case RecordType::stop:
      return true;
    case RecordType::event:
    case RecordType::held:
    case RecordType::state:
      break;
  }
  return false;
}

bool Player::begin_series(const RecordView& record) {
  SeriesRecord info;
  if (!decode(record.payload, info) || info.id >= kSeriesMax) return false;
  due_.clear();
  Slot& slot = slot_at(info.id);
  slot = {};
  slot.info = info;
  const auto carried = carried_.find(name_of(info));
  if (!info.is_continued) {
    slot.series = make_(info);
  } else if (carried != carried_.end()) {
    slot.series = std::move(carried->second.series);
    slot.position = carried->second.position;
    slot.is_wrong = carried->second.is_wrong;
    if (slot.series && settings_ != nullptr) slot.series->use(*settings_, info.id);
  }
  if (info.is_continued && slot.series && !slot.is_wrong && slot.series->digest() != info.digest) {
    slot.is_wrong = true;
    mismatches_.push_back({name_of(info), record.header.sequence, 0, info.digest, slot.series->digest()});
  }
  return true;
}

bool Player::apply_event(const RecordView& record) {
  const bool is_put_off =
      puts_off_ && settings_ != nullptr && settings_->anchor.kind != Anchor::Kind::rolling;
  if (is_put_off) return put_off(record);
  EventRecord event;
  if (!decode(record.payload, event)) return false;
  if (event.event.series >= slots_.size()) return is_before_start();
  give(slots_[event.event.series], record.header.sequence, event);
  return true;
}

bool Player::put_off(const RecordView& record) {
  EventRecord event;
  if (!decode(record.payload, event)) return false;
  const std::uint32_t id = event.event.series;
  if (id >= slots_.size()) return is_before_start();
  if (chains_.size() < slots_.size()) chains_.resize(slots_.size(), {kNone, kNone});
  const auto place = static_cast<std::uint32_t>(later_.size());
  later_.push_back({record.header.sequence, event, kNone});
  Chain& chain = chains_[id];
  (chain.first == kNone ? chain.first : later_[chain.last].next) = place;
  chain.last = place;
  if (later_.size() == kLaterMax) flush();
  return true;
}

void Player::flush() {
  const std::size_t known = mismatches_.size();
  for (std::size_t id = 0; id < chains_.size() && !later_.empty(); ++id) {
    std::size_t ahead = 0;
    for (std::uint32_t at = chains_[id].first; at != kNone; at = later_[at].next) {
      prefetch_event(later_[at].next);
      prefetch_series(id + 1, ahead);
      give(slots_[id], later_[at].sequence, later_[at].event);
    }
    chains_[id] = {kNone, kNone};
  }
  later_.clear();
  std::sort(mismatches_.begin() + static_cast<std::ptrdiff_t>(known), mismatches_.end(),
            [](const Mismatch& a, const Mismatch& b) { return a.sequence < b.sequence; });
}

/// The next event of a series lies a thousand events further on: nothing but its own index tells where.
void Player::prefetch_event(std::uint32_t at) const {
  if (at == kNone) return;
  const char* const begin = reinterpret_cast<const char*>(&later_[at]);
  __builtin_prefetch(begin);
  __builtin_prefetch(begin + 64);
  __builtin_prefetch(begin + sizeof(Later) - 1);
}

/// The series whose turn is next comes nearer, some lines with each event of the one before it.
void Player::prefetch_series(std::size_t id, std::size_t& ahead) const {
  constexpr std::size_t kLine = 64, kStep = 8 * kLine;
  constexpr int kRead = 0, kSecondLevel = 2;
  if (ahead >= sizeof(LiveSeries) || id >= slots_.size() || !slots_[id].series) return;
  const char* const begin = reinterpret_cast<const char*>(slots_[id].series.get()) + ahead;
  for (std::size_t line = 0; line < kStep; line += kLine)
    __builtin_prefetch(begin + line, kRead, kSecondLevel);
  ahead += kStep;
}

void Player::give(Slot& slot, std::uint64_t sequence, const EventRecord& event) {
  if (!slot.series || (slot.is_wrong && !goes_on_) || sequence <= slot.position) return;
  slot.series->set_sequence(event.sequence_before);
  slot.series->apply(event.event, sink_);
  ++events_;
  // While history is collected, its bars are not in the digest; an older lockstep took them one by one.
  const bool is_known = slot.series->history().empty();
  if (is_known && slot.series->digest() != event.digest_after && LOCKSTEP_DEFENCE(replay_digest))
    note_mismatch(slot, sequence, event);
  see_to_next_run(*slot.series);
}

/// Live, a run is built a few bars at a time, for nobody must wait. Here nobody waits for one bar: it is
/// built when all its bars are there, together with those of other series.
void Player::see_to_next_run(LiveSeries& series) {
  AnchoredState* const state = series.anchored();
  if (state == nullptr || state->anchor().kind != Anchor::Kind::rolling) return;
  if (!state->is_before_new_run()) return state->postpone();
  if (std::find(due_.begin(), due_.end(), state) == due_.end()) due_.push_back(state);
  if (due_.size() < RollingRuns::kTogether) return;
  std::erase_if(due_, [](const AnchoredState* each) { return each->postponed_bars() == 0; });
  if (due_.size() < RollingRuns::kTogether) return;
  rolling_runs_.build(due_);
  due_.clear();
}

void Player::note_mismatch(Slot& slot, std::uint64_t sequence, const EventRecord& event) {
  if (std::exchange(slot.is_wrong, true)) return;
  mismatches_.push_back(
      {name_of(slot.info), sequence, event.event.bar.ts_open_ms, event.digest_after, slot.series->digest()});
}

}  // namespace lockstep::engine::journal
