#include "engine/daemon_plan.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "feeds/net/escape.hpp"
#include "feeds/symbol_lists.hpp"

namespace lockstep::engine {
namespace {

std::string place_of(const Config& config, std::size_t feed) {
  return feed < config.feed_places.size() ? config.feed_places[feed] : std::string();
}

template <class Take>
void each_series(const Config& config, const Take& take) {
  for (std::size_t f = 0; f < config.feeds.size(); ++f) {
    for (const std::string& symbol : config.feeds[f].symbols) {
      for (const std::string& interval : config.feeds[f].intervals) {
        const auto parsed = core::Interval::parse(interval);
        if (!parsed)
          throw ConfigError(place_of(config, f) + "feed.intervals: \"" + interval + "\" is not an interval");
        take(f, symbol, *parsed);
      }
    }
  }
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
    for (const std::string& entry : feed.symbols) {
      if (feeds::is_symbol_pattern(entry) && !feeds::parse_top(entry)) feed.patterns.push_back(entry);
    }
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
  each_series(config, [&](std::size_t f, const std::string& symbol, core::Interval interval) {
    if (catalog.add(config.feeds[f].venue, symbol, interval)) return;
    throw ConfigError(place_of(config, f) + "feed: " + config.feeds[f].venue + " " + symbol + " " +
                      interval.text() + " is there twice; name each series once");
  });
  if (catalog.size() == 0) {
    throw ConfigError("no [[feed]] names a symbol and an interval: there is nothing to attach to");
  }
  return catalog;
}

SeriesPlan plan_series(const Config& config, const SeriesChanges& changes) {
  make_catalog(config);  // for what it refuses
  SeriesPlan plan;
  plan.of_feed.resize(config.feeds.size());
  for (const feeds::FeedConfig& feed : config.feeds) plan.catalog.add_venue(feed.venue);
  each_series(config, [&](std::size_t f, const std::string& symbol, core::Interval interval) {
    const SeriesName name{config.feeds[f].venue, symbol, interval.text()};
    plan.configured.insert(name);
    if (changes.removed.contains(name)) return;
    plan.of_feed[f].push_back(*plan.catalog.add(name.venue, symbol, interval));
  });
  const std::size_t left_out = plan.configured.size() - plan.catalog.size();
  for (const SeriesName& name : changes.added) {
    const auto feed = feed_for(config, name.venue, name.interval);
    if (!feed) {
      spdlog::warn("symbols.json: {} {} {} was added, but no [[feed]] is of that venue: left out", name.venue,
                   feeds::net::escape(name.symbol), name.interval);
      continue;
    }
    if (const auto id = plan.catalog.add(name.venue, name.symbol, *core::Interval::parse(name.interval)))
      plan.of_feed[*feed].push_back(*id);
  }
  if (!changes.added.empty() || left_out > 0)
    spdlog::info("symbols.json: {} series were added over the API, {} of the configuration were removed",
                 changes.added.size(), left_out);
  plan.catalog.make_room(kSeriesRoom);
  return plan;
}

std::optional<std::size_t> feed_for(const Config& config, const std::string& venue,
                                    const std::string& interval) {
  std::optional<std::size_t> found;
  const auto wanted = core::Interval::parse(interval);
  for (std::size_t f = 0; f < config.feeds.size(); ++f) {
    if (config.feeds[f].venue != venue) continue;
    const auto& own = config.feeds[f].intervals;
    if (std::any_of(own.begin(), own.end(),
                    [&](const auto& text) { return core::Interval::parse(text) == wanted; }))
      return f;
    if (!found) found = f;
  }
  return found;
}

}  // namespace lockstep::engine
