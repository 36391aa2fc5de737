#include "engine/api/server_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "engine/api/signal_json.hpp"

namespace lockstep::engine {
namespace {

std::string random_epoch() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

}  // namespace

ServerState::ServerState(boost::asio::io_context& io_context, const ApiConfig& api_config,
                         const core::Catalog& catalog, ApiHooks api_hooks, const ApiLimits& api_limits)
    : io(io_context),
      config(api_config),
      limits(api_limits),
      hooks(std::move(api_hooks)),
      access(api_config),
      index(catalog),
      epoch(random_epoch()),
      ts_started_ns(monotonic_ns()),
      store(catalog.size()),
      log(limits.resume_publications),
      details(io, hooks.request_detail, limits.detail),
      histories(io, limits.history),
      changes(io, limits.change) {}

int ServerState::clients_from(const boost::asio::ip::address& peer) const {
  return static_cast<int>(
      std::count_if(connections.begin(), connections.end(),
                    [&](const Connection* connection) { return connection->peer() == peer; }));
}

}  // namespace lockstep::engine
