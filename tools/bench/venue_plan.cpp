#include "tools/bench/venue_plan.hpp"

#include "tools/bench/frames.hpp"
#include "tools/bench/price_walk.hpp"

namespace lockstep::bench {
namespace {

constexpr std::int64_t kFirstOpenMs = 1'700'000'040'000;

}  // namespace

VenuePlan make_plan(const PlanShape& shape, std::size_t messages) {
  VenuePlan plan;
  plan.content.symbols = symbol_names(shape.symbols);
  plan.content.server_time_ms = kFirstOpenMs + static_cast<std::int64_t>(shape.history_bars) * kMinuteMs;
  std::vector<PriceWalk> walks;
  for (std::size_t s = 0; s < shape.symbols; ++s) {
    walks.emplace_back(s + 1, kFirstOpenMs);
    plan.content.history.push_back(walk_bars(walks[s], shape.history_bars));
  }
  while (plan.messages.size() < messages) {
    std::vector<BarTicks> bars;
    for (PriceWalk& walk : walks) bars.push_back(walk.next());
    for (int step = 1; step <= shape.frames_per_bar; ++step) {
      for (std::size_t s = 0; s < shape.symbols; ++s) {
        const bool is_closed = step == shape.frames_per_bar;
        const std::int64_t ts_event_ms =
            bars[s].ts_open_ms + kMinuteMs * step / shape.frames_per_bar + static_cast<int>(s);
        const BarTicks bar = is_closed ? bars[s] : open_part(bars[s], step, shape.frames_per_bar);
        const std::string text = kline_text(plan.content.symbols[s], bar, is_closed, ts_event_ms);
        plan.messages.push_back({websocket_frame(text), ts_event_ms});
      }
    }
  }
  return plan;
}

engine::Config daemon_config(const BenchVenue& venue, const VenueContent& content, engine::PollMode poll) {
  engine::Config config;
  feeds::FeedConfig feed;
  feed.venue = "binance_spot";
  feed.symbols = content.symbols;
  feed.intervals = {"1m"};
  feed.streams_max = 1000;  // BenchVenue has one socket
  feed.ws_url = venue.ws_url();
  feed.rest_url = venue.rest_url();
  feed.silence_s = 3600;
  feed.clock_offset_ms_max = 0;  // made-up bars have made-up times
  config.feeds = {feed};
  config.engine.poll = poll;
  config.engine.late_s = 3600;  // venue time stands still until the first frame, and then runs
  config.api.port = 0;
  return config;
}

}  // namespace lockstep::bench
