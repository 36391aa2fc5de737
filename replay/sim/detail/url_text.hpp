// The target of a request line, taken apart.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace lockstep::sim {

using UrlQuery = std::map<std::string, std::string>;

struct UrlTarget {
  std::string path;
  UrlQuery query;  ///< a repeated key keeps its last value
};

/// Path and query with percent escapes resolved.
UrlTarget parsed_target(std::string_view target);

}  // namespace lockstep::sim
