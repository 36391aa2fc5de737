#include "replay/sim/exchange_sim.hpp"

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include "replay/sim/detail/bar_history.hpp"
#include "replay/sim/detail/market_model.hpp"
#include "replay/sim/detail/server.hpp"
#include "replay/sim/detail/tls_authority.hpp"
#include "replay/sim/detail/truth_file.hpp"
#include "replay/sim/detail/venue_clock.hpp"
#include "replay/sim/detail/venue_text.hpp"

namespace lockstep::sim {
namespace {

template <typename T>
void require_range(const char* field, T value, T low, T high) {
  // Written so that a NaN fails.
  if (value >= low && value <= high) return;
  throw std::invalid_argument(std::string("simulator: ") + field + " is " + std::to_string(value) +
                              ", must be in " + std::to_string(low) + ".." + std::to_string(high));
}

// Checks every field and fills in the start time.
SimConfig checked(SimConfig config) {
  using namespace std::chrono;
  constexpr std::int64_t kYear2100Ms = 4'102'444'800'000;
  require_range("symbols", config.symbols, 1, 10'000);
  require_range("speed", config.speed, 0.001, 1e6);
  require_range("updates_per_bar", config.updates_per_bar, 0, 1'000);
  require_range("history_bars", config.history_bars, 0, 5'000'000);
  require_range("port", config.port, 0, 65'535);
  require_range("ping_interval_ms", config.ping_interval_ms, 0, 86'400'000);
  require_range("pong_timeout_ms", config.pong_timeout_ms, 0, 86'400'000);
  require_range("data_faults_per_mille", config.data_faults_per_mille, 0, 1000);
  require_range("web_faults_per_mille", config.web_faults_per_mille, 0, 1000);
  require_range("rest_weight_max", config.rest_weight_max, 0, 1'000'000'000);
  require_range<std::size_t>("client_queue_bytes_max", config.client_queue_bytes_max, 1,
                             std::size_t{1} << 32);
  require_range<std::int64_t>("start_ms", config.start_ms, 0, kYear2100Ms);
  boost::system::error_code error;
  boost::asio::ip::make_address(config.bind, error);
  if (error) throw std::invalid_argument("simulator: bind is '" + config.bind + "', must be an IP address");
  if (config.start_ms == 0) {
    config.start_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }
  config.start_ms -= config.start_ms % kMinuteMs;
  // The model looks back up to 64 minutes for a trade.
  require_range<std::int64_t>("start_ms", config.start_ms, (config.history_bars + 128) * kMinuteMs,
                              kYear2100Ms);
  return config;
}

// A client cannot connect to "any address".
std::string url_host(const std::string& bind) {
  if (bind == "0.0.0.0") return "127.0.0.1";
  if (bind == "::") return "[::1]";
  return bind.find(':') == std::string::npos ? bind : "[" + bind + "]";
}

}  // namespace

class ExchangeSim::Impl {
 public:
  explicit Impl(SimConfig given)
      : config(checked(std::move(given))),
        model(config.seed, config.symbols),
        text(config.dialect),
        history(model, config.start_ms / kMinuteMs - config.history_bars, text.has_quiet_bars()),
        clock(config.start_ms, config.speed),
        port(config.port),
        faults(config.dialect, config.seed,
               {config.data_faults_per_mille, config.web_faults_per_mille, config.tls}) {
    controls.is_unlisted = std::vector<std::atomic<bool>>(static_cast<std::size_t>(config.symbols));
    if (config.tls) authority.emplace(config.ca_path), stranger.emplace(std::filesystem::path());
    if (!config.truth_file.empty()) {
      truth_file.emplace(config.truth_file, history, text);
      controls.has_truth_failed = !truth_file->write_until(config.start_ms);
    }
  }

  const SimConfig config;
  const MarketModel model;
  const VenueText text;
  const BarHistory history;
  VenueClock clock;
  std::optional<TlsAuthority> authority;
  std::optional<TlsAuthority> stranger;  // not the one that clients are told of
  std::optional<TruthFile> truth_file;
  ServerControls controls;
  std::atomic<int> port;
  FaultScript faults;
  std::mutex server_mutex;  // start, stop and cut_connections exclude each other
  std::unique_ptr<Server> server;
};

const std::vector<std::string>& dialect_names() {
  static const std::vector<std::string> names = {
      "binance_spot", "binance_usdm", "bybit_spot", "bybit_linear", "okx", "coinbase_advanced", "kraken_v2"};
  return names;
}

ExchangeSim::ExchangeSim(SimConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}

ExchangeSim::~ExchangeSim() {
  stop();
}

void ExchangeSim::start() {
  const std::lock_guard lock(impl_->server_mutex);
  if (impl_->server) return;
  impl_->clock.run();
  const ServerParts parts{impl_->config,
                          impl_->history,
                          impl_->text,
                          impl_->clock,
                          impl_->authority ? &*impl_->authority : nullptr,
                          impl_->truth_file ? &*impl_->truth_file : nullptr,
                          impl_->controls,
                          impl_->faults,
                          impl_->stranger ? &*impl_->stranger : nullptr};
  impl_->server = std::make_unique<Server>(parts, impl_->port);
  impl_->port = impl_->server->port();
}

void ExchangeSim::stop() {
  const std::lock_guard lock(impl_->server_mutex);
  impl_->server.reset();
}

int ExchangeSim::port() const {
  return impl_->port;
}

std::string ExchangeSim::ws_url() const {
  return (impl_->config.tls ? "wss://" : "ws://") + url_host(impl_->config.bind) + ":" +
         std::to_string(port()) + (impl_->config.dialect == Dialect::binance_usdm ? "/market" : "");
}

std::string ExchangeSim::rest_url() const {
  return (impl_->config.tls ? "https://" : "http://") + url_host(impl_->config.bind) + ":" +
         std::to_string(port());
}

std::filesystem::path ExchangeSim::ca_file() const {
  return impl_->authority ? impl_->authority->ca_file() : std::filesystem::path();
}

std::vector<std::string> ExchangeSim::symbol_names() const {
  std::vector<std::string> out;
  for (int i = 0; i < impl_->model.size(); ++i) out.push_back(impl_->text.symbol_name(impl_->model.spec(i)));
  return out;
}

int ExchangeSim::cut_connections() {
  const std::lock_guard lock(impl_->server_mutex);
  return impl_->server ? impl_->server->cut_connections() : 0;
}

void ExchangeSim::set_refuse(bool refuse) {
  impl_->controls.is_refusing = refuse;
}

void ExchangeSim::set_silent(bool silent) {
  impl_->controls.is_silent = silent;
}

void ExchangeSim::set_listed(const std::string& symbol, bool is_listed) {
  const auto index = impl_->text.find_symbol(impl_->model, symbol);
  if (!index) throw std::invalid_argument("the simulator has no symbol '" + symbol + "', see symbol_names()");
  impl_->controls.is_unlisted[static_cast<std::size_t>(*index)] = !is_listed;
}

void ExchangeSim::inject(VenueFault fault, std::chrono::milliseconds duration) {
  const bool is_possible = fault != VenueFault::wrong_certificate || impl_->config.tls;
  if (!is_possible || !can_do(impl_->config.dialect, fault)) {
    throw std::invalid_argument(
        "simulator: " + dialect_names()[static_cast<std::size_t>(impl_->config.dialect)] +
        (impl_->config.tls ? "" : " without TLS") + " cannot make the fault '" +
        std::string(info(fault).name) + "'");
  }
  impl_->faults.inject(fault, duration);
}

void ExchangeSim::stop_drawing_faults() {
  impl_->faults.stop_drawing();
}

std::uint64_t ExchangeSim::given(VenueFault fault) const {
  return impl_->faults.given(fault);
}

std::uint64_t ExchangeSim::given() const {
  std::uint64_t sum = 0;
  for (const FaultInfo& fault : venue_faults()) sum += given(fault.fault);
  return sum;
}

int ExchangeSim::connections() const {
  return impl_->controls.web_connections;
}

std::int64_t ExchangeSim::venue_now_ms() const {
  return impl_->clock.now_ms();
}

std::vector<ExchangeSim::TruthBar> ExchangeSim::truth(const std::string& symbol,
                                                      const std::string& interval) const {
  const auto index = impl_->text.find_symbol(impl_->model, symbol);
  if (!index) throw std::invalid_argument("the simulator has no symbol '" + symbol + "', see symbol_names()");
  const int interval_index = find_sim_interval(interval);
  if (interval_index < 0) {
    throw std::invalid_argument("the simulator has no interval '" + interval + "', use 1m 3m 5m ... 1w 1M");
  }
  const SimInterval& length = kSimIntervals[static_cast<std::size_t>(interval_index)];
  const std::int64_t now_ms = venue_now_ms();
  std::vector<TruthBar> out;
  std::int64_t open_ms = impl_->history.first_open_ms(length);
  for (; length.next_open(open_ms) <= now_ms; open_ms = length.next_open(open_ms)) {
    const auto bar = impl_->history.bar(*index, length, open_ms, now_ms);
    if (bar && (bar->trades > 0 || impl_->text.has_quiet_bars())) {
      out.push_back(impl_->text.truth_bar(impl_->model.spec(*index), *bar));
    }
  }
  return out;
}

bool ExchangeSim::has_truth_file_failed() const {
  return impl_->controls.has_truth_failed;
}

}  // namespace lockstep::sim
