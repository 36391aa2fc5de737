// The rows of a bar file, as texts: header, fields, times in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "incremental/config.hpp"
#include "tools/csv/line_reader.hpp"

namespace lockstep::tools {

/// The columns that are read; others are ignored.
enum class Column : std::uint8_t { ts_ms, open, high, low, close };
inline constexpr int kColumns = 5;
inline constexpr std::array<std::string_view, kColumns> kColumnNames = {"ts_ms", "open", "high", "low",
                                                                        "close"};
inline constexpr std::array<Column, 4> kPriceColumns = {Column::open, Column::high, Column::low,
                                                        Column::close};

/// Reads the header on construction: names in any order and case, at least ts_ms, close and what the price
/// source needs. Fields are separated by commas; quotes have no meaning. Empty lines may stand at the end
/// only.
class RowReader {
 public:
  /// The byte source must outlive the reader. CommandError (data, environment), here and in next().
  RowReader(ByteSource& bytes, Source source);

  /// The next row. False at the end. CommandError (data): number of fields, ts_ms not a time of 1900 to 2200
  /// in ms, or not after the row before.
  bool next();

  std::int64_t ts_ms() const { return ts_ms_; }
  bool has(Column column) const { return has_[index(column)]; }
  /// The text of a column that there is; it lives until next().
  std::string_view text(Column column) const { return fields_[index(column)]; }
  std::int64_t line_number() const { return lines_.line_number(); }
  const ByteSource& bytes() const { return lines_.source(); }

  /// CommandError (data): FILE:LINE: COLUMN = "TEXT": why.
  [[noreturn]] void fail(Column column, const std::string& why) const;
  [[noreturn]] void fail(const std::string& what) const { lines_.fail(what); }

 private:
  static constexpr std::size_t index(Column column) { return static_cast<std::size_t>(column); }
  void read_header(Source source);
  void require(Column column, const std::string& reason, std::string_view header) const;
  void split(std::string_view line);
  void read_time();
  bool is_end_of_rows();

  LineReader lines_;
  std::vector<std::uint8_t> slots_;  // of each field of a line: its Column, or kIgnored
  std::array<bool, kColumns> has_{};
  std::array<std::string_view, kColumns> fields_{};
  std::int64_t ts_ms_ = INT64_MIN;
};

/// `text` in quotes for a message: control characters escaped, cut after 60 bytes.
std::string shown(std::string_view text);

}  // namespace lockstep::tools
