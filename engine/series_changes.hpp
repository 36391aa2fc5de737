// Series that were added to a daemon and taken from it while it ran: what is asked, what came of it, and the
// file that keeps it over restarts.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/core/event.hpp"

namespace lockstep::engine {

/// A series by name; the interval as core::Interval writes it.
struct SeriesName {
  std::string venue, symbol, interval;
  friend auto operator<=>(const SeriesName&, const SeriesName&) = default;
};

/// What holds beside the configuration: `added` series that it does not name, `removed` ones that it may.
struct SeriesChanges {
  std::set<SeriesName> added;
  std::set<SeriesName> removed;
};

/// symbols.json of a data directory.
std::string series_changes_file(const std::string& data_dir);
/// Nothing where there is no such file. Throws ConfigError when it cannot be read, or is not what
/// save_series_changes() writes; the message says what to do.
SeriesChanges load_series_changes(const std::string& file);
/// Replaces the file so that a power cut leaves the old or the new one. 0 or errno.
int save_series_changes(const std::string& file, const SeriesChanges& changes);

/// POST /v1/symbols/add and /v1/symbols/remove.
struct SeriesRequest {
  bool is_add = true;
  std::string venue;
  std::vector<std::string> symbols;    ///< names, or patterns with * and ?
  std::vector<std::string> intervals;  ///< empty: of add, those of the venue's feed; of remove, all
};

struct SeriesReport {
  struct Refused {
    std::string symbol;    ///< as it was asked for
    std::string interval;  ///< the one that it is about; empty: all
    std::string reason;    ///< for programs
    std::string nearest;   ///< empty: there is none
  };
  enum class Trouble : std::uint8_t { none, venue_unknown, venue_unavailable };
  Trouble trouble = Trouble::none;  ///< else nothing was done, and `message` says why
  std::string message;
  std::vector<SeriesName> changed;    ///< added, or removed
  std::vector<SeriesName> unchanged;  ///< were there already
  std::vector<Refused> refused;
  bool is_kept = false;  ///< holds after a restart as well
};

}  // namespace lockstep::engine
