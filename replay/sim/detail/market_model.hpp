// The made-up market. Every 1m bar is a pure function of (seed, symbol, minute): nothing is stored, any
// minute can be asked for at any time from any thread, and wall time, speed and number of clients cannot
// change a bar.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "replay/sim/detail/sim_bar.hpp"

namespace lockstep::sim {

/// How a symbol behaves. Symbols take them in turn.
enum class Character : std::uint8_t {
  trending,  ///< long legs up and down
  ranging,   ///< stays within some 2 %
  quiet,     ///< most minutes have no trade
  gapping,   ///< jumps between one bar's close and the next bar's open
  tiny,      ///< a price of some thousand ticks of 0.00000001
  giant,     ///< a large price that moves fast
  coarse,    ///< few, large ticks: many equal closes
};
inline constexpr int kCharacters = 7;

/// What a symbol is and how its integers read as decimals.
struct SymbolSpec {
  std::string name;         ///< TRENDUSDT
  std::string stream_name;  ///< trendusdt
  std::string base_asset;
  std::string quote_asset;
  Character character = Character::trending;
  int price_decimals = 0;       ///< decimals of a price text (of the contract, or before padding on spot)
  std::int64_t tick_units = 1;  ///< a tick in units of 10^-price_decimals: tick 0.50 is 50 units of 0.01
  int quantity_decimals = 0;    ///< a lot is 10^-quantity_decimals
  std::int64_t base_ticks = 0;  ///< the price that the walk is centred on
  std::uint64_t key = 0;        ///< of all random draws of this symbol
};

class MarketModel {
 public:
  /// `symbols` in 1..10000.
  MarketModel(std::uint64_t seed, int symbols);

  int size() const { return static_cast<int>(specs_.size()); }
  const SymbolSpec& spec(int symbol) const { return specs_[static_cast<std::size_t>(symbol)]; }
  /// By upper-case name.
  std::optional<int> find(std::string_view name) const;
  /// By lower-case name, as in stream names.
  std::optional<int> find_stream(std::string_view stream_name) const;

  /// False: the minute passes without a trade and its bar is flat at the previous close.
  bool is_traded(int symbol, std::int64_t minute) const;
  /// The final bar of a minute (counted from the epoch, >= 64).
  SimBar bar(int symbol, std::int64_t minute) const;
  /// The bar of a minute as it stands elapsed_ms (0..60000) after its open; at 60000 it is bar().
  SimBar partial_bar(int symbol, std::int64_t minute, std::int64_t elapsed_ms) const;
  /// All trades of a minute, oldest first: together they are bar(). Their ids go on without a gap.
  std::vector<SimTrade> trades(int symbol, std::int64_t minute) const;
  /// Venue ms between the end of a minute and its closing frame, 4..2003.
  std::int64_t close_delay_ms(int symbol, std::int64_t minute) const;

 private:
  std::int64_t close_ticks(int symbol, std::int64_t minute) const;
  std::int64_t first_trade_id(int symbol, std::int64_t minute) const;
  static std::int64_t walk_ticks(const SymbolSpec& spec, std::int64_t minute);

  std::vector<SymbolSpec> specs_;
  std::unordered_map<std::string_view, int> by_name_;  // keys live in specs_
  std::unordered_map<std::string_view, int> by_stream_name_;
};

}  // namespace lockstep::sim
