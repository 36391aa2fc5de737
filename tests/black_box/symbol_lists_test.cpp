// Patterns and the most traded symbols, looked up at each simulated venue.
#include "feeds/symbol_lists.hpp"

#include "engine/daemon.hpp"
#include "replay/sim/exchange_sim.hpp"
#include "tests/support/catch.hpp"

namespace lockstep {
namespace {

using Names = std::vector<std::string>;

sim::SimConfig setup(sim::Dialect dialect) {
  sim::SimConfig setup;
  setup.dialect = dialect;
  setup.symbols = 7;
  setup.history_bars = 10;
  return setup;
}

}  // namespace

TEST_CASE("the most traded symbols of each venue, by its own list and volumes", "[black_box][symbol_lists]") {
  for (std::size_t d = 0; d < sim::dialect_names().size(); ++d) {
    sim::ExchangeSim exchange(setup(static_cast<sim::Dialect>(d)));
    exchange.start();
    CAPTURE(sim::dialect_names()[d]);
    const Names names = exchange.symbol_names();  // the first is traded most
    feeds::FeedConfig feed;
    feed.venue = sim::dialect_names()[d];
    feed.rest_url = exchange.rest_url();
    feed.rest_requests_per_s = 1000;
    Names findings;
    const auto look_up = [&](Names entries) {
      feed.symbols = std::move(entries);
      return feeds::look_up_symbols(feed, std::chrono::seconds(20), findings);
    };
    CHECK(look_up({"top:3"}) == Names(names.begin(), names.begin() + 3));
    CHECK(look_up({"*"}).size() == 7);
    exchange.set_listed(names[1], false);
    CHECK(look_up({"top:2"}) == Names{names[0], names[2]});
    exchange.set_listed(names[1], true);
    CHECK(look_up({"top:2"}) == Names{names[0], names[1]});
  }
}

TEST_CASE("a daemon takes the symbols that a pattern stands for, and refuses one that stands for none",
          "[black_box][symbol_lists]") {
  sim::ExchangeSim exchange(setup(sim::Dialect::binance_spot));
  exchange.start();
  const auto config = [&](const std::string& symbols) {
    return engine::parse_config("[[feed]]\nvenue = \"binance_spot\"\nsymbols = [" + symbols +
                                    "]\nintervals = [\"1m\"]\nws_url = \"" + exchange.ws_url() +
                                    "\"\nrest_url = \"" + exchange.rest_url() + "\"\n[api]\nport = 0\n",
                                "lockstep.toml");
  };
  engine::Daemon daemon(config("\"top:2\", \"NOSUCH\""));
  CHECK(daemon.catalog().size() == 3);
  CHECK_THROWS_WITH(engine::Daemon(config("\"XYZ*\"")),
                    Catch::Contains("lockstep.toml:1: feed.symbols: 'XYZ*' matches none of the 7 symbols"));
  CHECK_THROWS_WITH(config("\"top:0\""), Catch::Contains("top: wants a count from 1 to 10000"));
}

}  // namespace lockstep
