// What every venue's parser needs of simdjson On-Demand: keys, raw decimal texts, failures by name.
#pragma once

#include <simdjson.h>

#include <charconv>
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
  if (token.empty()) return false;
  for (const char c : token) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') return false;
  }
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

/// An integer, as a number or as a string of digits.
inline bool read_int_text(Value& value, std::int64_t& number) {
  std::string_view text;
  if (!read_text(value, text)) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end;
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

inline constexpr ParseResult kOk{};
inline constexpr ParseResult kNotJson{ParseStatus::not_json, ""};
constexpr ParseResult wrong_type(const char* field) {
  return {ParseStatus::wrong_type, field};
}
constexpr ParseResult wrong_shape(const char* what) {
  return {ParseStatus::wrong_shape, what};
}
constexpr ParseResult missing(const char* field) {
  return {ParseStatus::missing_field, field};
}
constexpr ParseResult duplicate(const char* field) {
  return {ParseStatus::duplicate_key, field};
}

/// One needed field: its place in SeenFields, its name in messages, and how it is read.
template <class Target, class Read>
ParseResult take(SeenFields& seen, unsigned bit, const char* name, Value& value, Target& target,
                 Read&& read) {
  if (!seen.add(bit)) return duplicate(name);
  return read(value, target) ? kOk : wrong_type(name);
}

/// The first `needed` of `names` were met, their bits being their places in the list.
template <std::size_t N>
ParseResult all_seen(const SeenFields& seen, const char* const (&names)[N], std::size_t needed = N) {
  for (unsigned bit = 0; bit < needed; ++bit) {
    if (!seen.has(bit)) return missing(names[bit]);
  }
  return kOk;
}

/// Length and first character of a key in one number, to switch on; the key itself must still be compared.
constexpr unsigned key_tag(std::string_view key) {
  return key.empty() ? 0 : static_cast<unsigned>(key.size()) << 8 | static_cast<unsigned char>(key[0]);
}

/// Opens the text of a document as its outermost value, an Object or an Array; `what` says which belongs
/// there. kJsonPadding readable bytes must follow `bytes`.
template <class Outer>
[[gnu::always_inline]] inline ParseResult open(simdjson::ondemand::parser& parser, std::string_view bytes,
                                               const char* what, simdjson::ondemand::document& document,
                                               Outer& outer) {
  if (parser.iterate(bytes, bytes.size() + kJsonPadding).get(document) != simdjson::SUCCESS) return kNotJson;
  const simdjson::error_code error = document.get(outer);
  if (error == simdjson::INCORRECT_TYPE) return wrong_shape(what);
  return error == simdjson::SUCCESS ? kOk : kNotJson;
}

/// Nothing but blanks follows the outermost value, which has been walked to its end.
inline bool is_at_end(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

/// Opens a document as open() does, and has it walked to its end by read(outer); nothing may follow.
template <class Outer, class Read>
[[gnu::always_inline]] inline ParseResult read_document(simdjson::ondemand::parser& parser,
                                                        std::string_view bytes, const char* what,
                                                        Read&& read) {
  simdjson::ondemand::document document;
  Outer outer;
  ParseResult result = open(parser, bytes, what, document, outer);
  if (result.is_ok()) result = read(outer);
  return result.is_ok() && !is_at_end(document) ? kNotJson : result;
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

/// The value of field `name` of an object that has been walked already: it came before what says what it is.
template <class Visit>
ParseResult read_again(Object& object, std::string_view name, Visit&& visit) {
  if (object.reset().error() != simdjson::SUCCESS) return kNotJson;
  return for_each_field(object, [&](std::string_view key, Value& value) -> ParseResult {
    return key == name ? visit(value) : kOk;
  });
}

/// Walks an object of which the fields `names` are taken. visit(key, field) for every field, where
/// field(place, target, read) takes its value if it is names[place]. The first `needed` must have been there.
template <std::size_t N, class Visit>
ParseResult walk_fields(Object& object, const char* const (&names)[N], Visit&& visit,
                        std::size_t needed = N) {
  SeenFields seen;
  const ParseResult result = for_each_field(object, [&](std::string_view key, Value& value) {
    return visit(key, [&](unsigned place, auto& target, auto&& read) {
      return key == names[place] ? take(seen, place, names[place], value, target, read) : kOk;
    });
  });
  return result.is_ok() ? all_seen(seen, names, needed) : result;
}

/// walk_fields() of a value that must be an object; `what` says so.
template <std::size_t N, class Visit>
ParseResult walk_row(Value& value, const char* what, const char* const (&names)[N], Visit&& visit,
                     std::size_t needed = N) {
  Object row;
  if (value.get_object().get(row) != simdjson::SUCCESS) return wrong_shape(what);
  return walk_fields(row, names, visit, needed);
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
