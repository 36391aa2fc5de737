// What a feed's list of symbols asks for: names, patterns, the most traded ones. Pure.
#pragma once

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::feeds {

/// A symbol of a venue's list, and what was traded of it.
struct KnownSymbol {
  std::string symbol;
  bool is_trading = false;
  double quote_volume = 0;  ///< of the last 24 hours, in the quote currency; 0 where it was not asked for
};

/// `top:200`, or `top:50:*USDT`: so many of those that the pattern takes, the most traded first.
struct TopSymbols {
  int count = 0;
  std::string pattern;  ///< "*" where none is given
};

/// Inline: the configuration's library links no feeds. Nothing when `entry` is no such text; also for a count
/// outside 1 to 10,000.
inline std::optional<TopSymbols> parse_top(std::string_view entry) {
  constexpr std::string_view kTop = "top:";
  constexpr int kTopMax = 10'000;
  if (!entry.starts_with(kTop)) return std::nullopt;
  TopSymbols top;
  const char* const end = entry.data() + entry.size();
  const auto [stop, error] = std::from_chars(entry.data() + kTop.size(), end, top.count);
  if (error != std::errc{} || top.count < 1 || top.count > kTopMax) return std::nullopt;
  if (stop != end && (*stop != ':' || stop + 1 == end)) return std::nullopt;
  top.pattern = stop == end ? std::string("*") : std::string(stop + 1, end);
  return top;
}
/// It stands for more than the symbol of that name: it has * or ?, or begins with "top:".
inline bool is_symbol_pattern(std::string_view entry) {
  return entry.starts_with("top:") || entry.find_first_of("*?") != std::string_view::npos;
}
/// * is any text, ? any one byte; letters as they are.
bool matches(std::string_view pattern, std::string_view symbol);
/// The known name with the fewest changes from `name`, where that is few; empty otherwise. Of equal ones the
/// first.
std::string nearest_symbol(std::string_view name, std::span<const std::string> known);

struct ResolvedSymbols {
  std::vector<std::string> symbols;   ///< each once, in the order of the entries
  std::vector<std::string> findings;  ///< entries that match nothing, for people, escaped
};
/// Names stay as they are, known or not: what the venue does not list is rejected by name later. Patterns and
/// top take what trades.
ResolvedSymbols resolve_symbols(std::span<const std::string> entries, std::span<const KnownSymbol> known);

}  // namespace lockstep::feeds
