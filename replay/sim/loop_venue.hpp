// The simulated exchange without sockets and without a thread: it lives on a given io_context, and whoever
// owns it brings the clients. For simulations that have their network in memory and their time from a seed.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "replay/sim/detail/transport.hpp"
#include "replay/sim/exchange_sim.hpp"

namespace lockstep::sim {

/// One thread: that of the io_context. Bars depend on seed, symbol and minute only. SimConfig's speed, port,
/// bind, tls and truth_file are not used: venue time is the host's monotonic time from `start_ms` on.
class LoopVenue {
 public:
  /// `config.start_ms` must be given, on a minute. The io_context must outlive this.
  LoopVenue(boost::asio::io_context& io, SimConfig config);
  ~LoopVenue();

  /// A client has connected.
  void accept(std::unique_ptr<Transport> transport);
  /// Connections stay, and nothing is pushed while true.
  void set_silent(bool is_silent);
  /// What silence took that nobody can notice: see Publisher. `tell` gets the symbol and the minute, ms.
  void on_unnoticed(std::int64_t pause_ms, std::function<void(int symbol, std::int64_t minute_ms)> tell);
  std::int64_t now_ms() const;
  int symbols() const;
  std::string symbol_name(int symbol) const;

  /// The final bar of `interval` ("1m") that opens at ts_open_ms, as decimal texts; nothing when it is not
  /// over, or when the venue has no bar there.
  std::optional<ExchangeSim::TruthBar> truth(int symbol, const std::string& interval,
                                             std::int64_t ts_open_ms) const;
  /// First minute of the venue's history, ms.
  std::int64_t first_ms() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::sim
