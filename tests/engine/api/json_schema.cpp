#include "tests/engine/api/json_schema.hpp"

#include <algorithm>
#include <set>

namespace lockstep::engine::test {
namespace {

using Json = nlohmann::json;

bool is_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  return type == "null" && value.is_null();
}

bool has_type(const Json& value, const Json& types) {
  if (types.is_string()) return is_type(value, types);
  return std::any_of(types.begin(), types.end(), [&](const Json& type) { return is_type(value, type); });
}

std::string object_problem(const Json& document, const Json& schema, const Json& value,
                           const std::string& place) {
  for (const Json& name : schema.value("required", Json::array())) {
    if (!value.contains(name)) return place + " lacks " + name.get<std::string>();
  }
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [name, each] : value.items()) {
    if (!properties.contains(name)) {
      if (schema.value("additionalProperties", true)) continue;
      return place + "/" + name + " is not documented";
    }
    const std::string problem = schema_problem(document, properties[name], each, place + "/" + name);
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace

std::string schema_problem(const Json& document, const Json& schema, const Json& value,
                           const std::string& place) {
  static const std::set<std::string> kKnown = {
      "$ref",  "type", "properties", "required",   "additionalProperties",
      "items", "enum", "oneOf",      "description"};
  for (const auto& [keyword, ignored] : schema.items()) {
    if (kKnown.count(keyword) == 0) return place + ": this test does not know the keyword " + keyword;
  }
  if (schema.contains("$ref")) {
    const Json::json_pointer pointer(schema["$ref"].get<std::string>().substr(1));
    return schema_problem(document, document.at(pointer), value, place);
  }
  if (schema.contains("oneOf")) {
    std::string problems;
    for (const Json& each : schema["oneOf"]) {
      const std::string problem = schema_problem(document, each, value, place);
      if (problem.empty()) return {};
      problems += (problems.empty() ? "" : "; or ") + problem;
    }
    return problems;
  }
  if (schema.contains("type") && !has_type(value, schema["type"]))
    return place + " is " + value.dump() + ", not " + schema["type"].dump();
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    return place + " is " + value.dump() + ", not one of " + schema["enum"].dump();
  if (value.is_object()) return object_problem(document, schema, value, place);
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      const std::string problem =
          schema_problem(document, schema["items"], value[i], place + "/" + std::to_string(i));
      if (!problem.empty()) return problem;
    }
  }
  return {};
}

}  // namespace lockstep::engine::test
