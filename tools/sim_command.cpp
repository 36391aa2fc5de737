#include "tools/sim_command.hpp"

#include <signal.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "replay/sim/exchange_sim.hpp"

namespace lockstep::tools {
namespace {

using sim::Dialect;
using sim::ExchangeSim;
using sim::SimConfig;

constexpr int kFine = 0;
constexpr int kWrongUsage = 2;
constexpr int kEnvironmentFailed = 4;

// Of a TOML basic string; a path may hold anything but a control character worth supporting.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void print_feed_entry(std::ostream& out, const ExchangeSim& venue, Dialect dialect) {
  constexpr std::size_t kSymbolsShown = 8;
  const std::vector<std::string> names = venue.symbol_names();
  out << "[[feed]]\n"
      << "venue = " << quoted(sim::dialect_names()[static_cast<std::size_t>(dialect)]) << "\nsymbols = [";
  for (std::size_t i = 0; i < names.size() && i < kSymbolsShown; ++i)
    out << (i > 0 ? ", " : "") << quoted(names[i]);
  out << "]";
  if (names.size() > kSymbolsShown)
    out << "  # and " << names.size() - kSymbolsShown << " more, see exchangeInfo";
  out << "\nintervals = [\"1m\", \"5m\"]\n"
      << "ws_url = " << quoted(venue.ws_url()) << "\nrest_url = " << quoted(venue.rest_url()) << "\n";
  if (!venue.ca_file().empty()) out << "ca_file = " << quoted(venue.ca_file().string()) << "\n";
}

int serve(const SimConfig& config) {
  try {
    boost::asio::io_context io;
    boost::asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([](boost::system::error_code, int) {});
    ExchangeSim venue(config);
    venue.start();
    std::cout << "websocket  " << venue.ws_url() << "\nREST       " << venue.rest_url() << "\n";
    if (config.tls) std::cout << "CA file    " << venue.ca_file().string() << "\n";
    std::cout << "\n# For the configuration of lockstep run:\n";
    print_feed_entry(std::cout, venue, config.dialect);
    std::cout << "\nRunning until Ctrl-C.\n" << std::flush;
    io.run();  // ends with the signal
    venue.stop();
    if (!venue.has_truth_file_failed()) return kFine;
    std::cerr << "lockstep sim: the truth file " << config.truth_file.string()
              << " is incomplete: writing failed, is the disk full?\n";
    return kEnvironmentFailed;
  } catch (const std::invalid_argument& error) {
    std::cerr << "lockstep sim: " << error.what() << "\n";
    return kWrongUsage;
  } catch (const std::exception& error) {  // system_error: port in use, file not writable; or OpenSSL
    std::cerr << "lockstep sim: " << error.what() << "\n";
    return kEnvironmentFailed;
  }
}

}  // namespace

void add_sim_command(CLI::App& app, std::function<int()>& run) {
  const auto config = std::make_shared<SimConfig>();
  CLI::App* const sim = app.add_subcommand(
      "sim",
      "A made-up exchange on this machine that speaks a venue's websocket and REST protocols, from a seed");
  sim->add_option("--seed", config->seed, "Everything random comes from it: same seed, same bars")
      ->capture_default_str();
  const auto set_dialect = [config](const std::string& name) {
    const auto& names = sim::dialect_names();
    config->dialect = static_cast<Dialect>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  sim->add_option_function<std::string>("--dialect", set_dialect, "Venue to speak like")
      ->check(CLI::IsMember(sim::dialect_names()))
      ->default_str("binance_spot");
  sim->add_option("--symbols", config->symbols, "Number of made-up symbols, 1 to 10000")
      ->capture_default_str();
  sim->add_option("--speed", config->speed, "Venue seconds per real second: 60 closes a 1m bar every second")
      ->capture_default_str();
  sim->add_option("--updates-per-bar", config->updates_per_bar,
                  "Open-bar frames per 1m bar of a symbol that trades")
      ->capture_default_str();
  sim->add_option("--history-bars", config->history_bars, "1m bars of history before the start")
      ->capture_default_str();
  sim->add_option("--start-ms", config->start_ms,
                  "Venue time at start, ms since 1970 UTC, cut to the minute; 0: this machine's clock")
      ->capture_default_str();
  sim->add_option("--bind", config->bind, "IP address to listen on")->capture_default_str();
  sim->add_option("--port", config->port, "Port of REST and websockets; 0: any free one")
      ->capture_default_str();
  CLI::Option* const tls =
      sim->add_flag("--tls", config->tls, "Serve TLS, with a certificate authority made on the spot");
  sim->add_option("--ca-file", config->ca_path, "Write the authority's PEM there; else to a temporary file")
      ->needs(tls);
  sim->add_option("--truth-file", config->truth_file,
                  "Write every final 1m bar there, as symbol,ts_ms,open,high,low,close,volume");
  sim->add_flag("!--no-quiet-bars", config->push_quiet_bars,
                "Push no websocket frames for bars without trades");
  sim->add_option("--ping-interval-ms", config->ping_interval_ms, "Between server pings; 0: the venue's own")
      ->capture_default_str();
  sim->add_option("--pong-timeout-ms", config->pong_timeout_ms,
                  "A ping unanswered for so long ends the connection; 0: the venue's own")
      ->capture_default_str();
  sim->add_option("--rest-weight-max", config->rest_weight_max,
                  "REST request weight per minute, beyond it 429; 0: the venue's own")
      ->capture_default_str();
  sim->add_option(
         "--data-faults-per-mille", config->data_faults_per_mille,
         "Of a thousand frames that close a bar (or hold trades) so many go wrong, drawn from the seed")
      ->capture_default_str();
  sim->add_option("--web-faults-per-mille", config->web_faults_per_mille,
                  "Of a thousand REST answers so many go wrong, of connections five times, of frames a "
                  "hundredth as many")
      ->capture_default_str();
  sim->add_option("--client-queue-bytes-max", config->client_queue_bytes_max,
                  "Unsent bytes of one websocket beyond which it is cut off")
      ->capture_default_str();
  sim->callback([config, &run] { run = [config] { return serve(*config); }; });
}

}  // namespace lockstep::tools
