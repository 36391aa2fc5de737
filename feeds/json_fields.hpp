// What every venue's parser needs of simdjson On-Demand: keys, raw decimal texts, failures by name.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::feeds {

enum class ParseStatus : std::uint8_t {
  ok,
  not_json,       ///< not one whole JSON value, or not UTF-8
  wrong_shape,    ///< JSON, but not the object or array that belongs there
  wrong_type,     ///< a needed field is of another type
  missing_field,  ///< a needed field is absent
  duplicate_key,  ///< a needed field is there twice: which one holds is anybody's guess
};

/// How a parse went. `field` names what was wrong, or for wrong_shape says it (static text).
struct ParseResult {
  ParseStatus status = ParseStatus::ok;
  const char* field = "";

  bool is_ok() const { return status == ParseStatus::ok; }
  /// For people: "missing field k.c".
  std::string text() const;
};

/// Bytes that must be readable behind a document given to a parser. Their content does not matter.
inline constexpr std::size_t kJsonPadding = simdjson::SIMDJSON_PADDING;

namespace json {

using Value = simdjson::ondemand::value;
using Object = simdjson::ondemand::object;
using Field = simdjson::ondemand::field;
using Array = simdjson::ondemand::array;

/// The key of a field, unescaped. False when it is no proper string.
inline bool read_key(Field& field, std::string_view& key) {
  const char* begin = field.key().raw();
  const char* end = begin;
  while (*end != '"' && *end != '\\') ++end;
  key = std::string_view(begin, static_cast<std::size_t>(end - begin));
  return *end == '"' || field.unescaped_key().get(key) == simdjson::SUCCESS;
}

/// The text of a string, or of a number as it stands (prices never pass through a double).
inline bool read_text(Value& value, std::string_view& text) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  if (token.size() >= 2 && token.front() == '"' && token.back() == '"') {
    text = token.substr(1, token.size() - 2);
    return text.find('\\') == std::string_view::npos || value.get_string().get(text) == simdjson::SUCCESS;
  }
  if (token.empty() || token.find_first_not_of("0123456789.+-eE") != std::string_view::npos) return false;
  text = token;
  return true;
}

/// A string only.
inline bool read_string(Value& value, std::string_view& text) {
  return value.raw_json_token().starts_with('"') && read_text(value, text);
}

inline bool read_int(Value& value, std::int64_t& number) {
  return value.get_int64().get(number) == simdjson::SUCCESS;
}

inline bool read_bool(Value& value, bool& flag) {
  return value.get_bool().get(flag) == simdjson::SUCCESS;
}

/// Remembers which needed fields were met, by bit.
class SeenFields {
 public:
  /// False when it was met before.
  bool add(unsigned bit) {
    const bool is_new = (seen_ & (1U << bit)) == 0;
    seen_ |= 1U << bit;
    return is_new;
  }
  bool has(unsigned bit) const { return (seen_ & (1U << bit)) != 0; }

 private:
  std::uint32_t seen_ = 0;
};

/// Nothing but blanks follows the outermost value, which has been walked to its end.
inline bool is_at_end(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

/// Calls visit(key, value) for every field until one is not ok.
template <class Visit>
ParseResult for_each_field(Object& object, Visit&& visit) {
  for (auto item : object) {
    Field field;
    std::string_view key;
    if (std::move(item).get(field) != simdjson::SUCCESS || !read_key(field, key))
      return {ParseStatus::not_json, ""};
    const ParseResult result = visit(key, field.value());
    if (!result.is_ok()) return result;
  }
  return {};
}

/// Calls visit(value) for every element until one is not ok.
template <class Visit>
ParseResult for_each_element(Array& elements, Visit&& visit) {
  for (auto item : elements) {
    Value value;
    if (std::move(item).get(value) != simdjson::SUCCESS) return {ParseStatus::not_json, ""};
    const ParseResult result = visit(value);
    if (!result.is_ok()) return result;
  }
  return {};
}

}  // namespace json
}  // namespace lockstep::feeds
