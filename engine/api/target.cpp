#include "engine/api/target.hpp"

#include <utility>

#include "engine/api/utf8.hpp"

namespace lockstep::engine {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Splits off everything before the next separator; `rest` is what follows it.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return head;
}

bool parse_values(std::string_view text, std::vector<std::string>& values) {
  do {
    auto value = percent_decode(take_until(text, ','));
    if (!value) return false;
    values.push_back(std::move(*value));
  } while (!text.empty());
  return true;
}

bool parse_query(std::string_view text, std::vector<Parameter>& query) {
  while (!text.empty()) {
    std::string_view pair = take_until(text, '&');
    if (pair.empty()) continue;
    auto name = percent_decode(take_until(pair, '='));
    if (!name) return false;
    query.push_back({std::move(*name), {}});
    if (!parse_values(pair, query.back().values)) return false;
  }
  return true;
}

bool parse_path(std::string_view text, std::vector<std::string>& parts) {
  text.remove_prefix(1);
  while (!text.empty()) {
    auto part = percent_decode(take_until(text, '/'));
    if (!part) return false;
    parts.push_back(std::move(*part));
  }
  return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

std::optional<Target> Target::parse(std::string_view text) {
  if (text.empty() || text.front() != '/') return std::nullopt;
  text = text.substr(0, text.find('#'));
  std::string_view path = take_until(text, '?');
  Target target;
  if (!parse_path(path, target.parts) || !parse_query(text, target.query)) return std::nullopt;
  return target;
}

}  // namespace lockstep::engine
