#include "tools/live_view.hpp"

#include <algorithm>

#include "engine/api/api_server.hpp"
#include "engine/core/decimal.hpp"

namespace lockstep::tools {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

std::int64_t ms_since(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - time)
      .count();
}

}  // namespace

LiveView::LiveView(engine::Daemon& daemon, const std::string& host)
    : daemon_(daemon), start_(std::chrono::steady_clock::now()) {
  view_.title = "lockstep " LOCKSTEP_VERSION;
  view_.api_url = "http://" + host + ":" + std::to_string(daemon.api().port()) + "/v1/status";
}

/// Series may join while it runs.
ViewRow& LiveView::row_of(const core::Series& series) {
  for (core::SeriesId id = static_cast<core::SeriesId>(view_.rows.size()); id <= series.id; ++id) {
    const core::Series& next = daemon_.catalog()[id];
    ViewRow& row = view_.rows.emplace_back();
    row.venue = next.venue;
    row.symbol = next.symbol;
    row.interval = next.interval.text();
  }
  return view_.rows[series.id];
}

void LiveView::on_signal(const engine::Signal& signal) {
  if (!signal.is_closed() || signal.outputs.event == TradeEvent::none) return;
  ViewRow& row = row_of(daemon_.catalog()[signal.series]);
  row.event = signal.outputs.event == TradeEvent::long_ ? "long" : "short";
  row.ts_event_ms = signal.bar.ts_open_ms;
}

const View& LiveView::now() {
  view_.uptime_ms = ms_since(start_);
  view_.feeds.clear();
  for (const feeds::FeedHealth& feed : daemon_.feed_health()) {
    // The venue's clock may be ahead of ours (the demo's is, by far): that is no lag.
    view_.feeds.push_back({feed.venue, feed.connected, std::max<std::int64_t>(feed.lag_ms, 0)});
  }
  for (const core::Series& series : daemon_.catalog().series()) {
    const engine::Signal& latest = daemon_.api().latest(series.id);
    ViewRow& row = row_of(series);
    row.state = lower(engine::to_string(latest.state));
    row.reason = core::to_string(latest.reason);
    row.is_valid = latest.is_valid;
    if (latest.ts_published_ns != 0) {
      row.age_ms =
          ms_since(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(latest.ts_published_ns)));
    }
    if (latest.bar.ts_open_ms == 0) continue;
    row.price = core::decimal_text(latest.bar.close, latest.price_scale);
    row.average = latest.outputs.average;
    // Price and average move with the open bar; what a bot acts on is the direction of the last closed one.
    const engine::Signal& closed = daemon_.api().latest_closed(series.id);
    row.direction = closed.outputs.direction;
    row.ts_closed_ms = closed.bar.ts_open_ms;
  }
  return view_;
}

}  // namespace lockstep::tools
