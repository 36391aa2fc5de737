// Letters without regard to case, in ASCII only: host names, schemes, names of states.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace lockstep::engine {

inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

}  // namespace lockstep::engine
