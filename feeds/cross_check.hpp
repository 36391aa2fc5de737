// Closed bars that a series was told against those made from trades.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "feeds/told_bars.hpp"

namespace lockstep::feeds {

/// One series; pure, bounded. made() takes what trades give, look() compares it with what the series was
/// told, by whatever way that came: so the order of the two does not matter, and a bar that history corrected
/// counts as it is then.
class CrossCheck {
 public:
  /// Bars from trades that wait for the series to be told theirs.
  static constexpr std::size_t kWaitingMax = 16;

  struct Difference {
    BarTicks told;
    std::optional<BarTicks> made;  ///< nothing: there were no trades, and the bar told is not flat
    int price_scale = 0;
  };
  struct Counters {
    std::uint64_t compared = 0;   ///< bars
    std::uint64_t different = 0;  ///< of them, each counted once
    std::uint64_t corrected = 0;  ///< of those, as trades have them after history was asked
  };

  /// A closed bar from trades, again where a late trade changed it.
  void made(const BarTicks& bar, int price_scale);
  /// Trades are missing before those that come now.
  void reset();
  /// What differs and was not given before; `told` oldest first.
  std::vector<Difference> look(const std::deque<ToldBar>& told);
  const Counters& counters() const { return counters_; }

 private:
  struct Made {
    BarTicks bar;
    int price_scale = 0;
    bool is_disputed = false;
  };
  struct Quiet {
    std::int64_t after_ms = 0, before_ms = 0;  ///< open times of the bars on both sides
  };
  void look_at_bars(const std::deque<ToldBar>& told, std::vector<Difference>& out);
  void look_at_quiet(const std::deque<ToldBar>& told, std::vector<Difference>& out);

  std::map<std::int64_t, Made> waiting_;
  std::deque<Quiet> quiet_;  ///< stretches without trades
  std::optional<std::int64_t> newest_ms_;
  Counters counters_;
};

}  // namespace lockstep::feeds
