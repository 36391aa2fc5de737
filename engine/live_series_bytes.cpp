// A series as bytes, for snapshots.
#include "engine/bytes.hpp"
#include "engine/live_series.hpp"

namespace lockstep::engine {
namespace {

/// Raise it whenever a field below is added, removed or changes its meaning.
constexpr std::uint64_t kLayoutVersion = 2;

template <class T>
void put_optional(ByteWriter& writer, const std::optional<T>& value) {
  writer.put(static_cast<std::uint8_t>(value.has_value()));
  if (value) writer.put(*value);
}

template <class T>
bool get_optional(ByteReader& reader, std::optional<T>& value) {
  std::uint8_t is_there = 0;
  if (!reader.get(is_there) || is_there > 1) return false;
  value.reset();
  if (is_there == 0) return true;
  return reader.get(value.emplace());
}

}  // namespace

std::uint64_t LiveSeries::layout() {
  return kLayoutVersion << 48 | sizeof(Signal) << 32 | sizeof(core::MarketEvent) << 16 |
         sizeof(SeriesCounters);
}

void LiveSeries::to_bytes(std::vector<std::byte>& out) const {
  ByteWriter writer(out);
  writer.put(price_scale_);
  writer.put(state_);
  writer.put(reason_);
  for (const bool flag : {is_up_, is_loading_, is_cold_}) writer.put(static_cast<std::uint8_t>(flag));
  writer.put(request_id_);
  writer.put(attempts_);
  writer.put(retry_at_ms_);
  put_optional(writer, expected_ms_);
  writer.put(static_cast<std::uint32_t>(held_.size()));
  for (const core::MarketEvent& event : held_) writer.put(event);
  put_optional(writer, open_);
  writer.put(recent_);
  writer.put(recent_count_);
  writer.put(published_);
  writer.put(published_count_);
  writer.put(static_cast<std::uint32_t>(history_.size()));
  for (const BarTicks& bar : history_) writer.put(bar);
  put_optional(writer, last_closed_);
  writer.put(last_open_);
  writer.put(last_closed_signal_);
  for (const std::int64_t time : {first_ms_, first_published_ms_, published_to_ms_, republish_from_ms_})
    writer.put(time);
  writer.put(sequence_);
  writer.put(revision_);
  writer.put(transitions_);
  writer.put(counters_);
  writer.put(static_cast<std::uint8_t>(atc_.has_value()));
  if (atc_) atc_->to_bytes(out);
}

void LiveSeries::use(const SeriesSettings& settings, core::SeriesId id) {
  settings_ = &settings;
  id_ = id;
  for (core::MarketEvent& event : held_) event.series = id;
  if (open_) open_->series = id;
  if (last_closed_) last_closed_->series = id;
  last_open_.series = last_closed_signal_.series = id;
}

bool LiveSeries::from_bytes(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  LiveSeries read(*this);
  reader.get(read.price_scale_);
  reader.get(read.state_);
  reader.get(read.reason_);
  for (bool* flag : {&read.is_up_, &read.is_loading_, &read.is_cold_}) {
    std::uint8_t value = 0;
    if (!reader.get(value) || value > 1) return false;
    *flag = value == 1;
  }
  reader.get(read.request_id_);
  reader.get(read.attempts_);
  reader.get(read.retry_at_ms_);
  if (!get_optional(reader, read.expected_ms_)) return false;
  std::uint32_t held = 0;
  if (!reader.get(held) || held > kHeldBarsMax) return false;
  read.held_.resize(held);
  for (core::MarketEvent& event : read.held_) reader.get(event);
  if (!get_optional(reader, read.open_)) return false;
  reader.get(read.recent_);
  reader.get(read.recent_count_);
  reader.get(read.published_);
  reader.get(read.published_count_);
  std::uint32_t history = 0;
  if (!reader.get(history) || history > kHistoryMax) return false;
  read.history_.resize(history);
  for (BarTicks& bar : read.history_) reader.get(bar);
  if (!get_optional(reader, read.last_closed_)) return false;
  reader.get(read.last_open_);
  reader.get(read.last_closed_signal_);
  for (std::int64_t* time :
       {&read.first_ms_, &read.first_published_ms_, &read.published_to_ms_, &read.republish_from_ms_})
    reader.get(*time);
  reader.get(read.sequence_);
  reader.get(read.revision_);
  reader.get(read.transitions_);
  reader.get(read.counters_);
  std::uint8_t has_indicator = 0;
  if (!reader.get(has_indicator) || has_indicator > 1) return false;
  if (read.state_ > SeriesState::retired || read.reason_ > core::kLastReason) return false;
  read.atc_.reset();
  if (has_indicator == 1) {
    const auto params = settings_->params_at(read.price_scale_);
    if (!params) return false;
    read.atc_.emplace(params, settings_->anchor, interval_.ms());
    if (read.atc_->from_bytes(reader.get_bytes(reader.left())) != BytesStatus::ok) return false;
  }
  if (!reader.is_at_end()) return false;
  read.use(*settings_, id_);
  *this = std::move(read);
  return true;
}

}  // namespace lockstep::engine
