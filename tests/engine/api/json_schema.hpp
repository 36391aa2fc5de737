// Holds a JSON value against the part of JSON Schema that docs/openapi.json and docs/asyncapi.json use.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lockstep::engine::test {

/// Empty when `value` is what `schema` says, else the place and what is wrong there. `$ref`s are looked up in
/// `document`. A keyword that is not known here is an error: it would be checked by nobody.
std::string schema_problem(const nlohmann::json& document, const nlohmann::json& schema,
                           const nlohmann::json& value, const std::string& place = "");

}  // namespace lockstep::engine::test
