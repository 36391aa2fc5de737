// The part of VenueText that writes trades.
#include <cstdio>

#include "replay/sim/detail/venue_text.hpp"

namespace lockstep::sim {

// Newest first, as Coinbase has them.
std::string VenueText::coinbase_trades(const SymbolSpec& spec, const std::vector<SimTrade>& trades,
                                       std::int64_t ts_event_ms) const {
  std::string text = R"({"channel":"market_trades","timestamp":")" + iso_text(ts_event_ms) +
                     R"(","sequence_num":)" + std::string(kSequencePlace) +
                     R"(,"events":[{"type":"update","trades":[)";
  for (auto trade = trades.rbegin(); trade != trades.rend(); ++trade) {
    text += trade == trades.rbegin() ? R"({"product_id":")" : R"(,{"product_id":")";
    text += symbol_name(spec) + R"(","trade_id":")" + std::to_string(trade->id) + R"(","price":")";
    append_price(text, spec, trade->price);
    text += R"(","size":")", append_quantity(text, spec, trade->quantity);
    text += R"(","time":")" + iso_text(trade->ts_ms) + R"(","side":"BUY"})";
  }
  return text + "]}]}";
}

// One trade: a frame of its own on Binance and OKX, a row of one elsewhere.
std::string VenueText::trade_row(const SymbolSpec& spec, const SimTrade& trade,
                                 std::int64_t ts_event_ms) const {
  std::string price, quantity;
  append_price(price, spec, trade.price);
  append_quantity(quantity, spec, trade.quantity);
  const std::string id = std::to_string(trade.id), time = std::to_string(trade.ts_ms);
  char uuid[40];
  std::snprintf(uuid, sizeof uuid, "00000000-0000-4000-8000-%012lld", static_cast<long long>(trade.id));
  switch (dialect_) {
    case Dialect::binance_spot:
      return R"({"e":"trade","E":)" + std::to_string(ts_event_ms) + R"(,"s":")" + spec.name + R"(","t":)" +
             id + R"(,"p":")" + price + R"(","q":")" + quantity + R"(","T":)" + time +
             R"(,"m":true,"M":true})";
    case Dialect::binance_usdm:
      return R"({"e":"aggTrade","E":)" + std::to_string(ts_event_ms) + R"(,"a":)" + id + R"(,"s":")" +
             spec.name + R"(","p":")" + price + R"(","q":")" + quantity + R"(","f":)" + id + R"(,"l":)" + id +
             R"(,"T":)" + time + R"(,"m":true})";
    case Dialect::bybit_spot:
    case Dialect::bybit_linear:
      return R"({"T":)" + time + R"(,"s":")" + spec.name + R"(","S":"Buy","v":")" + quantity + R"(","p":")" +
             price + R"(","L":"PlusTick","i":")" +
             (dialect_ == Dialect::bybit_spot ? id : std::string(uuid)) + R"(","BT":false})";
    case Dialect::okx:
      return R"({"arg":{"channel":"trades-all","instId":")" + symbol_name(spec) +
             R"("},"data":[{"instId":")" + symbol_name(spec) + R"(","tradeId":")" + id + R"(","px":")" +
             price + R"(","sz":")" + quantity + R"(","side":"buy","ts":")" + time + R"("}]})";
    default:
      return R"({"symbol":")" + symbol_name(spec) + R"(","side":"buy","price":)" + price + R"(,"qty":)" +
             quantity + R"(,"ord_type":"market","trade_id":)" + id + R"(,"timestamp":")" +
             iso_text(trade.ts_ms) + R"("})";
  }
}

std::vector<std::string> VenueText::trades_frames(const SymbolSpec& spec, const std::vector<SimTrade>& trades,
                                                  std::int64_t ts_event_ms) const {
  if (dialect_ == Dialect::coinbase_advanced) return {coinbase_trades(spec, trades, ts_event_ms)};
  std::vector<std::string> frames;
  for (const SimTrade& trade : trades) frames.push_back(trade_row(spec, trade, ts_event_ms));
  if (is_binance() || dialect_ == Dialect::okx) return frames;
  std::string rows;
  for (const std::string& row : frames) rows += (rows.empty() ? "" : ",") + row;
  if (dialect_ == Dialect::kraken_v2) return {R"({"channel":"trade","type":"update","data":[)" + rows + "]}"};
  return {R"({"topic":"publicTrade.)" + spec.name + R"(","type":"snapshot","ts":)" +
          std::to_string(ts_event_ms) + R"(,"data":[)" + rows + "]}"};
}

}  // namespace lockstep::sim
