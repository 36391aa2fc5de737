// The half of Stream that makes bars from trades.
#include <algorithm>

#include "engine/core/decimal.hpp"
#include "feeds/net/escape.hpp"
#include "feeds/stream.hpp"

namespace lockstep::feeds {

using core::DecimalStatus;
using core::MarketEvent;
using core::Reason;
using core::SeriesId;

void Stream::take_trade(const TradeRecord& record, std::int64_t recv_ns) {
  const std::optional<TopicIndex> index = find(record.symbol, "");
  if (!index || !is_acknowledged(*index) || states_[*index].series.empty()) {
    ++counters_.frames_unknown;
    return;
  }
  TopicState& topic = states_[*index];
  Trade trade;
  if (!read_trade(topic, record, trade)) return;
  context_.clock.note(trade.ts_ms, recv_ns);
  bool is_refused = false;
  const std::vector<Trade>& trades = topic.trades->order.take(trade, record.trade_id, is_refused);
  if (is_refused)
    return refuse_all(topic, Reason::record_unusable, "a trade id that is no number", trade.ts_ms);
  if (topic.trades->order.has_gap()) {
    refuse_all(topic, Reason::events_lost, "trades are missing", trade.ts_ms);
    for (auto& [id, bars] : topic.trades->bars) bars.reset();
  }
  push_trade_bars(topic, trades, recv_ns);
}

/// A trade in ticks; false when it was refused.
bool Stream::read_trade(const TopicState& topic, const TradeRecord& record, Trade& trade) {
  EventOutlet& outlet = context_.outlet;
  trade.ts_ms = record.ts_event_ms;
  if (!is_time_plausible(trade.ts_ms)) {
    refuse_all(topic, Reason::record_unusable, "trade time outside 2009 to 2100", trade.ts_ms);
    return false;
  }
  const SeriesId first = topic.series.front();
  DecimalStatus status = core::parse_decimal(record.price, outlet.price_scale(first), trade.price_ticks);
  int scale = 0;
  if (status == DecimalStatus::too_many_decimals &&
      core::decimal_scale(record.price, scale) == DecimalStatus::ok) {
    change_scale(*find(record.symbol, ""), scale);
    status = core::parse_decimal(record.price, scale, trade.price_ticks);
  }
  int quantity_scale = 0;
  const bool is_quantity =
      core::decimal_scale(record.quantity, quantity_scale) == DecimalStatus::ok &&
      core::parse_decimal(record.quantity, quantity_scale, trade.quantity_units) == DecimalStatus::ok &&
      trade.quantity_units >= 0;
  trade.quantity_scale = static_cast<std::uint8_t>(quantity_scale);
  if (status == DecimalStatus::ok && trade.price_ticks > 0 && is_quantity) return true;
  const bool is_text = status == DecimalStatus::ok || status == DecimalStatus::out_of_range;
  refuse_all(topic, is_text && is_quantity ? Reason::price_refused : Reason::record_unusable,
             "a trade's price or size cannot be used", trade.ts_ms);
  return false;
}

void Stream::push_trade_bars(TopicState& topic, const std::vector<Trade>& trades, std::int64_t recv_ns) {
  if (trades.empty()) return;
  for (auto& [id, bars] : topic.trades->bars) {
    for (const TradeBar& bar : bars.take(trades)) {
      MarketEvent event;
      event.bar = bar.bar;
      event.volume = bar.volume.value();
      event.is_closed = bar.is_closed ? 1 : 0;
      event.price_scale = static_cast<std::uint8_t>(context_.outlet.price_scale(id));
      event.ts_event_ms = bar.ts_event_ms;
      push(event, id, recv_ns);
    }
  }
}

void Stream::refuse_all(const TopicState& topic, Reason reason, std::string_view why,
                        std::int64_t ts_event_ms) {
  // On a venue without a closed flag the record may have been the last word about the bar: what was seen of
  // it must not be closed by the next one.
  if (topic.closer) topic.closer->reset();
  for (const SeriesId id : topic.series) refuse(id, reason, why, ts_event_ms);
}

}  // namespace lockstep::feeds
