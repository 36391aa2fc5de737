#include "tools/bar_plan.hpp"

#include <CLI/CLI.hpp>

#include "engine/core/interval.hpp"
#include "tools/csv/errors.hpp"
#include "tools/csv/row_reader.hpp"

namespace lockstep::tools {
namespace {

[[noreturn]] void refuse_usage(const std::string& text) {
  throw CommandError(kExitUsage, text);
}

void settle_prices(const BarOptions& options, BarPlan& plan) {
  if (options.price_scale != -1 && (options.price_scale < 0 || options.price_scale > kPriceScaleMax)) {
    refuse_usage("--price-scale " + std::to_string(options.price_scale) + ": must be 0 to " +
                 std::to_string(kPriceScaleMax));
  }
  const std::string& rounding = options.price_rounding;
  if (!rounding.empty() && rounding != "none" && rounding != "half_even") {
    refuse_usage("--price-rounding " + rounding + ": must be none or half_even");
  }
  plan.prices.scale = options.price_scale != -1 ? options.price_scale : plan.config.price_scale;
  plan.prices.half_even = rounding.empty() ? plan.config.price_rounding_half_even : rounding == "half_even";
  if (plan.prices.half_even && plan.prices.scale < 0) {
    refuse_usage("price_rounding half_even needs the scale to round to: give --price-scale N");
  }
}

void settle_interval(const BarOptions& options, BarPlan& plan) {
  if (options.interval.empty()) return;
  const auto interval = core::Interval::parse(options.interval);
  if (!interval)
    refuse_usage("--interval " + options.interval + ": must be a bar length such as 1m, 4h, 1d or 1M");
  plan.interval = options.interval;
  plan.interval_ms = interval->ms();
  plan.interval_given = true;
}

}  // namespace

void add_bar_options(CLI::App& command, BarOptions& options) {
  command.add_option("--config", options.config, "configuration file (docs/configuration.md)");
  command.add_option("--price-scale", options.price_scale,
                     "decimals of a price, 0 to 18; else from the file");
  command.add_option("--price-rounding", options.price_rounding,
                     "none, or half_even: round prices to the scale (for files of binary floats)");
  command.add_option("--interval", options.interval,
                     "bar length for rolling anchors, such as 1m; else the smallest step of the file");
}

BarPlan make_bar_plan(const BarOptions& options) {
  BarPlan plan;
  if (!options.config.empty()) plan.config = engine::load_config(options.config);
  // The configuration's own default is the daemon's; here it is the first bar of the file.
  if (plan.config.engine.anchor_given) plan.anchor = plan.config.engine.anchor;
  settle_prices(options, plan);
  settle_interval(options, plan);
  return plan;
}

void look_ahead(ByteSource& bytes, BarPlan& plan, const OnRow& on_row) {
  const bool needs_scale = plan.prices.scale < 0;
  const bool needs_interval = plan.anchor.kind == Anchor::Kind::rolling && !plan.interval_given;
  if (!needs_scale && !needs_interval) return;
  if (!bytes.can_rewind()) {
    refuse_usage(bytes.name() + " can be read once only, so " +
                 (needs_scale ? "the price scale cannot be taken from it: give --price-scale N"
                              : "the bar length cannot be taken from it: give --interval, such as 1m"));
  }
  RowReader rows(bytes, plan.config.atc.source);
  const FileScan found = scan(rows, needs_scale, on_row);
  bytes.rewind();
  if (needs_scale) {
    plan.prices.scale = found.price_scale;
    plan.prices.scale_line = found.scale_line;
  }
  if (needs_interval && found.step_ms_min > 0) {
    constexpr std::int64_t kShortestMonthMs = 28 * std::int64_t{86'400'000};
    const bool is_month = found.is_monthly && found.step_ms_min >= kShortestMonthMs;
    plan.interval_ms = is_month ? kCalendarMonth : found.step_ms_min;
  }
}

void require_interval(const BarPlan& plan, const RowReader& rows, std::int64_t ts_before_ms,
                      const BarTicks& bar) {
  if (plan.interval_given && ts_before_ms != INT64_MIN && bar.ts_open_ms - ts_before_ms < plan.interval_ms) {
    rows.fail(Column::ts_ms, "less than --interval " + plan.interval + " after the row before");
  }
}

std::vector<BarTicks> read_all_bars(ByteSource& bytes, const BarPlan& plan, const OnRow& on_row) {
  RowReader rows(bytes, plan.config.atc.source);
  BarReader reader(rows, plan.prices);
  std::vector<BarTicks> bars;
  BarTicks bar;
  for (std::int64_t ts_before_ms = INT64_MIN; reader.next(bar); ts_before_ms = bar.ts_open_ms) {
    require_interval(plan, rows, ts_before_ms, bar);
    bars.push_back(bar);
    on_row(static_cast<std::int64_t>(bars.size()));
  }
  if (bars.empty()) {
    throw CommandError(kExitData, bytes.name() + ":" + std::to_string(rows.line_number() + 1) +
                                      ": there is no bar after the header");
  }
  return bars;
}

std::string refusal_text(Status status) {
  switch (status) {
    case Status::growth_not_finite:
      return "the growth exp(lambda/1000 * bars) is no finite number any more: lower lambda, or choose a "
             "later or rolling anchor";
    case Status::equity_not_finite:
      return "an equity is no finite number any more: lower lambda, or choose a later or rolling anchor";
    default:
      return std::string("the bar is refused: ") + to_string(status);
  }
}

}  // namespace lockstep::tools
