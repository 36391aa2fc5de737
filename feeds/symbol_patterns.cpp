#include "feeds/symbol_patterns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "feeds/net/escape.hpp"

namespace lockstep::feeds {
namespace {

/// Levenshtein distance, or more than `most` where it is that.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  const std::size_t longer = std::max(a.size(), b.size());
  if (longer - std::min(a.size(), b.size()) > most) return most + 1;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({changed, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

/// The letters of a pattern or name, for looking for what was meant.
std::string without_wildcards(std::string_view entry) {
  std::string text(entry);
  std::erase_if(text, [](char c) { return c == '*' || c == '?'; });
  return text;
}

class Resolver {
 public:
  explicit Resolver(std::span<const KnownSymbol> known) : known_(known) {}

  void take(const std::string& entry) {
    if (const auto top = parse_top(entry)) return take_top(entry, *top);
    if (!is_symbol_pattern(entry)) return add(entry);
    std::vector<const KnownSymbol*> found = trading(entry);
    if (found.empty()) nothing(entry, entry);
    for (const KnownSymbol* symbol : found) add(symbol->symbol);
  }

  ResolvedSymbols result;

 private:
  std::vector<const KnownSymbol*> trading(std::string_view pattern) const {
    std::vector<const KnownSymbol*> found;
    for (const KnownSymbol& symbol : known_) {
      if (symbol.is_trading && matches(pattern, symbol.symbol)) found.push_back(&symbol);
    }
    std::sort(found.begin(), found.end(),
              [](const KnownSymbol* a, const KnownSymbol* b) { return a->symbol < b->symbol; });
    return found;
  }

  void take_top(const std::string& entry, const TopSymbols& top) {
    std::vector<const KnownSymbol*> found = trading(top.pattern);
    if (found.empty()) return nothing(entry, top.pattern);
    // By name where as much was traded, so that the choice does not depend on the order of the list.
    std::stable_sort(found.begin(), found.end(), [](const KnownSymbol* a, const KnownSymbol* b) {
      return a->quote_volume > b->quote_volume;
    });
    if (found.size() > static_cast<std::size_t>(top.count)) found.resize(static_cast<std::size_t>(top.count));
    for (const KnownSymbol* symbol : found) add(symbol->symbol);
  }

  void add(const std::string& symbol) {
    std::vector<std::string>& all = result.symbols;
    if (std::find(all.begin(), all.end(), symbol) == all.end()) all.push_back(symbol);
  }

  void nothing(const std::string& entry, std::string_view pattern) {
    std::vector<std::string> names;
    for (const KnownSymbol& symbol : known_) {
      if (symbol.is_trading) names.push_back(symbol.symbol);
    }
    const std::string nearest = nearest_symbol(without_wildcards(pattern), names);
    result.findings.push_back(
        fmt::format("'{}' matches none of the {} symbols that trade{}", net::escape(entry), names.size(),
                    nearest.empty() ? "" : fmt::format("; '{}' is near", net::escape(nearest))));
  }

  std::span<const KnownSymbol> known_;
};

}  // namespace

bool matches(std::string_view pattern, std::string_view symbol) {
  std::size_t p = 0, s = 0, star = std::string_view::npos, retry = 0;
  while (s < symbol.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = s;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == symbol[s])) {
      ++p, ++s;
    } else if (star != std::string_view::npos) {
      p = star + 1;  // the last star takes one byte more
      s = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string nearest_symbol(std::string_view name, std::span<const std::string> known) {
  std::size_t most = std::max<std::size_t>(2, name.size() / 3);
  std::string nearest;
  for (const std::string& other : known) {
    const std::size_t changes = distance(name, other, most);
    if (changes > most) continue;
    nearest = other;
    if (changes == 0) break;
    most = changes - 1;
  }
  return nearest;
}

ResolvedSymbols resolve_symbols(std::span<const std::string> entries, std::span<const KnownSymbol> known) {
  Resolver resolver(known);
  for (const std::string& entry : entries) resolver.take(entry);
  return std::move(resolver.result);
}

}  // namespace lockstep::feeds
