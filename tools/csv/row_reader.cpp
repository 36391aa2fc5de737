#include "tools/csv/row_reader.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "engine/core/decimal.hpp"
#include "tools/csv/errors.hpp"

namespace lockstep::tools {
namespace {

constexpr std::uint8_t kIgnored = kColumns;
constexpr std::size_t kFieldsMax = 1'000;
constexpr std::int64_t kTimeMinMs = -2'208'988'800'000;  // 1900-01-01
constexpr std::int64_t kTimeEndMs = 7'258'118'400'000;   // 2200-01-01

std::string normalised(std::string_view name) {
  while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  std::string result(name);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool source_needs(Source source, Column column) {
  switch (column) {
    case Column::open:
      return source == Source::open || source == Source::ohlc4;
    case Column::high:
      return source != Source::close && source != Source::open && source != Source::low;
    case Column::low:
      return source != Source::close && source != Source::open && source != Source::high;
    default:
      return true;
  }
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kShownBytesMax = 60;
  std::string result = "\"";
  for (const char c : text.substr(0, kShownBytesMax)) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
      result += c;
      continue;
    }
    char escaped[8];
    std::snprintf(escaped, sizeof escaped, "\\x%02X", static_cast<unsigned>(c));
    result += escaped;
  }
  return result + (text.size() > kShownBytesMax ? "...\"" : "\"");
}

RowReader::RowReader(ByteSource& bytes, Source source) : lines_(bytes) {
  read_header(source);
}

void RowReader::read_header(Source source) {
  std::string_view header;
  if (!lines_.next(header)) {
    throw CommandError(kExitData, bytes().name() + ":1: the file is empty; it needs a header such as " +
                                      "ts_ms,open,high,low,close");
  }
  for (std::size_t begin = 0; begin <= header.size();) {
    const std::size_t end = std::min(header.find(',', begin), header.size());
    const std::string name = normalised(header.substr(begin, end - begin));
    const auto* const found = std::find(kColumnNames.begin(), kColumnNames.end(), name);
    const auto slot = static_cast<std::size_t>(found - kColumnNames.begin());
    if (slot < kColumns && has_[slot]) fail("wrong header: the column " + name + " is there twice");
    if (slot < kColumns) has_[slot] = true;
    slots_.push_back(static_cast<std::uint8_t>(slot));
    if (slots_.size() > kFieldsMax)
      fail("wrong header: more than " + std::to_string(kFieldsMax) + " columns");
    begin = end + 1;
  }
  require(Column::ts_ms, "at least ts_ms and close are needed", header);
  require(Column::close, "at least ts_ms and close are needed", header);
  for (const Column column : kPriceColumns) {
    if (!source_needs(source, column)) continue;
    require(column, "source = \"" + std::string(to_string(source)) + "\" of the configuration needs it",
            header);
  }
}

void RowReader::require(Column column, const std::string& reason, std::string_view header) const {
  if (has(column)) return;
  fail("wrong header " + shown(header) + ": there is no column " + std::string(kColumnNames[index(column)]) +
       "; " + reason);
}

void RowReader::fail(Column column, const std::string& why) const {
  fail(std::string(kColumnNames[index(column)]) + " = " + shown(text(column)) + ": " + why);
}

bool RowReader::next() {
  std::string_view line;
  if (!lines_.next(line)) return false;
  if (line.empty() && is_end_of_rows()) return false;
  split(line);
  read_time();
  return true;
}

bool RowReader::is_end_of_rows() {
  const std::string place = bytes().name() + ":" + std::to_string(line_number()) + ": ";
  std::string_view line;
  while (lines_.next(line)) {
    if (!line.empty()) throw CommandError(kExitData, place + "the line is empty, but more rows follow");
  }
  return true;
}

void RowReader::split(std::string_view line) {
  const char* next = line.data();
  const char* const end = next + line.size();
  std::size_t field = 0;
  for (; field < slots_.size(); ++field) {
    const auto* comma =
        static_cast<const char*>(std::memchr(next, ',', static_cast<std::size_t>(end - next)));
    const char* const field_end = comma != nullptr ? comma : end;
    if (slots_[field] != kIgnored) {
      fields_[slots_[field]] = std::string_view(next, static_cast<std::size_t>(field_end - next));
    }
    next = field_end + 1;
    if (comma == nullptr) break;
  }
  if (field + 1 == slots_.size()) return;
  const auto commas = std::count(line.begin(), line.end(), ',');
  fail(std::to_string(commas + 1) + " fields, but the header has " + std::to_string(slots_.size()));
}

void RowReader::read_time() {
  std::int64_t ts_ms = 0;
  const auto status = core::parse_decimal(text(Column::ts_ms), 0, ts_ms);
  if (status != core::DecimalStatus::ok) {
    fail(Column::ts_ms, "not a time in whole milliseconds since 1970 UTC, such as 1704067200000");
  }
  if (ts_ms < kTimeMinMs || ts_ms >= kTimeEndMs) {
    fail(Column::ts_ms, "not between the years 1900 and 2200; the unit is milliseconds since 1970 UTC");
  }
  if (ts_ms <= ts_ms_) {
    fail(Column::ts_ms,
         (ts_ms == ts_ms_ ? "the same time as of the row before"
                          : "earlier than the row before, which has " + std::to_string(ts_ms_)) +
             std::string("; rows must be in the order of time, each time once"));
  }
  ts_ms_ = ts_ms;
}

}  // namespace lockstep::tools
