// The other end of the line: a Binance that does just enough for a feed to attach over loopback, and then
// leaves the socket to the benchmark, which decides to the nanosecond when a frame is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "incremental/bar.hpp"

namespace lockstep::bench {

/// What REST tells: every symbol is listed with a tick of 0.01, and has these closed 1m bars.
struct VenueContent {
  std::vector<std::string> symbols;
  std::vector<std::vector<BarTicks>> history;  ///< [symbol], oldest first; empty: none is ever asked for
  std::int64_t server_time_ms = 0;
};

/// Serves on threads of its own, plain HTTP on a loopback port.
class BenchVenue {
 public:
  /// Throws boost::system::system_error when no port can be had.
  explicit BenchVenue(VenueContent content);
  ~BenchVenue();
  BenchVenue(const BenchVenue&) = delete;
  BenchVenue& operator=(const BenchVenue&) = delete;

  std::string ws_url() const;
  std::string rest_url() const;
  /// Waits until one client has subscribed to all symbols. Throws std::runtime_error after 30 s.
  void wait_subscribed();
  /// Writes the whole of `bytes` to that client; false when it is gone. Only after wait_subscribed().
  bool send(std::string_view bytes);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::bench
