// The golden pairs of the shared folder: a series, a configuration, and the outputs that an outside program
// gave.
#pragma once

#include <string>
#include <vector>

#include "incremental/bar.hpp"
#include "incremental/config.hpp"

namespace lockstep::test {

struct GoldenPair {
  std::string name;  ///< SERIES__CONFIG
  AtcConfig config;
  int price_scale = 0;
  std::string bars_path;
  std::string outputs_path;
  std::string events_path;    ///< golden/ only
  std::string averages_path;  ///< golden_tv/ only: the file with columns of averages
};

/// golden/: to be met to the bit.
std::vector<GoldenPair> golden_pairs();
/// golden_tv/: outputs_path is the exact_windows file where there is one.
std::vector<GoldenPair> golden_tv_pairs();

/// Bars of ts_ms,open,high,low,close,volume. Throws std::runtime_error naming file and row on a price that is
/// not a whole number of 10^-price_scale.
std::vector<BarTicks> read_bars(const std::string& path, int price_scale);

/// A double of an output file; empty and nan are undefined.
double parse_output(const std::string& text);

}  // namespace lockstep::test
