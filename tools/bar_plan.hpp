// How the bars of a file are read and what is computed from them: what `compute` and `verify` share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/config.hpp"
#include "incremental/anchored_state.hpp"
#include "tools/csv/bar_reader.hpp"
#include "tools/csv/byte_source.hpp"

namespace CLI {
class App;
}

namespace lockstep::tools {

/// The options of the command line. docs/compute.md describes each.
struct BarOptions {
  std::string config;          ///< file; empty: the defaults
  int price_scale = -1;        ///< -1: from the configuration, else from the file
  std::string price_rounding;  ///< "none", "half_even", empty: from the configuration
  std::string interval;        ///< "1m"; empty: the smallest step of the file
};

/// Registers them with a command that reads files of bars.
void add_bar_options(CLI::App& command, BarOptions& options);

/// Everything that is settled before the first bar is computed.
struct BarPlan {
  engine::Config config;
  Anchor anchor;
  PriceRule prices;
  std::string interval;
  std::int64_t interval_ms = 1;  ///< of no effect unless the anchor is rolling
  bool interval_given = false;
};

/// CommandError (usage), engine::ConfigError.
BarPlan make_bar_plan(const BarOptions& options);

/// Told the number of rows, now and then.
using OnRow = std::function<void(std::int64_t)>;

/// A first pass over the file, when something has to be found out from it. CommandError.
void look_ahead(ByteSource& bytes, BarPlan& plan, const OnRow& on_row);

/// CommandError (data) when `bar` comes sooner after the one before it than an interval that was given.
void require_interval(const BarPlan& plan, const RowReader& rows, std::int64_t ts_before_ms,
                      const BarTicks& bar);

/// Every bar of a file; plan.prices.ticks_max must be set. CommandError (data).
std::vector<BarTicks> read_all_bars(ByteSource& bytes, const BarPlan& plan, const OnRow& on_row);

/// Why a bar is refused, as a sentence for a message.
std::string refusal_text(Status status);

}  // namespace lockstep::tools
