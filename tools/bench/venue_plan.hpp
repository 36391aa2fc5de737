// What a daemon is shown: a venue's history, and the frames that follow it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "tools/bench/bench_venue.hpp"

namespace lockstep::bench {

/// One frame on its way.
struct Message {
  std::string frame;
  std::int64_t ts_event_ms = 0;  ///< tells the messages apart: no two have the same
};

struct PlanShape {
  std::size_t symbols = 20;  ///< at most 60,000 / frames_per_bar, so that event times stay apart
  std::size_t history_bars = 1700;
  int frames_per_bar = 50;  ///< of each bar, the last of them closed
};

struct VenuePlan {
  VenueContent content;
  /// At least as many as asked for, and whole bars: frame after frame of one symbol after the other.
  std::vector<Message> messages;
};

VenuePlan make_plan(const PlanShape& shape, std::size_t messages);

/// A daemon that attaches to `venue`, keeps no journal, and is never late: venue time stands still until the
/// first frame.
engine::Config daemon_config(const BenchVenue& venue, const VenueContent& content, engine::PollMode poll);

}  // namespace lockstep::bench
