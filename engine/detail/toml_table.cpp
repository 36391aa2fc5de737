#include "engine/detail/toml_table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <sstream>

#include "engine/config.hpp"

namespace lockstep::engine::detail {
namespace {

constexpr std::size_t kShownCharactersMax = 80;

/// A value as it would be written in the file, or what it is when it is long.
std::string shown(const toml::node& node) {
  if (node.is_string()) return in_quotes(node.as_string()->get());
  if (node.is_array()) return "(a list)";
  if (node.is_table()) return "(a table)";
  std::ostringstream out;
  node.visit([&](const auto& value) {
    if constexpr (toml::is_value<decltype(value)>) out << value;
  });
  return out.str();
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + cost});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

template <class Texts>
std::string joined(const Texts& texts) {
  std::string result;
  for (const auto& text : texts) result.append(result.empty() ? "" : ", ").append(text);
  return result;
}

std::string plain_name(std::string_view title) {
  title.remove_prefix(std::min(title.find_first_not_of('['), title.size()));
  return std::string(title.substr(0, title.find(']')));
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text.substr(0, kShownCharactersMax)) {
    if (c == '"' || c == '\\') {
      result.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04X", static_cast<unsigned>(c));
      result += escaped;
    } else {
      result += c;
    }
  }
  return result + (text.size() > kShownCharactersMax ? "...\"" : "\"");
}

std::string place_text(std::string_view file, const toml::source_region& source) {
  std::string place(file);
  if (source.begin.line > 0) place.append(":").append(std::to_string(source.begin.line));
  return place + ": ";
}

std::string_view nearest(std::string_view word, std::span<const std::string> known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  if (word.size() > kShownCharactersMax) return best;
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(lower(word), candidate);
    // Everything typed anew is not a typing mistake.
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best_distance = distance;
    best = candidate;
  }
  return best;
}

std::string TomlTable::place(std::string_view key) const {
  if (const toml::node* node = find(key)) return place_text(file_, node->source());
  return place_text(file_, table_ != nullptr ? table_->source() : toml::source_region{});
}

std::string TomlTable::label(std::string_view key) const {
  return std::string(title_).append(" ").append(key);
}

const toml::node* TomlTable::find(std::string_view key) const {
  return table_ != nullptr ? table_->get(key) : nullptr;
}

const toml::node* TomlTable::ask(std::string_view key) {
  known_.emplace_back(key);
  return find(key);
}

void TomlTable::fail(std::string_view key, const toml::node& node, std::string_view what) const {
  throw ConfigError(place_text(file_, node.source()) + label(key) + " = " + shown(node) + ": " +
                    std::string(what));
}

void TomlTable::fail(std::string_view key, std::string_view what) const {
  if (const toml::node* node = find(key)) fail(key, *node, what);
  throw ConfigError(place() + label(key) + ": " + std::string(what));
}

void TomlTable::fail_secret(std::string_view key, std::string_view what) const {
  throw ConfigError(place(key) + label(key) + ": " + std::string(what));
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const toml::node* node = ask(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value == nullptr || value->get() < low || value->get() > high) {
    fail(key, *node, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value->get();
}

void TomlTable::number(std::string_view key, double& out) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  if (const auto* whole = node->as_integer()) {
    out = static_cast<double>(whole->get());
  } else if (const auto* value = node->as_floating_point(); value != nullptr && std::isfinite(value->get())) {
    out = value->get();
  } else {
    fail(key, *node, "must be a finite number, such as 0.02 (without quotes)");
  }
}

void TomlTable::boolean(std::string_view key, bool& out) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  if (!node->is_boolean()) fail(key, *node, "must be true or false (without quotes)");
  out = node->as_boolean()->get();
}

void TomlTable::text(std::string_view key, std::string& out) {
  const toml::node* node = ask(key);
  if (node == nullptr) return;
  if (!node->is_string()) fail(key, *node, "must be a text in quotes");
  if (node->as_string()->get().find('\0') != std::string::npos)
    fail(key, *node, "must not hold a NUL character");
  out = node->as_string()->get();
}

std::optional<std::size_t> TomlTable::choice(std::string_view key, std::span<const std::string_view> choices,
                                             bool any_case) {
  const toml::node* node = ask(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_string()) {
    const std::string& given = node->as_string()->get();
    const auto found = std::find(choices.begin(), choices.end(), any_case ? lower(given) : given);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  }
  fail(key, *node, "must be one of (in quotes): " + joined(choices));
}

std::optional<std::vector<ListedText>> TomlTable::texts(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_array()) fail(key, *node, "must be a list of texts, such as [\"a\", \"b\"]");
  std::vector<ListedText> list;
  for (const toml::node& member : *node->as_array()) {
    if (!member.is_string()) fail(key, member, "every member of the list must be a text in quotes");
    const std::string& text = member.as_string()->get();
    const auto is_same = [&](const ListedText& other) { return other.text == text; };
    if (std::any_of(list.begin(), list.end(), is_same)) fail(key, member, "is in the list twice; remove one");
    list.push_back({text, &member});
  }
  return list;
}

std::optional<std::string> TomlTable::text_or_time(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_string()) return node->as_string()->get();
  if (node->is_date() || node->is_date_time()) return shown(*node);
  fail(key, *node, "must be a text in quotes");
}

std::vector<const toml::table*> TomlTable::tables(std::string_view key) {
  const toml::node* node = ask(key);
  if (node == nullptr) return {};
  if (!node->is_array_of_tables()) {
    fail(
        key, *node,
        "must be tables: write [[" + plain_name(title_) + "." + std::string(key) + "]] on a line of its own");
  }
  std::vector<const toml::table*> tables;
  for (const toml::node& member : *node->as_array()) tables.push_back(member.as_table());
  return tables;
}

void TomlTable::refuse_unknown(std::span<const std::string> known_elsewhere) const {
  if (table_ == nullptr) return;
  for (const auto& [key, value] : *table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) != known_.end()) continue;
    // The value is not shown: it might be a token under a mistyped key.
    std::string text =
        place_text(file_, key.source()) + std::string(title_) + " has no key " + in_quotes(key.str());
    if (const auto near = nearest(key.str(), known_); !near.empty()) {
      throw ConfigError(text + "; did you mean " + in_quotes(near) + "?");
    }
    for (const std::string& known : known_elsewhere) {
      const std::size_t dot = known.rfind('.');
      if (known.substr(dot + 1) == key.str()) text += "; [" + known.substr(0, dot) + "] has one";
    }
    throw ConfigError(text + "; the keys of [" + plain_name(title_) + "] are: " + joined(known_));
  }
}

}  // namespace lockstep::engine::detail
