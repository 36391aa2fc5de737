// The simulated venue's JSON, written by hand in Binance's key order and number formats.
#pragma once

#include <cstdint>
#include <string>
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

  /// {"e":"kline",...} of one bar; ts_event_ms is the time it is pushed.
  void append_kline(std::string& out, const SymbolSpec& spec, const SimInterval& interval, const SimBar& bar,
                    std::int64_t ts_event_ms, bool is_closed) const;
  /// [openTime,"o",...] as REST gives it.
  void append_row(std::string& out, const SymbolSpec& spec, const SimInterval& interval,
                  const SimBar& bar) const;
  /// The whole body of exchangeInfo for these symbols.
  std::string exchange_info(const MarketModel& model, const std::vector<int>& symbols,
                            std::int64_t now_ms) const;
  ExchangeSim::TruthBar truth_bar(const SymbolSpec& spec, const SimBar& bar) const;

 private:
  void append_quote(std::string& out, const SymbolSpec& spec, std::int64_t units) const;
  void append_symbol(std::string& out, const SymbolSpec& spec) const;
  void append_filters(std::string& out, const SymbolSpec& spec) const;

  Dialect dialect_;
};

/// units / 10^decimals with at least `places` decimals; units >= 0.
void append_decimal(std::string& out, std::int64_t units, int decimals, int places);
void append_integer(std::string& out, std::int64_t value);

}  // namespace lockstep::sim
