// One run of `lockstep compute` in the test's own process.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/tools/temporary_folder.hpp"
#include "tools/compute_command.hpp"

namespace lockstep::test {

struct ComputeRun {
  int exit_code;
  std::string errors;
};

inline ComputeRun run_compute(const tools::ComputeOptions& options) {
  std::ostringstream errors;
  const int exit_code = tools::run_compute(options, errors);
  return {exit_code, errors.str()};
}

/// Fields of every line, the header first.
inline std::vector<std::vector<std::string>> csv_fields(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::vector<std::string>& row = rows.emplace_back(1);
    for (const char c : line) {
      if (c == ',') {
        row.emplace_back();
      } else {
        row.back() += c;
      }
    }
  }
  return rows;
}

}  // namespace lockstep::test
