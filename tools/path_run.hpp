// The ways by which bars become outputs, and how two of them are compared.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "incremental/anchored_state.hpp"
#include "kernels/batch.hpp"

namespace lockstep::tools {

/// What all paths are given.
struct PathInput {
  std::shared_ptr<const AtcParams> params;
  std::vector<BarTicks> bars;
  Anchor anchor;
  std::int64_t interval_ms = 1;
};

/// What a path gave. Of a path that refuses a bar, `outputs` ends before it.
struct PathRun {
  std::vector<Outputs> outputs;
  Status status = Status::ok;
  Digest digest;  ///< over all bars and outputs
  double seconds = 0;
  std::int64_t bars_computed = 0;  ///< in those seconds
  std::string failure;             ///< not empty: the path did not run, and why
};

struct Path {
  std::string name;
  std::function<PathRun(const PathInput&)> run;
};

/// Every path that this machine and build have; the first one is the definition.
std::vector<Path> verify_paths();

/// Where two runs differ.
struct Divergence {
  std::int64_t bits = 0;  ///< over all bars and fields
  // The first one.
  std::int64_t bar = -1;  ///< -1: none
  std::string field;
  std::uint64_t expected = 0;
  std::uint64_t actual = 0;
};
Divergence compare(const PathRun& expected, const PathRun& actual);

}  // namespace lockstep::tools
