// The bars of a CSV file: prices as ticks, exactly, every one checked.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "incremental/bar.hpp"
#include "tools/csv/row_reader.hpp"

namespace lockstep::tools {

/// What a first pass over a file finds out.
struct FileScan {
  int price_scale = 0;          ///< the most significant decimals of any price
  std::int64_t scale_line = 0;  ///< the first line with so many, 0 when the scale is 0
  std::int64_t bars = 0;
  std::int64_t step_ms_min = 0;  ///< smallest step between two rows, 0 with fewer than two
  bool is_monthly = false;       ///< every row opens a calendar month (UTC)
};
/// Reads all rows. CommandError (data): as RowReader, a price that is not a decimal number or has more than
/// 18 decimals. `with_prices` false leaves the prices alone. `on_row` is told the number of each row.
FileScan scan(RowReader& rows, bool with_prices, const std::function<void(std::int64_t)>& on_row);

/// How price texts become ticks.
struct PriceRule {
  int scale = 0;                ///< decimals of a tick
  bool half_even = false;       ///< round to the scale, ties to even; else more decimals are an error
  std::int64_t ticks_max = 0;   ///< AtcParams::price_ticks_max()
  std::int64_t scale_line = 0;  ///< the line that the scale was taken from, 0: it was given
};

/// Open, high and low that the file lacks are taken as the close, widened so that low <= open, close <= high.
class BarReader {
 public:
  /// `rows` must outlive the reader.
  BarReader(RowReader& rows, const PriceRule& rule) : rows_(rows), rule_(rule) {}

  /// The next bar; false at the end. CommandError (data): as RowReader; a price that is no decimal number,
  /// not above 0, has too many decimals, is too high; a bar that is not low <= open, close <= high.
  bool next(BarTicks& bar);

 private:
  std::int64_t price(Column column) const;
  void refuse_inconsistent(const BarTicks& bar) const;
  void require_inside(Column column, std::int64_t value, const BarTicks& bar) const;
  [[noreturn]] void refuse_decimals(Column column) const;
  [[noreturn]] void refuse_range(Column column) const;

  RowReader& rows_;
  PriceRule rule_;
};

}  // namespace lockstep::tools
