#include "engine/api/signal_store.hpp"

namespace lockstep::engine {

SignalStore::SignalStore(std::size_t series) {
  records_.reserve(series);
  while (records_.size() < series) add_series();
}

void SignalStore::add_series() {
  const auto id = static_cast<core::SeriesId>(records_.size());
  Record& record = records_.emplace_back();
  record.latest.series = record.closed.series = record.open.series = id;
}

void SignalStore::put(const Signal& signal) {
  Record& record = records_.at(signal.series);
  record.latest = signal;
  // An open bar is of the past once its series was in doubt, also when that lives again: the next one
  // replaces it.
  if (!signal.is_valid) record.open.is_valid = false;
  // A correction of an earlier bar does not become the last one; the bars after it are published again too.
  if (signal.is_closed() && signal.bar.ts_open_ms >= record.closed.bar.ts_open_ms) record.closed = signal;
  if (signal.kind == Signal::Kind::open_bar) record.open = signal;
}

Signal SignalStore::closed_now(core::SeriesId series) const {
  Signal signal = as_of_now(latest_closed(series));
  signal.is_valid = signal.bar.ts_open_ms != 0 && is_valid(series);
  return signal;
}

Signal SignalStore::open_now(core::SeriesId series) const {
  const Record& record = records_.at(series);
  Signal signal = as_of_now(record.open);
  if (signal.bar.ts_open_ms <= record.closed.bar.ts_open_ms) signal.bar.ts_open_ms = 0;
  return signal;
}

Signal SignalStore::as_of_now(Signal signal) const {
  const Signal& now = latest(signal.series);
  signal.state = now.state;
  signal.reason = now.reason;
  signal.is_valid = signal.is_valid && is_valid(signal.series);
  return signal;
}

}  // namespace lockstep::engine
