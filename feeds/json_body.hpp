// What every venue's REST parser needs: a body opened, rows walked, failures as texts.
#pragma once

#include <fmt/format.h>

#include <string>

#include "feeds/json_fields.hpp"
#include "feeds/net/escape.hpp"

namespace lockstep::feeds::json {

/// Walks an object body: visit(key, value) for every field, to its very end. `body` may grow in capacity.
template <class Visit>
ParseResult walk_body(simdjson::ondemand::parser& parser, std::string& body, Visit&& visit) {
  body.reserve(body.size() + kJsonPadding);
  return read_document<Object>(parser, body, "the body is an object",
                               [&](Object& object) { return for_each_field(object, visit); });
}

/// Walks an array body: visit(element) for every element, to its very end. `body` may grow in capacity.
template <class Visit>
ParseResult walk_list(simdjson::ondemand::parser& parser, std::string& body, Visit&& visit) {
  body.reserve(body.size() + kJsonPadding);
  return read_document<Array>(parser, body, "the body is an array",
                              [&](Array& elements) { return for_each_element(elements, visit); });
}

/// visit(element) for each element of an array value.
template <class Visit>
ParseResult walk_array(Value& value, const char* name, Visit&& visit) {
  Array elements;
  if (value.get_array().get(elements) != simdjson::SUCCESS) return wrong_type(name);
  return for_each_element(elements, visit);
}

/// visit(key, value) for each field of an object value.
template <class Visit>
ParseResult walk_object(Value& value, const char* name, Visit&& visit) {
  Object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return wrong_type(name);
  return for_each_field(object, visit);
}

/// For people: what was read, what was wrong with it, and how the body begins. Empty when it was fine.
inline std::string body_error(const char* what, const ParseResult& result, const std::string& body) {
  return result.is_ok() ? "" : fmt::format("{}: {}: '{}'", what, result.text(), net::escape(body));
}

}  // namespace lockstep::feeds::json
