// The latest publications of every series, and what they are worth now.
#pragma once

#include <vector>

#include "engine/signal.hpp"

namespace lockstep::engine {

/// Storing is two copies: it must be cheap when thousands of bars close in the same millisecond. One thread.
class SignalStore {
 public:
  explicit SignalStore(std::size_t series);

  /// For the series with the next id.
  void add_series();
  /// Throws std::out_of_range for a series that is not in the catalog.
  void put(const Signal& signal);

  std::size_t size() const { return records_.size(); }
  /// The last publication of any kind; kind state, sequence 0 and ts_open_ms 0 when there was none.
  const Signal& latest(core::SeriesId series) const { return records_.at(series).latest; }
  /// The publication of the last closed bar; ts_open_ms 0 when there was none.
  const Signal& latest_closed(core::SeriesId series) const { return records_.at(series).closed; }

  /// A publication with state, reason and validity as they are now, not as they were then: what a dead feed
  /// sent yesterday is not valid today.
  Signal as_of_now(Signal signal) const;
  /// The last closed bar's publication. It is valid when the series is: a bar that was fetched to fill a gap
  /// was not when it was published, but is once the series lives again.
  Signal closed_now(core::SeriesId series) const;
  /// The bar that is still open; ts_open_ms 0 when there is none after the last closed bar.
  Signal open_now(core::SeriesId series) const;
  /// It was told to go: lists and counts leave it out.
  bool is_removed(core::SeriesId series) const { return latest(series).reason == core::Reason::removed; }
  bool is_live(core::SeriesId series) const { return latest(series).state == SeriesState::live; }
  bool is_valid(core::SeriesId series) const { return is_live(series) && latest(series).is_valid; }

 private:
  struct Record {
    Signal latest;
    Signal closed;
    Signal open;
  };

  std::vector<Record> records_;
};

}  // namespace lockstep::engine
