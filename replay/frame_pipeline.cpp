#include "replay/frame_pipeline.hpp"

#include <algorithm>

#include "engine/core/decimal.hpp"
#include "engine/daemon_plan.hpp"
#include "feeds/row_flow.hpp"

namespace lockstep::replay {
namespace {

using core::MarketEvent;
using core::Reason;

}  // namespace

/// One of the configured series, and what of its stream is remembered.
struct FramePipeline::Series {
  explicit Series(const core::Series& of, const feeds::Venue& venue)
      : own(of), is_from_trades(!venue.has_bar_stream(of.interval)), closer(of.interval) {
    seen.name = of.venue + ' ' + of.symbol + ' ' + of.interval.text();
    if (is_from_trades) {
      order.emplace(venue.rules().trade_ids);
      bars.emplace(feeds::TimeBoundary(of.interval, venue.rules().trade_ids));
    }
  }
  void forget_stream() {
    closer.reset();
    if (order) order->reset();
    if (bars) bars->reset();
  }

  const core::Series own;
  const bool is_from_trades;
  feeds::BarCloser closer;
  std::optional<feeds::TradeOrder> order;
  std::optional<feeds::TradeBars<feeds::TimeBoundary>> bars;
  std::optional<AnchoredState> state;
  std::int64_t expected_ms = INT64_MIN;
  PipelineSeries seen;
};

struct FramePipeline::Connection {
  const feeds::Venue* venue = nullptr;
  std::unique_ptr<feeds::FrameParser> parser;
  feeds::Frame frame;
  feeds::RowFlow flow;
};

FramePipeline::FramePipeline(const engine::Config& config)
    : config_(config), catalog_(engine::make_catalog(config)) {
  for (const core::Series& series : catalog_.series()) {
    const feeds::Venue* const venue = feeds::find_venue(series.venue);
    if (venue == nullptr) throw engine::ConfigError("there is no venue \"" + series.venue + "\"");
    series_.push_back(std::make_unique<Series>(series, *venue));
  }
}

FramePipeline::~FramePipeline() = default;

void FramePipeline::connection(std::uint16_t number, std::string_view venue) {
  auto connection = std::make_unique<Connection>();
  connection->venue = feeds::find_venue(venue);
  if (connection->venue != nullptr) connection->parser = connection->venue->make_parser();
  connections_[number] = std::move(connection);
}

void FramePipeline::lost(std::uint16_t number) {
  const auto found = connections_.find(number);
  if (found == connections_.end() || found->second->venue == nullptr) return;
  for (const auto& series : series_) {
    if (series->own.venue == found->second->venue->rules().name) series->forget_stream();
  }
}

void FramePipeline::frame(std::uint16_t number, std::string_view text, std::int64_t recv_ns) {
  ++frames_;
  const auto found = connections_.find(number);
  if (found == connections_.end() || !found->second->parser) {
    ++frames_bad_;
    return;
  }
  Connection& connection = *found->second;
  text_.assign(text.begin(), text.end());
  text_.resize(text.size() + feeds::kJsonPadding);
  const auto result = connection.parser->parse({text_.data(), text.size()}, connection.frame);
  if (!result.is_ok()) {
    ++frames_bad_;
    return;
  }
  const feeds::Frame& frame = connection.frame;
  if (frame.kind == feeds::FrameKind::unknown) ++frames_unknown_;
  if (frame.is_snapshot) return;  // the past, sent once
  for (const auto& bar : frame.bars) take_bar(connection, bar, recv_ns);
  for (const auto& trade : frame.trades) take_trade(connection, trade);
}

bool FramePipeline::has_scale(Series& series, const feeds::BarTexts& texts) {
  const std::optional<int> needed = feeds::scale_needed(texts);
  if (!needed) return false;
  if (*needed > series.seen.price_scale) begin_anew(series, *needed);
  return true;
}

void FramePipeline::begin_anew(Series& series, int price_scale) {
  auto& params = params_[price_scale];
  if (!params) params = AtcParams::create(config_.atc, price_scale);
  if (series.state && series.state->bars_total() > 0) ++series.seen.anews;
  series.state.emplace(params, config_.engine.anchor, series.own.interval.ms());
  series.seen.price_scale = price_scale;
  series.expected_ms = INT64_MIN;
  series.forget_stream();
}

void FramePipeline::take_bar(Connection& connection, const feeds::BarRecord& record, std::int64_t recv_ns) {
  if (record.state == feeds::BarState::unsaid && feeds::is_time_plausible(record.ts_event_ms) &&
      connection.flow.take(record.ts_event_ms)) {
    for (const auto& each : series_) {
      if (each->own.venue == connection.venue->rules().name) each->closer.reset();
    }
  }
  for (const auto& each : series_) {
    Series& series = *each;
    if (series.is_from_trades || series.own.venue != connection.venue->rules().name ||
        series.own.symbol != record.symbol || series.own.interval.text() != record.interval)
      continue;
    MarketEvent event;
    const bool has_time = record.ts_event_ms != 0 || connection.venue->rules().has_bar_times;
    const Reason reason = has_scale(series, record.bar) ? feeds::read_bar(record.bar, series.own.interval,
                                                                          series.seen.price_scale, event)
                                                        : Reason::record_unusable;
    if (reason != Reason::none || (has_time && !feeds::is_time_plausible(record.ts_event_ms))) {
      ++series.seen.refused;
      return;
    }
    event.ts_event_ms = has_time ? record.ts_event_ms : std::max(record.bar.ts_open_ms, recv_ns / 1'000'000);
    const auto result = series.closer.take(event, record.state, has_time);
    if (result.is_early) ++series.seen.refused;
    if (result.closed) commit(series, result.closed->bar);
    if (result.open && result.open->is_closed != 0) commit(series, result.open->bar);
    return;
  }
}

void FramePipeline::take_trade(Connection& connection, const feeds::TradeRecord& record) {
  for (const auto& each : series_) {
    Series& series = *each;
    if (!series.is_from_trades || series.own.venue != connection.venue->rules().name ||
        series.own.symbol != record.symbol)
      continue;
    feeds::Trade trade;
    trade.ts_ms = record.ts_event_ms;
    const feeds::BarTexts texts{0, record.price, record.price, record.price, record.price, {}};
    int quantity_scale = 0;
    const bool is_usable = feeds::is_time_plausible(trade.ts_ms) && has_scale(series, texts) &&
                           core::parse_decimal(record.price, series.seen.price_scale, trade.price_ticks) ==
                               core::DecimalStatus::ok &&
                           core::decimal_scale(record.quantity, quantity_scale) == core::DecimalStatus::ok &&
                           core::parse_decimal(record.quantity, quantity_scale, trade.quantity_units) ==
                               core::DecimalStatus::ok &&
                           trade.price_ticks > 0 && trade.quantity_units >= 0;
    trade.quantity_scale = static_cast<std::uint8_t>(quantity_scale);
    bool is_refused = !is_usable;
    if (is_usable) {
      const auto& trades = series.order->take(trade, record.trade_id, is_refused);
      if (series.order->has_gap()) series.bars->reset();
      if (!is_refused) {
        for (const feeds::TradeBar& bar : series.bars->take(trades)) {
          if (bar.is_closed) commit(series, bar.bar);
        }
      }
    }
    if (is_refused) ++series.seen.refused;
  }
}

void FramePipeline::commit(Series& series, const BarTicks& bar) {
  if (bar.ts_open_ms < series.expected_ms)
    return;  // a repetition, or a correction of what history would rebuild
  if (series.expected_ms != INT64_MIN && bar.ts_open_ms > series.expected_ms)
    begin_anew(series, series.seen.price_scale);
  Outputs out;
  if (!series.state || series.state->commit(bar, out) != Status::ok) {
    ++series.seen.refused;
    return;
  }
  ++bars_;
  ++series.seen.bars;
  series.seen.ts_last_ms = bar.ts_open_ms;
  series.seen.digest = series.state->state().digest();
  series.expected_ms = series.own.interval.next_open_ms(bar.ts_open_ms);
}

std::vector<PipelineSeries> FramePipeline::series() const {
  std::vector<PipelineSeries> all;
  for (const auto& series : series_) all.push_back(series->seen);
  return all;
}

std::string FramePipeline::digests_text() const {
  std::string text;
  for (const auto& series : series_) {
    if (series->seen.bars == 0) continue;
    text += series->seen.name + '\t' + std::to_string(series->seen.bars) + '\t' +
            std::to_string(series->seen.ts_last_ms) + '\t' + series->seen.digest.hex() + '\n';
  }
  return text;
}

}  // namespace lockstep::replay
