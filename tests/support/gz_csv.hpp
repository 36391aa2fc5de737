// CSV files of the golden set, plain or gz.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::test {

/// A header and rows of text fields. No quoting.
struct CsvTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  /// Position of a column; throws std::runtime_error naming it when there is none.
  std::size_t column(std::string_view name) const;
  bool has_column(std::string_view name) const;
};

/// Throws std::runtime_error naming the file, and the line when a row has another number of fields than the
/// header.
CsvTable read_csv(const std::string& path);

}  // namespace lockstep::test
