// A made-up exchange that speaks Binance's websocket and REST protocols over real sockets, from a seed. It is the other
// side of every end-to-end test, so it shares no parser, JSON writer or bar arithmetic with the daemon: only the standard
// library, Asio/Beast, OpenSSL and nlohmann-json. Nothing here includes incremental/, feeds/ or engine/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lockstep::sim {

enum class Dialect : std::uint8_t { binance_spot, binance_usdm };

struct SimConfig {
  std::uint64_t seed = 1;
  Dialect dialect = Dialect::binance_spot;
  int symbols = 8;                     ///< made up, see symbol_names(); at most 10,000
  double speed = 60;                   ///< venue seconds per real second: 60 closes a 1m bar every second
  int updates_per_bar = 5;             ///< open-bar frames per 1m bar and symbol that trades
  int history_bars = 3000;             ///< 1m bars of history before the start
  bool tls = false;                    ///< with a certificate authority made on the spot, see ca_file()
  std::string bind = "127.0.0.1";
  int port = 0;                        ///< one port serves REST and websockets; 0: any free one
  std::int64_t start_ms = 0;           ///< venue time at start; 0: the host's clock, cut to the minute
  std::filesystem::path truth_file;    ///< every final 1m bar as `symbol,ts_ms,open,high,low,close,volume`; empty: none
};

/// Runs on its own thread between start() and stop(). Every member may be called from any thread.
class ExchangeSim {
 public:
  explicit ExchangeSim(SimConfig config);
  ~ExchangeSim();

  /// Binds and serves. Throws std::system_error when the address is taken.
  void start();
  void stop();

  int port() const;
  /// wss://127.0.0.1:PORT or ws://..., https:// or http://...; what a [[feed]] entry wants.
  std::string ws_url() const;
  std::string rest_url() const;
  /// PEM of the certificate authority; empty without TLS. The file lives as long as the simulator.
  std::filesystem::path ca_file() const;
  std::vector<std::string> symbol_names() const;

  /// Cuts every websocket connection now, without a close frame. Returns how many.
  int cut_connections();
  /// Refuses new connections while true.
  void set_refuse(bool refuse);
  /// Keeps connections open and answers pings, but sends no data while true.
  void set_silent(bool silent);
  /// Number of websocket connections.
  int connections() const;
  /// Present venue time, ms.
  std::int64_t venue_now_ms() const;

  struct TruthBar {
    std::string symbol;
    std::int64_t ts_open_ms;
    std::string open, high, low, close, volume;  ///< decimal text as sent
  };
  /// Every final bar of `symbol` at `interval` ("1m", "5m", ...) so far, history included, oldest first.
  std::vector<TruthBar> truth(const std::string& symbol, const std::string& interval) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::sim
