// The simulated venue's JSON, written by hand in each venue's key order and number formats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/sim/detail/bar_history.hpp"
#include "replay/sim/detail/market_model.hpp"
#include "replay/sim/detail/sim_bar.hpp"
#include "replay/sim/detail/sim_interval.hpp"
#include "replay/sim/exchange_sim.hpp"

namespace lockstep::sim {

/// Writes prices, quantities and messages as one venue does: spot pads every decimal to 8 places, USD-M keeps
/// the contract's precision and puts blanks after the commas of a kline's inner object.
class VenueText {
 public:
  explicit VenueText(Dialect dialect) : dialect_(dialect) {}

  Dialect dialect() const { return dialect_; }

  void append_price(std::string& out, const SymbolSpec& spec, std::int64_t ticks) const;
  void append_quantity(std::string& out, const SymbolSpec& spec, std::int64_t lots) const;

  bool is_binance() const { return dialect_ == Dialect::binance_spot || dialect_ == Dialect::binance_usdm; }
  /// Its history has bars without trades.
  bool has_quiet_bars() const { return dialect_ != Dialect::coinbase_advanced; }
  /// It pushes them as well.
  bool pushes_quiet_bars() const { return has_quiet_bars() && dialect_ != Dialect::kraken_v2; }
  /// Frames carry a number of their connection, see kSequencePlace.
  bool has_sequence() const { return dialect_ == Dialect::coinbase_advanced; }
  /// TRENDUSDT, TREND-USDT or TREND/USDT.
  std::string symbol_name(const SymbolSpec& spec) const;
  std::optional<int> find_symbol(const MarketModel& model, std::string_view name) const;

  /// The frames that tell the state of one bar; ts_event_ms is the time they are pushed. One text a frame.
  std::vector<std::string> bar_frames(const SymbolSpec& spec, const SimInterval& interval, const SimBar& bar,
                                      std::int64_t ts_event_ms, bool is_closed) const;
  /// The frames that tell of trades, oldest first in `trades`.
  std::vector<std::string> trades_frames(const SymbolSpec& spec, const std::vector<SimTrade>& trades,
                                         std::int64_t ts_event_ms) const;

  /// {"e":"kline",...} of one bar (Binance).
  void append_kline(std::string& out, const SymbolSpec& spec, const SimInterval& interval, const SimBar& bar,
                    std::int64_t ts_event_ms, bool is_closed) const;
  /// One row of history as REST gives it.
  void append_row(std::string& out, const SymbolSpec& spec, const SimInterval& interval,
                  const SimBar& bar) const;
  /// The whole body of exchangeInfo for these symbols.
  std::string exchange_info(const MarketModel& model, const std::vector<int>& symbols,
                            std::int64_t now_ms) const;
  ExchangeSim::TruthBar truth_bar(const SymbolSpec& spec, const SimBar& bar) const;

 private:
  void append_other_row(std::string& out, const SymbolSpec& spec, const SimBar& bar) const;
  void append_bybit_row(std::string& out, const SymbolSpec& spec, const SimInterval& interval,
                        const SimBar& bar, std::int64_t ts_event_ms, bool is_closed) const;
  std::string okx_frame(const SymbolSpec& spec, const SimInterval& interval, const SimBar& bar,
                        bool is_closed) const;
  std::string coinbase_frame(const SymbolSpec& spec, const SimBar& bar, std::int64_t ts_event_ms) const;
  std::string kraken_frame(const SymbolSpec& spec, const SimInterval& interval, const SimBar& bar,
                           std::int64_t ts_event_ms) const;
  std::string coinbase_trades(const SymbolSpec& spec, const std::vector<SimTrade>& trades,
                              std::int64_t ts_event_ms) const;
  std::string trade_row(const SymbolSpec& spec, const SimTrade& trade, std::int64_t ts_event_ms) const;
  void append_quote(std::string& out, const SymbolSpec& spec, std::int64_t units) const;
  void append_symbol(std::string& out, const SymbolSpec& spec) const;
  void append_filters(std::string& out, const SymbolSpec& spec) const;

  Dialect dialect_;
};

/// Where a frame of a venue with has_sequence() has the number of its connection; whoever sends it fills it
/// in.
inline constexpr std::string_view kSequencePlace = "@@";

/// The venue's name of an interval ("1", "candle1H", "60"); empty where the venue has none.
std::string interval_name(Dialect dialect, const SimInterval& interval);
/// The other way round: index into kSimIntervals, -1 for none.
int find_interval(Dialect dialect, std::string_view name);

/// 2026-08-09T21:05:48.228Z
std::string iso_text(std::int64_t ts_ms);

/// units / 10^decimals with at least `places` decimals; units >= 0.
void append_decimal(std::string& out, std::int64_t units, int decimals, int places);
void append_integer(std::string& out, std::int64_t value);

}  // namespace lockstep::sim
