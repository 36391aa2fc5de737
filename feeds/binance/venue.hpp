// What differs between Binance spot and USD-M futures.
#pragma once

#include <string_view>

namespace lockstep::feeds::binance {

struct Venue {
  std::string_view name;
  std::string_view ws_url;
  std::string_view rest_url;
  std::string_view intervals;  ///< those with klines, between blanks
  std::string_view time_path;
  std::string_view info_target;
  int info_weight;
  std::string_view klines_path;
  int kline_rows_max;
  int weight_per_minute;  ///< what the venue allows an address
  int messages_per_s;     ///< incoming ones a connection may send it

  bool has_interval(std::string_view text) const;
  /// Request weight of klines with that limit.
  int klines_weight(int rows) const;
};

/// Null when the name is not one of ours.
const Venue* find_venue(std::string_view name);

}  // namespace lockstep::feeds::binance
