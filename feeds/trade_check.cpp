#include "feeds/trade_check.hpp"

#include <algorithm>
#include <utility>

#include "engine/core/decimal.hpp"
#include "feeds/net/escape.hpp"
#include "feeds/net/log.hpp"

namespace lockstep::feeds {

using core::DecimalStatus;
using core::Reason;
using core::SeriesId;

namespace {

/// False: of no use. Sizes do not matter here.
bool read_price(std::string_view text, int price_scale, std::int64_t& ticks) {
  return price_scale >= 0 && core::parse_decimal(text, price_scale, ticks) == DecimalStatus::ok && ticks > 0;
}

std::string text_of(const BarTicks& bar) {
  return fmt::format("open {} high {} low {} close {}", bar.open, bar.high, bar.low, bar.close);
}

}  // namespace

TradeCheck::TradeCheck(boost::asio::io_context& io, const Venue& venue, const core::Catalog& catalog,
                       EventOutlet& outlet, LinkSettings settings, const std::vector<SeriesId>& series)
    : catalog_(catalog), outlet_(outlet), name_(settings.name) {
  const TradeIds ids = venue.rules().trade_ids;
  for (const SeriesId id : series) {
    std::optional<TopicIndex> topic = table_.find(catalog[id].symbol, "");
    if (!topic) {
      topic = static_cast<TopicIndex>(topics_.size());
      topics_.push_back({catalog[id].symbol, ""});
      table_.add(catalog[id].symbol, "", *topic);
      symbols_.push_back({TradeOrder(ids), {}});
    }
    const TimeBoundary boundary(catalog[id].interval, ids);
    symbols_[*topic].series.push_back({id, TradeBars<TimeBoundary>(boundary), {}});
  }
  Connection::Handlers handlers;
  handlers.acknowledged = [this](TopicIndex topic) { reset(symbols_[topic]); };
  handlers.rejected = [this](TopicIndex topic, const Reply& reply) {
    net::log()->error(
        "{}: the trades of {} are refused, so its bars are not compared with them: code {} '{}'", name_,
        net::escape(topics_[topic].symbol), reply.code, net::escape(reply.message));
  };
  handlers.records = [this](const Frame& frame, std::string_view, std::int64_t) { take(frame); };
  // Some trade is missing, and nobody knows whose.
  handlers.damaged = [this](const Frame&, const ParseResult&, std::string_view) { reset_all(); };
  handlers.ending = [this](const std::string&) { is_ending_ = true; };
  handlers.lost = [this](Reason) { reset_all(); };
  connection_ = std::make_unique<Connection>(
      io, venue, topics_,
      [this](TopicIndex topic) {
        const auto& of = symbols_[topic].series;
        return std::any_of(of.begin(), of.end(),
                           [this](const Checked& checked) { return !outlet_.is_rejected(checked.id); });
      },
      std::move(settings), std::move(handlers));
}

bool TradeCheck::resume(SeriesId id) {
  for (TopicIndex topic = 0; topic < topics_.size(); ++topic) {
    const auto& of = symbols_[topic].series;
    if (std::none_of(of.begin(), of.end(), [id](const Checked& checked) { return checked.id == id; }))
      continue;
    connection_->subscribe_again(topic);
    return true;
  }
  return false;
}

void TradeCheck::reset(Symbol& symbol) {
  symbol.order.reset();
  for (Checked& checked : symbol.series) {
    checked.bars.reset();
    checked.check.reset();
    checked.price_scale = outlet_.price_scale(checked.id);
  }
}

void TradeCheck::reset_all() {
  for (Symbol& symbol : symbols_) reset(symbol);
}

void TradeCheck::take(const Frame& frame) {
  for (const TradeRecord& trade : frame.trades) take_trade(trade);
}

void TradeCheck::take_trade(const TradeRecord& record) {
  const std::optional<TopicIndex> topic = table_.find(record.symbol, "");
  if (!topic || !connection_->is_acknowledged(*topic)) return;
  Symbol& symbol = symbols_[*topic];
  Trade trade;
  trade.ts_ms = record.ts_event_ms;
  // At the scale of the first series: those of a symbol have the same, but for a moment after a change.
  const int price_scale = outlet_.price_scale(symbol.series.front().id);
  const bool is_read =
      is_time_plausible(trade.ts_ms) && read_price(record.price, price_scale, trade.price_ticks);
  if (!is_read || price_scale != symbol.series.front().price_scale) return reset(symbol);
  // What the venue's insurance fund takes is no trade of the market, but it has a number.
  trade.is_of_market = record.origin.empty() || record.origin == "MARKET";
  bool is_refused = false;
  const std::vector<Trade>& ready = symbol.order.take(trade, record.trade_id, is_refused);
  if (is_refused || symbol.order.has_gap()) {
    for (Checked& checked : symbol.series) {
      checked.bars.reset();
      checked.check.reset();
    }
  }
  std::vector<Trade> of_market;
  std::copy_if(ready.begin(), ready.end(), std::back_inserter(of_market),
               [](const Trade& each) { return each.is_of_market; });
  if (of_market.empty()) return;
  for (Checked& checked : symbol.series) {
    for (const TradeBar& bar : checked.bars.take(of_market)) {
      if (bar.is_closed) checked.check.made(bar.bar, price_scale);
    }
  }
}

void TradeCheck::tick() {
  if (std::exchange(is_ending_, false)) connection_->drop(Reason::disconnected, "it is about to end");
  for (Symbol& symbol : symbols_) {
    for (Checked& checked : symbol.series) {
      if (outlet_.is_rejected(checked.id)) continue;
      for (const CrossCheck::Difference& difference : checked.check.look(outlet_.told().of(checked.id)))
        tell(checked, difference);
    }
  }
}

void TradeCheck::tell(const Checked& checked, const CrossCheck::Difference& difference) {
  const core::Series& series = catalog_[checked.id];
  net::log()->warn(
      "{} {} {}: the closed bar of {} is not the one that trades make (in units of 10^-{}): it is {}, "
      "trades make {}; the venue's history decides",
      series.venue, net::escape(series.symbol), series.interval.text(), difference.told.ts_open_ms,
      difference.price_scale, text_of(difference.told), difference.made ? text_of(*difference.made) : "none");
  outlet_.doubted(checked.id, Reason::trades_differ);
}

ComparedCounters TradeCheck::counters() const {
  ComparedCounters sum;
  for (const Symbol& symbol : symbols_) {
    for (const Checked& checked : symbol.series) {
      const CrossCheck::Counters& counters = checked.check.counters();
      sum += {counters.compared, counters.different, counters.corrected};
    }
  }
  return sum;
}

}  // namespace lockstep::feeds
