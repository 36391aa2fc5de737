#include "feeds/history_rows.hpp"

#include <fmt/format.h>

namespace lockstep::feeds::json {
namespace {

ParseResult read_cell(Value& value, Cell cell, const core::Interval& interval, HistoryRow& row) {
  BarTexts& bar = row.bar;
  const auto text = [&](std::string_view& target, const char* name) {
    return read_text(value, target) ? kOk : wrong_type(name);
  };
  switch (cell) {
    case Cell::open_ms:
      if (!read_int_text(value, bar.ts_open_ms)) return wrong_type("open time");
      row.ts_close_ms = is_time_plausible(bar.ts_open_ms) ? interval.next_open_ms(bar.ts_open_ms) - 1 : 0;
      return kOk;
    case Cell::open_s: {
      std::int64_t open_s = 0;
      return read_int_text(value, open_s) && set_open_s(open_s, interval, row)
                 ? kOk
                 : wrong_type("open time (seconds, 2009 to 2100)");
    }
    case Cell::open:
      return text(bar.open, "open");
    case Cell::high:
      return text(bar.high, "high");
    case Cell::low:
      return text(bar.low, "low");
    case Cell::close:
      return text(bar.close, "close");
    case Cell::volume:
      return text(bar.volume, "volume");
    case Cell::close_ms:
      return read_int_text(value, row.ts_close_ms) ? kOk : wrong_type("close time");
    case Cell::skipped:
      return kOk;
  }
  return kOk;
}

}  // namespace

ParseResult read_history_row(Value& value, const char* what, std::span<const Cell> cells,
                             const core::Interval& interval, HistoryRow& row) {
  Array elements;
  if (value.get_array().get(elements) != simdjson::SUCCESS) return wrong_type(what);
  std::size_t column = 0;
  const ParseResult result = for_each_element(elements, [&](Value& cell) {
    const std::size_t at = column++;
    return at < cells.size() ? read_cell(cell, cells[at], interval, row) : kOk;
  });
  return result.is_ok() && column < cells.size() ? missing("the last cells of a row") : result;
}

bool set_open_s(std::int64_t open_s, const core::Interval& interval, HistoryRow& row) {
  if (open_s < kTimeMsMin / 1000 || open_s >= kTimeMsMax / 1000) return false;
  row.bar.ts_open_ms = open_s * 1000;
  row.ts_close_ms = interval.next_open_ms(row.bar.ts_open_ms) - 1;
  return true;
}

std::string take_server_time(std::int64_t time_ms, std::int64_t& server_time_ms) {
  if (!is_time_plausible(time_ms)) return fmt::format("server time: {} ms is no time", time_ms);
  server_time_ms = time_ms;
  return "";
}

}  // namespace lockstep::feeds::json
