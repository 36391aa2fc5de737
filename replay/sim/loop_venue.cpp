#include "replay/sim/loop_venue.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "replay/sim/detail/bar_history.hpp"
#include "replay/sim/detail/connection.hpp"
#include "replay/sim/detail/market_model.hpp"
#include "replay/sim/detail/publisher.hpp"
#include "replay/sim/detail/rest_api.hpp"
#include "replay/sim/detail/venue_clock.hpp"
#include "replay/sim/detail/venue_limits.hpp"
#include "replay/sim/detail/venue_text.hpp"

namespace lockstep::sim {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

constexpr std::size_t kEventsAtOnce = 20'000;
constexpr auto kSweepPeriod = 1s;

}  // namespace

class LoopVenue::Impl {
 public:
  Impl(boost::asio::io_context& io, SimConfig given)
      : config(std::move(given)),
        limits(limits_of(config)),
        model(config.seed, config.symbols),
        is_unlisted(static_cast<std::size_t>(config.symbols)),
        text(config.dialect),
        history(model, config.start_ms / kMinuteMs - config.history_bars, text.has_quiet_bars()),
        clock(config.start_ms, 1.0),
        publisher(history, text,
                  {config.updates_per_bar, config.push_quiet_bars && text.pushes_quiet_bars(),
                   config.start_ms / kMinuteMs}),
        rest(history, clock, text, limits.rest_weight_max, is_unlisted),
        context{model,
                text,
                clock,
                publisher,
                rest,
                web_connections,
                limits.ping_interval,
                limits.pong_timeout,
                limits.messages_per_second_max,
                config.client_queue_bytes_max},
        tick_timer(io),
        sweep_timer(io) {
    clock.run();
    tick();
    sweep();
  }
  ~Impl() {
    for (const auto& connection : connections) connection->cut();
  }

  void accept(std::unique_ptr<Transport> transport) {
    connections.push_back(std::make_shared<Connection>(std::move(transport), context));
    connections.back()->start();
  }

  void tick() {
    publisher.run_due(clock.now_ms(), is_silent, kEventsAtOnce);
    tick_timer.expires_after(
        std::max<VenueClock::Steady::duration>(clock.until(publisher.next_due_ms()), 1ms));
    tick_timer.async_wait([this](error_code error) {
      if (!error) tick();
    });
  }
  void sweep() {
    for (const auto& connection : connections) connection->sweep(Connection::Clock::now());
    std::erase_if(connections, [](const auto& connection) { return connection->is_cut(); });
    sweep_timer.expires_after(kSweepPeriod);
    sweep_timer.async_wait([this](error_code error) {
      if (!error) sweep();
    });
  }

  const SimConfig config;
  const VenueLimits limits;
  const MarketModel model;
  const std::vector<std::atomic<bool>> is_unlisted;  // all symbols are listed
  const VenueText text;
  const BarHistory history;
  VenueClock clock;
  Publisher publisher;
  RestApi rest;
  std::atomic<int> web_connections = 0;
  ConnectionContext context;
  boost::asio::steady_timer tick_timer;
  boost::asio::steady_timer sweep_timer;
  std::vector<std::shared_ptr<Connection>> connections;
  bool is_silent = false;
};

LoopVenue::LoopVenue(boost::asio::io_context& io, SimConfig config) {
  if (config.start_ms <= 0 || config.start_ms % kMinuteMs != 0)
    throw std::invalid_argument("LoopVenue: start_ms is " + std::to_string(config.start_ms) +
                                ", must be a minute");
  impl_ = std::make_unique<Impl>(io, std::move(config));
}

LoopVenue::~LoopVenue() = default;

void LoopVenue::accept(std::unique_ptr<Transport> transport) {
  impl_->accept(std::move(transport));
}
void LoopVenue::set_silent(bool is_silent) {
  impl_->is_silent = is_silent;
}
void LoopVenue::on_unnoticed(std::int64_t pause_ms, std::function<void(int, std::int64_t)> tell) {
  impl_->publisher.on_unnoticed(pause_ms, [tell = std::move(tell)](int symbol, std::int64_t minute) {
    tell(symbol, minute * kMinuteMs);
  });
}
std::int64_t LoopVenue::now_ms() const {
  return impl_->clock.now_ms();
}
int LoopVenue::symbols() const {
  return impl_->model.size();
}
std::string LoopVenue::symbol_name(int symbol) const {
  return impl_->text.symbol_name(impl_->model.spec(symbol));
}
std::int64_t LoopVenue::first_ms() const {
  return impl_->history.first_minute() * kMinuteMs;
}

std::optional<ExchangeSim::TruthBar> LoopVenue::truth(int symbol, const std::string& interval,
                                                      std::int64_t ts_open_ms) const {
  const int index = find_sim_interval(interval);
  if (index < 0) throw std::invalid_argument("LoopVenue: no interval '" + interval + "'");
  const SimInterval& length = kSimIntervals[static_cast<std::size_t>(index)];
  if (length.next_open(ts_open_ms) > now_ms()) return std::nullopt;
  const auto bar = impl_->history.bar(symbol, length, ts_open_ms, now_ms());
  if (!bar || (bar->trades == 0 && !impl_->text.has_quiet_bars())) return std::nullopt;
  return impl_->text.truth_bar(impl_->model.spec(symbol), *bar);
}

}  // namespace lockstep::sim
