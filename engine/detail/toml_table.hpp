// One table of a TOML file, read key by key: every value checked for type and range, every mistake named with
// its place.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::engine::detail {

/// A text of a list, and the node it came from.
struct ListedText {
  std::string text;
  const toml::node* node;
};

/// Each read function leaves its target alone when the key is absent, and remembers that the key is known.
/// Every error is a ConfigError "FILE:LINE: [TITLE] KEY = VALUE: what would be right". Lives as long as
/// `file` and `table` do.
class TomlTable {
 public:
  /// `table` null stands for an absent (empty) table.
  TomlTable(std::string_view file, std::string_view title, const toml::table* table)
      : file_(file), title_(title), table_(table) {}

  bool has(std::string_view key) const { return find(key) != nullptr; }

  template <class Integer>
  void integer(std::string_view key, std::int64_t low, std::int64_t high, Integer& out) {
    if (const auto value = integer(key, low, high)) out = static_cast<Integer>(*value);
  }
  /// A finite number; whole numbers will do.
  void number(std::string_view key, double& out);
  void boolean(std::string_view key, bool& out);
  void text(std::string_view key, std::string& out);
  /// A text that is one of `choices`; gives its index.
  std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> choices,
                                    bool any_case = false);
  /// A list of texts, none of them twice; nothing when the key is absent.
  std::optional<std::vector<ListedText>> texts(std::string_view key);
  /// A text, or one of TOML's own dates and times as it would be written.
  std::optional<std::string> text_or_time(std::string_view key);

  /// The tables of [[TITLE.key]]; none when the key is absent.
  std::vector<const toml::table*> tables(std::string_view key);
  std::string_view file() const { return file_; }

  /// Throws for the value of `key` (or for the table itself when the key is absent).
  [[noreturn]] void fail(std::string_view key, std::string_view what) const;
  /// Throws for `node`, a value of `key` or a member of it.
  [[noreturn]] void fail(std::string_view key, const toml::node& node, std::string_view what) const;
  /// As fail(), without showing the value, which is a secret.
  [[noreturn]] void fail_secret(std::string_view key, std::string_view what) const;

  /// Throws for the first key that no read function asked for; suggests the nearest one that was.
  /// `known_elsewhere`: the keys of the whole file, as "table.key".
  void refuse_unknown(std::span<const std::string> known_elsewhere) const;

  const std::vector<std::string>& known() const { return known_; }
  /// "FILE:LINE: " of the value of `key`, or of the table itself when the key is absent (or none is named).
  std::string place(std::string_view key = {}) const;

 private:
  const toml::node* find(std::string_view key) const;
  const toml::node* ask(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high);
  std::string label(std::string_view key) const;

  std::string_view file_;
  std::string_view title_;
  const toml::table* table_;
  std::vector<std::string> known_;
};

/// "FILE:LINE: " (without the line where it is not known).
std::string place_text(std::string_view file, const toml::source_region& source);

/// The one of `known` with the fewest typing mistakes against `word`; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string> known);

/// `text` in quotes for a message: control characters escaped, cut after 80 characters.
std::string in_quotes(std::string_view text);

}  // namespace lockstep::engine::detail
