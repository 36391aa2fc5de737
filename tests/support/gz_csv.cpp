#include "tests/support/gz_csv.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace lockstep::test {
namespace {

/// zlib reads files that are not compressed as they are.
std::string read_file(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path);
  std::string text;
  std::array<char, 65536> block{};
  int size = 0;
  while ((size = gzread(file, block.data(), block.size())) > 0)
    text.append(block.data(), static_cast<std::size_t>(size));
  const bool complete = size == 0 && gzeof(file) == 1;
  if (gzclose(file) != Z_OK || !complete) throw std::runtime_error("cannot read all of " + path);
  return text;
}

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    const std::size_t comma = line.find(',');
    fields.emplace_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

}  // namespace

bool CsvTable::has_column(std::string_view name) const {
  return std::find(header.begin(), header.end(), name) != header.end();
}

std::size_t CsvTable::column(std::string_view name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) throw std::runtime_error("no column " + std::string(name));
  return static_cast<std::size_t>(found - header.begin());
}

CsvTable read_csv(const std::string& path) {
  const std::string text = read_file(path);
  CsvTable table;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (table.header.empty()) {
      table.header = split(line);
      continue;
    }
    table.rows.push_back(split(line));
    if (table.rows.back().size() != table.header.size()) {
      throw std::runtime_error(path + " line " + std::to_string(table.rows.size() + 1) +
                               ": wrong number of fields");
    }
  }
  return table;
}

}  // namespace lockstep::test
