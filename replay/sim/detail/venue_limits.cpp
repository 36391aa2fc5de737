#include "replay/sim/detail/venue_limits.hpp"

namespace lockstep::sim {
namespace {

using namespace std::chrono_literals;

std::size_t messages_max(Dialect dialect) {
  switch (dialect) {
    case Dialect::binance_spot:
      return 5;
    case Dialect::bybit_spot:
    case Dialect::bybit_linear:
      return 200;
    case Dialect::coinbase_advanced:
      return 8;
    default:
      return 10;
  }
}

}  // namespace

VenueLimits limits_of(const SimConfig& config) {
  const bool is_spot = config.dialect == Dialect::binance_spot;
  const auto given_or = [](int given_ms, std::chrono::milliseconds own) {
    return given_ms > 0 ? std::chrono::milliseconds(given_ms) : own;
  };
  const int weight = config.dialect == Dialect::binance_usdm ? 2400 : 6000;
  return {given_or(config.ping_interval_ms, is_spot ? 20s : 180s),
          given_or(config.pong_timeout_ms, is_spot ? 60s : 600s), messages_max(config.dialect),
          config.rest_weight_max > 0 ? config.rest_weight_max : weight};
}

}  // namespace lockstep::sim
