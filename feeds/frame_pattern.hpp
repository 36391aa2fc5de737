// The frame that a venue sends all day, recognised in one pass over its bytes.
//
// A guess, and the fast half of parsing: a frame that is letter by letter of the pattern's form is read here;
// any other one, right or wrong, is left to the venue's parser, which alone decides. Both must read the same
// from a frame that both understand: tests and fuzzers compare them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lockstep::feeds {

/// The form of a frame: literal text with places in it.
///   $  what may stand in a string: letters, digits and . : / @ + - _, at least one character
///   #  what may stand for a number: digits and points, at least one character
///   ~  a blank or none
template <std::size_t N>
struct FramePattern {
  char text[N]{};

  consteval FramePattern(const char (&literal)[N]) {  // NOLINT: a literal is meant to become one by itself
    for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
  }
  static constexpr std::size_t size() { return N - 1; }
  static constexpr bool is_mark(char c) { return c == '$' || c == '#' || c == '~'; }
  constexpr std::size_t places() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < size(); ++i) count += text[i] == '$' || text[i] == '#';
    return count;
  }
  /// How many characters of literal text begin at `at`.
  constexpr std::size_t literal_size(std::size_t at) const {
    std::size_t end = at;
    while (end < size() && !is_mark(text[end])) ++end;
    return end - at;
  }
};

namespace detail {

inline constexpr std::uint8_t kNumberBit = 1, kTextBit = 2;
inline constexpr auto kPlaceBits = [] {
  std::array<std::uint8_t, 256> bits{};
  for (const char c : std::string_view("0123456789."))
    bits[static_cast<unsigned char>(c)] = kNumberBit | kTextBit;
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:/@+-_")) {
    bits[static_cast<unsigned char>(c)] = kTextBit;
  }
  return bits;
}();

template <FramePattern kPattern, std::size_t kAt, std::size_t kPlace>
[[gnu::always_inline]] inline bool match_from(const char* at, const char* end, std::string_view* places) {
  if constexpr (kAt == kPattern.size()) {
    return at == end;
  } else if constexpr (kPattern.text[kAt] == '~') {
    at += at != end && *at == ' ' ? 1 : 0;
    return match_from<kPattern, kAt + 1, kPlace>(at, end, places);
  } else if constexpr (kPattern.is_mark(kPattern.text[kAt])) {
    constexpr std::uint8_t kBit = kPattern.text[kAt] == '#' ? kNumberBit : kTextBit;
    const char* stop = at;
    while (stop != end && (kPlaceBits[static_cast<unsigned char>(*stop)] & kBit) != 0) ++stop;
    if (stop == at) return false;
    places[kPlace] = std::string_view(at, static_cast<std::size_t>(stop - at));
    return match_from<kPattern, kAt + 1, kPlace + 1>(stop, end, places);
  } else {
    constexpr std::size_t kSize = kPattern.literal_size(kAt);
    if (static_cast<std::size_t>(end - at) < kSize || std::memcmp(at, kPattern.text + kAt, kSize) != 0) {
      return false;
    }
    return match_from<kPattern, kAt + kSize, kPlace>(at + kSize, end, places);
  }
}

}  // namespace detail

/// Whether the whole of `frame` has the form; then `places` holds the text of each $ and #, in order.
template <FramePattern kPattern>
bool match_frame(std::string_view frame, std::array<std::string_view, kPattern.places()>& places) {
  return detail::match_from<kPattern, 0, 0>(frame.data(), frame.data() + frame.size(), places.data());
}

/// A plain integer of at most 18 digits, as JSON writes it. False for anything else, right or wrong.
inline bool read_plain_int(std::string_view text, std::int64_t& number) {
  if (text.empty() || text.size() > 18 || (text[0] == '0' && text.size() > 1)) return false;
  std::int64_t sum = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    sum = sum * 10 + (c - '0');
  }
  number = sum;
  return true;
}

}  // namespace lockstep::feeds
