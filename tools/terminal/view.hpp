// What the terminal shows: plain values, so that drawing knows nothing of the engine.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace lockstep::tools {

/// One series.
struct ViewRow {
  std::string venue;
  std::string symbol;
  std::string interval;
  std::string price;  ///< decimal text of the last close, empty when there is none
  double average = std::numeric_limits<double>::quiet_NaN();  ///< in [-1, 1]; NaN: undefined
  int direction = 0;                                          ///< 1 long, -1 short, 0 undefined
  std::string event;                                          ///< the last event: long, short, or empty
  std::int64_t ts_event_ms = 0;   ///< open time of the bar that it came with, UTC; 0: none
  std::int64_t ts_closed_ms = 0;  ///< open time of the last closed bar, UTC; 0: none
  std::string state;              ///< LIVE, STALE, ..., in any case
  std::string reason;             ///< none, or why not live
  bool is_valid = false;
  std::int64_t age_ms = -1;  ///< since the last publication; -1: never
};

struct ViewFeed {
  std::string venue;
  bool is_connected = false;
  std::int64_t lag_ms = 0;
};

struct View {
  std::string title;  ///< lockstep 0.1.0
  std::string api_url;
  std::int64_t uptime_ms = 0;
  std::vector<ViewFeed> feeds;
  std::vector<ViewRow> rows;  ///< in the order of the configuration
};

}  // namespace lockstep::tools
