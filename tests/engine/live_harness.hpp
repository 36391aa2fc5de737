// A series driven by hand: a true history, a stream, history answers, and everything that was published.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/live_series.hpp"
#include "tests/support/random_series.hpp"
#include "tests/support/same_bits.hpp"

namespace lockstep::engine::test {

using lockstep::test::first_difference;
using lockstep::test::Rng;

inline constexpr std::int64_t kMinute = 60'000;
inline constexpr std::int64_t kStart =
    1'700'000'040'000;  // on the minute, not on the grid of rolling anchors

/// Settings with a short warm-up.
inline AtcConfig small_config() {
  AtcConfig config;
  config.lengths.fill(8);
  config.robustness = Robustness::narrow;
  return config;
}

inline Anchor history_anchor() {
  return {};
}
inline Anchor time_anchor(std::int64_t time_ms) {
  return {Anchor::Kind::time, time_ms, 0, 0};
}
inline Anchor rolling_anchor(std::int64_t bars, std::int64_t step) {
  return {Anchor::Kind::rolling, 0, bars, step};
}

inline SeriesSettings make_settings(const Anchor& anchor, const AtcConfig& config = small_config()) {
  SeriesSettings settings;
  settings.params_at = [config](int price_scale) { return AtcParams::create(config, price_scale); };
  settings.anchor = anchor;
  settings.history_bars = 100;
  return settings;
}

/// Bars without a hole, `count` of them, a bar each interval from kStart on.
inline std::vector<BarTicks> make_truth(std::uint64_t seed, std::size_t count,
                                        std::int64_t interval_ms = kMinute) {
  Rng rng(seed);
  std::vector<BarTicks> bars;
  std::int64_t close = 100'000;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t open = close;
    close = std::max<std::int64_t>(1000, close + rng.between(-800, 800));
    bars.push_back({kStart + static_cast<std::int64_t>(i) * interval_ms, open,
                    std::max(open, close) + rng.between(0, 90), std::min(open, close) - rng.between(0, 90),
                    close});
  }
  return bars;
}

/// What was published and asked for.
struct RecordingSink final : SeriesSink {
  void publish(const Signal& signal) override { signals.push_back(signal); }
  void request(const core::BackfillRequest& request) override { requests.push_back(request); }

  std::vector<Signal> of(Signal::Kind kind) const {
    std::vector<Signal> found;
    for (const Signal& signal : signals) {
      if (signal.kind == kind) found.push_back(signal);
    }
    return found;
  }
  std::vector<Signal> signals;
  std::vector<core::BackfillRequest> requests;
};

inline core::MarketEvent make_event(core::EventKind kind, core::Reason reason = core::Reason::none) {
  core::MarketEvent event;
  event.kind = kind;
  event.reason = reason;
  return event;
}

inline core::MarketEvent bar_event(const BarTicks& bar, bool is_closed, std::int64_t ts_event_ms) {
  core::MarketEvent event = make_event(core::EventKind::bar);
  event.bar = bar;
  event.is_closed = is_closed;
  event.ts_event_ms = ts_event_ms;
  event.volume = 1;
  return event;
}

/// What the venue answers: the bars of `history` that the request wants, then the end.
inline std::vector<core::MarketEvent> answer_to(const core::BackfillRequest& request,
                                                const std::vector<BarTicks>& history, std::int64_t now_ms) {
  std::vector<core::MarketEvent> events;
  std::size_t first = 0;
  if (request.from_ms == INT64_MIN) {
    const auto wanted = static_cast<std::size_t>(request.bars_max);
    first = history.size() > wanted ? history.size() - wanted : 0;
  }
  for (std::size_t i = first; i < history.size(); ++i) {
    if (history[i].ts_open_ms < request.from_ms) continue;
    core::MarketEvent event = bar_event(history[i], true, now_ms);
    event.kind = core::EventKind::backfill_bar;
    event.series = request.series;
    event.request_id = request.request_id;
    events.push_back(event);
  }
  core::MarketEvent done = make_event(core::EventKind::backfill_done);
  done.series = request.series;
  done.request_id = request.request_id;
  done.ts_event_ms = now_ms;
  events.push_back(done);
  return events;
}

/// Outputs of every true bar, and what any open bar would give at its place.
class Oracle {
 public:
  Oracle(const SeriesSettings& settings, std::int64_t interval_ms, std::vector<BarTicks> truth,
         std::size_t first = 0, int price_scale = 2)
      : truth_(std::move(truth)), first_(first) {
    AnchoredState state(settings.params_at(price_scale), settings.anchor, interval_ms);
    for (std::size_t i = first; i < truth_.size(); ++i) {
      before_.push_back(state);
      Outputs outputs;
      REQUIRE(state.commit(truth_[i], outputs) == Status::ok);
      outputs_.push_back(outputs);
    }
    before_.push_back(state);
  }
  const Outputs& closed(std::size_t index) const { return outputs_.at(index - first_); }
  AnchoredState& before(std::size_t index) { return before_.at(index - first_); }
  Outputs peek(std::size_t index, const BarTicks& bar) {
    Outputs outputs;
    REQUIRE(before(index).peek(bar, outputs) == Status::ok);
    return outputs;
  }
  const std::vector<BarTicks>& truth() const { return truth_; }

 private:
  std::vector<BarTicks> truth_;
  std::size_t first_;
  std::vector<Outputs> outputs_;
  std::vector<AnchoredState> before_;
};

/// Empty when two publications say the same, bit for bit; ts_published_ns is the sink's and left out.
inline std::string difference(const Signal& a, const Signal& b) {
  const bool is_same = a.kind == b.kind && a.state == b.state && a.reason == b.reason &&
                       a.is_valid == b.is_valid && a.is_replayed == b.is_replayed &&
                       a.price_scale == b.price_scale && a.series == b.series && a.revision == b.revision &&
                       a.sequence == b.sequence && a.bar == b.bar && a.volume == b.volume &&
                       a.ts_event_ms == b.ts_event_ms && a.ts_recv_ns == b.ts_recv_ns &&
                       a.ts_anchor_ms == b.ts_anchor_ms && a.bars == b.bars && a.digest == b.digest;
  return is_same ? first_difference(a.outputs, b.outputs) : "fields beside the outputs";
}

}  // namespace lockstep::engine::test
