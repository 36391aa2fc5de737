#include "engine/api/json_writer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>

#include "engine/api/utf8.hpp"

namespace lockstep::engine {
namespace {

void append_escape(std::string& out, unsigned char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
  }
}

bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (is_plain(byte)) {
      out += text[i++];
    } else if (byte < 0x80) {
      append_escape(out, byte);
      ++i;
    } else if (const std::size_t length = utf8_sequence_bytes(text.substr(i)); length != 0) {
      out += text.substr(i, length);
      i += length;
    } else {
      out += "\xef\xbf\xbd";
      ++i;
    }
  }
  out += '"';
}

void append_json_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char text[32];  // the longest shortest form has 24 characters
  const auto result = std::to_chars(text, std::end(text), value);
  out.append(text, result.ptr);
}

void append_decimal(std::string& out, std::int64_t units, int scale) {
  char text[24];
  const auto result = std::to_chars(text, std::end(text), units);
  std::string_view digits(text, static_cast<std::size_t>(result.ptr - text));
  if (digits.front() == '-') {
    out += '-';
    digits.remove_prefix(1);
  }
  const auto decimals = static_cast<std::size_t>(scale);
  if (decimals == 0) {
    out += digits;
  } else if (digits.size() > decimals) {
    out += digits.substr(0, digits.size() - decimals);
    out += '.';
    out += digits.substr(digits.size() - decimals);
  } else {
    out += "0.";
    out.append(decimals - digits.size(), '0');
    out += digits;
  }
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  separate();
  append_json_number(out_, number);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::decimal_field(std::string_view name, std::int64_t units, int scale) {
  key(name);
  separate();
  out_ += '"';
  append_decimal(out_, units, scale);
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::begin(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t number, bool is_unsigned) {
  separate();
  char text[24];
  const auto result = is_unsigned ? std::to_chars(text, std::end(text), static_cast<std::uint64_t>(number))
                                  : std::to_chars(text, std::end(text), number);
  out_.append(text, result.ptr);
  return *this;
}

void JsonWriter::separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

}  // namespace lockstep::engine
