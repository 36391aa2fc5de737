#include "tools/csv/bar_reader.hpp"

#include <algorithm>

#include "engine/core/decimal.hpp"
#include "engine/core/interval.hpp"

namespace lockstep::tools {
namespace {

using core::DecimalStatus;

constexpr const char* kNotADecimal = "not a decimal number (digits with at most one point, such as 43251.10)";
constexpr const char* kRoundingHint =
    "--price-scale N --price-rounding half_even rounds prices of binary floats";

int significant_decimals(const RowReader& rows, Column column) {
  int scale = 0;
  switch (core::decimal_scale(rows.text(column), scale)) {
    case DecimalStatus::ok:
      return scale;
    case DecimalStatus::empty:
      rows.fail(column, "the price is missing");
    case DecimalStatus::too_many_decimals:
      rows.fail(column, std::string("more than 18 decimals; ") + kRoundingHint);
    default:
      rows.fail(column, kNotADecimal);
  }
}

}  // namespace

FileScan scan(RowReader& rows, bool with_prices, const std::function<void(std::int64_t)>& on_row) {
  FileScan result;
  const core::Interval month = *core::Interval::parse("1M");
  std::int64_t ts_before_ms = 0;
  result.is_monthly = true;
  for (; rows.next(); ++result.bars) {
    on_row(result.bars);
    if (result.bars > 0) {
      const std::int64_t step_ms = rows.ts_ms() - ts_before_ms;
      result.step_ms_min = result.bars == 1 ? step_ms : std::min(result.step_ms_min, step_ms);
    }
    ts_before_ms = rows.ts_ms();
    result.is_monthly = result.is_monthly && month.on_grid(ts_before_ms);
    if (!with_prices) continue;
    for (const Column column : kPriceColumns) {
      if (!rows.has(column)) continue;
      const int scale = significant_decimals(rows, column);
      if (scale <= result.price_scale) continue;
      result.price_scale = scale;
      result.scale_line = rows.line_number();
    }
  }
  return result;
}

bool BarReader::next(BarTicks& bar) {
  if (!rows_.next()) return false;
  bar.ts_open_ms = rows_.ts_ms();
  bar.close = price(Column::close);
  bar.open = rows_.has(Column::open) ? price(Column::open) : bar.close;
  const std::int64_t upper = std::max(bar.open, bar.close);
  const std::int64_t lower = std::min(bar.open, bar.close);
  bar.high = rows_.has(Column::high) ? price(Column::high) : upper;
  bar.low = rows_.has(Column::low) ? price(Column::low) : std::min(lower, bar.high);
  if (!rows_.has(Column::high)) bar.high = std::max(upper, bar.low);
  if (bar.low > lower || bar.high < upper) refuse_inconsistent(bar);
  return true;
}

void BarReader::refuse_inconsistent(const BarTicks& bar) const {
  if (bar.low > bar.high) rows_.fail(Column::low, "above high = " + shown(rows_.text(Column::high)));
  // The close first: an open that the file lacks equals it.
  require_inside(Column::close, bar.close, bar);
  require_inside(Column::open, bar.open, bar);
}

void BarReader::require_inside(Column column, std::int64_t value, const BarTicks& bar) const {
  if (value > bar.high) rows_.fail(column, "above high = " + shown(rows_.text(Column::high)));
  if (value < bar.low) rows_.fail(column, "below low = " + shown(rows_.text(Column::low)));
}

std::int64_t BarReader::price(Column column) const {
  std::int64_t ticks = 0;
  const std::string_view text = rows_.text(column);
  const DecimalStatus status = rule_.half_even ? core::parse_decimal_half_even(text, rule_.scale, ticks)
                                               : core::parse_decimal(text, rule_.scale, ticks);
  switch (status) {
    case DecimalStatus::ok:
      break;
    case DecimalStatus::empty:
      rows_.fail(column, "the price is missing");
    case DecimalStatus::too_many_decimals:
      refuse_decimals(column);
    case DecimalStatus::out_of_range:
      refuse_range(column);
    case DecimalStatus::not_a_decimal:
      rows_.fail(column, kNotADecimal);
  }
  if (ticks <= 0) {
    const bool is_rounded = ticks == 0 && text.find_first_of("123456789") != std::string_view::npos;
    rows_.fail(column, is_rounded
                           ? "0 at price scale " + std::to_string(rule_.scale) + "; a price must be above 0"
                           : "a price must be above 0");
  }
  if (ticks > rule_.ticks_max) refuse_range(column);
  return ticks;
}

void BarReader::refuse_decimals(Column column) const {
  int scale = 0;
  const bool is_known = core::decimal_scale(rows_.text(column), scale) == DecimalStatus::ok;
  rows_.fail(column, "more decimals than the price scale, " + std::to_string(rule_.scale) + "; " +
                         (is_known ? "--price-scale " + std::to_string(scale) + " would hold it, " : "") +
                         "--price-rounding half_even would round it");
}

void BarReader::refuse_range(Column column) const {
  if (rows_.text(column).starts_with('-')) rows_.fail(column, "a price must be above 0");
  std::string why = "above the highest price of this configuration, " +
                    core::decimal_text(rule_.ticks_max, rule_.scale) + " at price scale " +
                    std::to_string(rule_.scale);
  if (rule_.scale_line > 0) {
    why += " (taken from line " + std::to_string(rule_.scale_line) + "); " + kRoundingHint;
  }
  rows_.fail(column, why);
}

}  // namespace lockstep::tools
