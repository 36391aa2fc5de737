// The target of a request: path parts and query parameters, percent-decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::engine {

/// Percent-decoding, once. Nothing when a % is not followed by two hexadecimal digits, or the result is not
/// UTF-8. A plus stays a plus: these are not HTML forms.
std::optional<std::string> percent_decode(std::string_view text);

/// One name=value of a query. A value may be a list: values=a,b gives {a, b}; a comma inside a value is
/// written %2C.
struct Parameter {
  std::string name;
  std::vector<std::string> values;
};

/// A target in origin form (`/v1/signals?limit=10`), taken apart before it is decoded: an encoded slash stays
/// in its part.
struct Target {
  std::vector<std::string> parts;  ///< of the path, without empty first and last ones
  std::vector<Parameter> query;

  /// Nothing when it does not start with a slash or is not decodable.
  static std::optional<Target> parse(std::string_view text);
};

}  // namespace lockstep::engine
