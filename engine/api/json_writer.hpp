// Writes JSON text into a string. Small on purpose: the daemon's answers are written field by field, never
// built as a tree.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::engine {

/// Appends a JSON string with its quotes. Control characters are escaped; bytes that are not UTF-8 become
/// U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// Appends the shortest text that reads back to the same bits; null for NaN and the infinities, which JSON
/// does not have.
void append_json_number(std::string& out, double value);
/// Appends units * 10^-scale with exactly `scale` decimals: 4325110 at scale 2 is 43251.10. scale: 0 to 18.
void append_decimal(std::string& out, std::int64_t units, int scale);

/// Puts commas where they belong; the caller keeps begin and end balanced. `out` must outlive the writer. One
/// that starts inside an object (the text before it was written elsewhere) simply begins with a field.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return begin('{'); }
  JsonWriter& end_object() { return end('}'); }
  JsonWriter& begin_array() { return begin('['); }
  JsonWriter& end_array() { return end(']'); }

  /// `name` is a plain literal: it is not escaped.
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(double number);
  JsonWriter& value(bool is_true) { return raw(is_true ? "true" : "false"); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonWriter& value(T number) {
    return integer(static_cast<std::int64_t>(number), std::is_unsigned_v<T>);
  }
  JsonWriter& null() { return raw("null"); }
  /// Text that is JSON already: a value, or fields without their braces.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  JsonWriter& null_field(std::string_view name) { return key(name).null(); }
  /// A price or volume as decimal text, in quotes.
  JsonWriter& decimal_field(std::string_view name, std::int64_t units, int scale);

 private:
  JsonWriter& begin(char bracket);
  JsonWriter& end(char bracket);
  JsonWriter& integer(std::int64_t number, bool is_unsigned);
  void separate();

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace lockstep::engine
