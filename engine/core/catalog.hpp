// Which series there are. Fixed at start, read by every thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/core/event.hpp"
#include "engine/core/interval.hpp"

namespace lockstep::core {

/// One (venue, symbol, interval).
struct Series {
  SeriesId id = 0;
  std::uint32_t venue_index = 0;  ///< into Catalog::venues()
  std::string venue;              ///< as the configuration names it: binance_spot
  std::string symbol;             ///< the venue's text, upper case where the venue's is
  Interval interval;
};

/// The series by their dense ids, in configuration order. Immutable once the daemon runs.
class Catalog {
 public:
  /// Adds a series; nothing when it is there already.
  std::optional<SeriesId> add(std::string_view venue, std::string_view symbol, Interval interval);

  const std::vector<Series>& series() const { return series_; }
  const Series& operator[](SeriesId id) const { return series_[id]; }
  std::size_t size() const { return series_.size(); }
  const std::vector<std::string>& venues() const { return venues_; }
  std::optional<SeriesId> find(std::string_view venue, std::string_view symbol, Interval interval) const;

 private:
  std::vector<Series> series_;
  std::vector<std::string> venues_;
  std::unordered_map<std::string, SeriesId> ids_;
};

}  // namespace lockstep::core
