#include "engine/daemon_plan.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "feeds/symbol_lists.hpp"

namespace lockstep::engine {
namespace {

std::string place_of(const Config& config, std::size_t feed) {
  return feed < config.feed_places.size() ? config.feed_places[feed] : std::string();
}

}  // namespace

void check_anchor(const Config& config) {
  const Anchor& anchor = config.engine.anchor;
  const std::int64_t needed = AtcParams::create(config.atc, 0)->warmup_bars();
  if (anchor.kind == Anchor::Kind::rolling && anchor.bars < needed) {
    throw ConfigError("engine.anchor = \"" + to_string(anchor) + "\": the averages need " +
                      std::to_string(needed) + " bars to warm up, a run of " + std::to_string(anchor.bars) +
                      " would never be live; use rolling:" + std::to_string(needed) + "/S or more");
  }
}

Config with_symbols(Config config) {
  constexpr std::chrono::seconds kListLimit{60};
  for (std::size_t f = 0; f < config.feeds.size(); ++f) {
    feeds::FeedConfig& feed = config.feeds[f];
    if (!feeds::has_symbol_patterns(feed)) continue;
    std::vector<std::string> findings;
    try {
      feed.symbols = feeds::look_up_symbols(feed, kListLimit, findings);
    } catch (const std::runtime_error& error) {
      throw ConfigError(place_of(config, f) + "feed.symbols: " + error.what());
    }
    for (const std::string& finding : findings)
      spdlog::error("{}feed.symbols: {}", place_of(config, f), finding);
    spdlog::info("{}: {} symbols", feed.venue, feed.symbols.size());
  }
  return config;
}

core::Catalog make_catalog(const Config& config) {
  core::Catalog catalog;
  for (std::size_t f = 0; f < config.feeds.size(); ++f) {
    for (const std::string& symbol : config.feeds[f].symbols) {
      for (const std::string& interval : config.feeds[f].intervals) {
        const auto parsed = core::Interval::parse(interval);
        if (!parsed)
          throw ConfigError(place_of(config, f) + "feed.intervals: \"" + interval + "\" is not an interval");
        if (!catalog.add(config.feeds[f].venue, symbol, *parsed)) {
          throw ConfigError(place_of(config, f) + "feed: " + config.feeds[f].venue + " " + symbol + " " +
                            interval + " is there twice; name each series once");
        }
      }
    }
  }
  if (catalog.size() == 0) {
    throw ConfigError("no [[feed]] names a symbol and an interval: there is nothing to attach to");
  }
  return catalog;
}

}  // namespace lockstep::engine
