#include "engine/audit/words.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

#include "incremental/detail/state_block.hpp"

namespace lockstep::engine::audit {
namespace {

using detail::StateBlock;

/// A part of the block, and how many words of it belong together.
struct Part {
  std::size_t begin, end;  // bytes
  const char* name;
};

constexpr Part kParts[] = {
    {offsetof(StateBlock, equity), offsetof(StateBlock, equity2), "layer 1 equity"},
    {offsetof(StateBlock, equity2), offsetof(StateBlock, held), "layer 2 equity"},
    {offsetof(StateBlock, held), offsetof(StateBlock, signal), "held signal"},
    {offsetof(StateBlock, signal), offsetof(StateBlock, eight), "family signal"},
    {offsetof(StateBlock, eight), offsetof(StateBlock, ninth), "average"},
    {offsetof(StateBlock, ninth), offsetof(StateBlock, sides), "average of a ninth member"},
    {offsetof(StateBlock, sides), offsetof(StateBlock, signs), "side of the averages"},
    {offsetof(StateBlock, signs), offsetof(StateBlock, digest), "sign of the members"},
    {offsetof(StateBlock, digest), offsetof(StateBlock, bars), "digest lane"},
    {offsetof(StateBlock, bars), offsetof(StateBlock, ts_last_ms), "bars"},
    {offsetof(StateBlock, ts_last_ms), offsetof(StateBlock, close), "ts_last_ms"},
    {offsetof(StateBlock, close), offsetof(StateBlock, price), "close"},
    {offsetof(StateBlock, price), offsetof(StateBlock, prefix), "price"},
    {offsetof(StateBlock, prefix), offsetof(StateBlock, ring_head), "prefix sum"},
    {offsetof(StateBlock, ring_head), offsetof(StateBlock, average), "ring head"},
    {offsetof(StateBlock, average), offsetof(StateBlock, direction), "average signal"},
    {offsetof(StateBlock, direction), sizeof(StateBlock), "last outputs"},
};

std::string name_of_word(std::size_t word) {
  const std::size_t at = word * sizeof(std::uint64_t);
  for (const Part& part : kParts) {
    if (at < part.begin || at >= part.end) continue;
    const std::string name = std::string("state: ") + part.name;
    if (part.end - part.begin == sizeof(std::uint64_t)) return name;
    return name + " " + std::to_string((at - part.begin) / sizeof(std::uint64_t));
  }
  return "state: window word " + std::to_string(word - sizeof(StateBlock) / sizeof(std::uint64_t));
}

std::vector<std::uint64_t> block_of(const AtcState& state) {
  std::vector<std::byte> bytes(state.bytes_size());
  state.to_bytes(bytes);
  const std::size_t size = state.params().state_bytes();
  std::vector<std::uint64_t> words(size / sizeof(std::uint64_t));
  std::memcpy(words.data(), bytes.data() + bytes.size() - size, words.size() * sizeof(std::uint64_t));
  return words;
}

template <class Words, class Name>
std::optional<WordDifference> compare(const Words& expected, const Words& actual, const Name& name) {
  for (std::size_t i = 0; i < expected.size() && i < actual.size(); ++i) {
    if (expected[i] != actual[i]) return WordDifference{name(i), expected[i], actual[i]};
  }
  if (expected.size() == actual.size()) return std::nullopt;
  return WordDifference{"size in words", expected.size(), actual.size()};
}

}  // namespace

std::vector<Word> words_of(const Outputs& out) {
  std::vector<Word> words = {{"average", std::bit_cast<std::uint64_t>(out.average)}};
  for (std::size_t f = 0; f < kFamilies; ++f)
    words.push_back({std::string(kFamilyNames[f]) + "_signal", std::bit_cast<std::uint64_t>(out.signal[f])});
  for (std::size_t f = 0; f < kFamilies; ++f)
    words.push_back({std::string(kFamilyNames[f]) + "_equity", std::bit_cast<std::uint64_t>(out.equity[f])});
  words.push_back({"growth", std::bit_cast<std::uint64_t>(out.growth)});
  words.push_back({"direction", static_cast<std::uint8_t>(out.direction)});
  words.push_back({"event", static_cast<std::uint8_t>(out.event)});
  return words;
}

std::optional<WordDifference> first_difference(const Outputs& expected, const Outputs& actual) {
  const auto want = words_of(expected), got = words_of(actual);
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (want[i].bits != got[i].bits) return WordDifference{want[i].field, want[i].bits, got[i].bits};
  }
  return std::nullopt;
}

std::optional<WordDifference> first_difference(const AtcState& expected, const AtcState& actual) {
  return compare(block_of(expected), block_of(actual), name_of_word);
}

}  // namespace lockstep::engine::audit
