// What an audit or a verification has found, in text and JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "incremental/bar.hpp"

namespace lockstep::engine::audit {

/// The first place at which two ways of computing a series differ.
struct Difference {
  std::string series;    ///< venue symbol interval, or a file
  std::string found_in;  ///< what differs: "recorded digest", "live state", "avx512", ...
  std::string against;   ///< what it should be equal to
  std::int64_t bar = 0;  ///< index among the bars; their count: after the last
  std::int64_t ts_open_ms = 0;
  std::uint64_t record = 0;  ///< of the journal, 0: none
  std::string field;
  std::uint64_t expected = 0;  ///< bit patterns
  std::uint64_t actual = 0;
  int price_scale = 0;
  std::vector<BarTicks> inputs;  ///< the bars up to it, ticks, oldest first
  /// Nothing that was published for bars before is wrong; for those from here on it may be. The venue's ms.
  std::int64_t wrong_from_ms = 0;
};

/// Bars of context that a report shows.
inline constexpr std::size_t kInputsShown = 20;
/// The last of `bars` up to and with index `bar`.
std::vector<BarTicks> inputs_of(std::span<const BarTicks> bars, std::int64_t bar,
                                std::size_t count = kInputsShown);

/// One line.
std::string summary(const Difference& difference);
/// That line and the inputs.
std::string to_text(const Difference& difference);
/// One JSON object, bit patterns as 16 hexadecimal digits.
std::string to_json(const Difference& difference);

}  // namespace lockstep::engine::audit
