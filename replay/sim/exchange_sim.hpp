// A made-up exchange that speaks the websocket and REST protocols of real ones over real sockets, from a
// seed. It is the other side of every end-to-end test, so it shares no parser, JSON writer or bar arithmetic
// with the daemon: only the standard library, Asio/Beast, OpenSSL and nlohmann-json. Nothing here includes
// incremental/, feeds/ or engine/.
//
// As Binance it serves kline streams of 1m to 1M (no 1s) with SUBSCRIBE and its relatives, and over REST
// exchangeInfo, klines, time and ping. Other streams are acked and stay silent, as unknown symbols do. Bars
// longer than 1m are aggregated from the minutes. As Bybit, OKX, Coinbase and Kraken it serves the bars
// (Coinbase: five-minute candles and trades), lists, history and time that lockstep asks for, each with that
// venue's habits: two rows in a closing frame, no closed flag, no bars without trades.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "replay/sim/venue_fault.hpp"

namespace lockstep::sim {

enum class Dialect : std::uint8_t {
  binance_spot,
  binance_usdm,
  bybit_spot,
  bybit_linear,
  okx,
  coinbase_advanced,
  kraken_v2
};
/// "binance_spot", ...: as lockstep names venues. In the order of Dialect.
const std::vector<std::string>& dialect_names();

struct SimConfig {
  std::uint64_t seed = 1;
  Dialect dialect = Dialect::binance_spot;
  int symbols = 8;          ///< made up, see symbol_names(); at most 10,000
  double speed = 60;        ///< venue seconds per real second: 60 closes a 1m bar every second
  int updates_per_bar = 5;  ///< open-bar frames per 1m bar and symbol that trades
  int history_bars = 3000;  ///< 1m bars of history before the start
  bool tls = false;         ///< with a certificate authority made on the spot, see ca_file()
  std::string bind = "127.0.0.1";
  int port = 0;               ///< one port serves REST and websockets; 0: any free one
  std::int64_t start_ms = 0;  ///< venue time at start; 0: the host's clock, cut to the minute
  std::filesystem::path
      truth_file;  ///< every final 1m bar as `symbol,ts_ms,open,high,low,close,volume`; empty: none
  std::filesystem::path
      ca_path;  ///< with tls: where the authority's PEM goes and stays; empty: a temporary file
  bool push_quiet_bars =
      true;                  ///< bars without trades are pushed on the websocket, too; REST always has them
  int ping_interval_ms = 0;  ///< real time between server pings; 0: the venue's own, 20 s or 3 min
  int pong_timeout_ms = 0;   ///< real time without an answer to a ping; 0: the venue's own, 1 or 10 min
  int rest_weight_max =
      0;  ///< request weight per real minute, beyond it 429; 0: the venue's own, 6000 or 2400
  /// Of a thousand frames that close a bar (and pushes of trades) so many go wrong; what becomes of them is
  /// drawn from the seed: every VenueFault of frames that the dialect can do.
  int data_faults_per_mille = 0;
  /// Of a thousand REST answers so many go wrong, of connections five times and of frames on the wire a
  /// hundredth as many: the other VenueFaults.
  int web_faults_per_mille = 0;
  std::size_t client_queue_bytes_max =
      64 << 20;  ///< unsent bytes of one websocket, beyond it the client is cut off
};

/// Runs on its own thread between start() and stop(). Every member may be called from any thread. Bars depend
/// on seed, symbol and minute only: neither on speed nor on start_ms, clients or faults.
class ExchangeSim {
 public:
  /// Throws std::invalid_argument that names the field, its value and what would be right; std::system_error
  /// when the CA or truth file cannot be written.
  explicit ExchangeSim(SimConfig config);
  ~ExchangeSim();

  /// Binds and serves. Throws std::system_error when the address is taken. After stop() it may be called
  /// again and takes the same port: an outage, during which venue time went on.
  void start();
  /// Cuts everyone and returns within a second.
  void stop();

  /// Known from the first start() on.
  int port() const;
  /// wss://127.0.0.1:PORT or ws://..., https:// or http://...; what a [[feed]] entry wants. On USD-M ws_url()
  /// ends in /market, the only place where that venue pushes klines.
  std::string ws_url() const;
  std::string rest_url() const;
  /// PEM of the certificate authority; empty without TLS. The file lives as long as the simulator.
  std::filesystem::path ca_file() const;
  std::vector<std::string> symbol_names() const;

  /// Cuts every websocket connection now, without a close frame. Returns how many.
  int cut_connections();
  /// Refuses new connections while true: they are reset right after the TCP handshake. Present ones go on.
  void set_refuse(bool refuse);
  /// Keeps connections open and answers pings and requests, but pushes no data while true. REST is not
  /// touched.
  void set_silent(bool silent);
  /// Takes a symbol out of the venue's list, its streams and its history, or puts it back (D15). Throws
  /// std::invalid_argument for a symbol that does not exist.
  void set_listed(const std::string& symbol, bool is_listed);
  /// Makes a fault at the next occasion, once; one that is lasting, for `duration`. Throws
  /// std::invalid_argument where can_do() says no, or for a certificate without TLS.
  void inject(VenueFault fault, std::chrono::milliseconds duration = std::chrono::milliseconds(0));
  /// From now on no fault is drawn from the seed.
  void stop_drawing_faults();
  /// How often that fault was made so far, injected or drawn; of a lasting one, the frames.
  std::uint64_t given(VenueFault fault) const;
  /// All of them together.
  std::uint64_t given() const;
  /// Number of websocket connections.
  int connections() const;
  /// Present venue time, ms.
  std::int64_t venue_now_ms() const;

  struct TruthBar {
    std::string symbol;
    std::int64_t ts_open_ms;
    std::string open, high, low, close, volume;  ///< decimal text as sent
  };
  /// Every final bar (of Coinbase: every one with a trade) of `symbol` at `interval` ("1m", "5m", ...) so
  /// far, history included, oldest first. The first one of a long interval may hold fewer minutes, as history
  /// begins within it. Throws std::invalid_argument for a symbol or interval that does not exist.
  std::vector<TruthBar> truth(const std::string& symbol, const std::string& interval) const;
  /// The truth file could not be written to its end (disk full).
  bool has_truth_file_failed() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lockstep::sim
