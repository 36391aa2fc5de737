// Outputs and states as named 64-bit words, to say where two of them differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "incremental/state.hpp"

namespace lockstep::engine::audit {

struct Word {
  std::string field;
  std::uint64_t bits = 0;
};

/// Every field of an output by the name that `lockstep compute` gives its column.
std::vector<Word> words_of(const Outputs& out);

/// A field, and what it was and should have been.
struct WordDifference {
  std::string field;
  std::uint64_t expected = 0;
  std::uint64_t actual = 0;
};

std::optional<WordDifference> first_difference(const Outputs& expected, const Outputs& actual);
/// Of two states with the same parameters, word by word; what is not a named value is "state word N".
std::optional<WordDifference> first_difference(const AtcState& expected, const AtcState& actual);

}  // namespace lockstep::engine::audit
