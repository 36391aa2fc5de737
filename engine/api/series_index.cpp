#include "engine/api/series_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/api/ascii.hpp"
#include "engine/api/json_writer.hpp"

namespace lockstep::engine {
namespace {

constexpr std::size_t kNearbyMax = 3;
// Longer names are not compared: a request must stay cheap whatever it asks for.
constexpr std::size_t kComparedBytesMax = 32;

// A name can hold any UTF-8 text, so the parts are joined by a byte that no UTF-8 text has.
std::string joined(std::string_view venue, std::string_view symbol, std::string_view interval) {
  return fmt::format("{}\xff{}\xff{}", venue, symbol, interval);
}

/// Levenshtein distance without regard to case.
std::size_t distance(std::string_view a, std::string_view b) {
  if (a.size() > kComparedBytesMax || b.size() > kComparedBytesMax) return kComparedBytesMax + 1;
  std::size_t row[kComparedBytesMax + 1];
  std::iota(row, row + b.size() + 1, std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

using Scored = std::pair<std::size_t, std::string>;

std::string best_of(std::vector<Scored> candidates) {
  const std::size_t count = std::min(kNearbyMax, candidates.size());
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count),
                    candidates.end());
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += fmt::format("{}{}", i == 0 ? "" : ", ", candidates[i].second);
  return out;
}

}  // namespace

std::string canonical_interval(std::string_view text) {
  const auto interval = core::Interval::parse(text);
  return interval ? interval->text() : std::string(text);
}

SeriesIndex::SeriesIndex(const core::Catalog& catalog) : catalog_(catalog) {
  for (const core::Series& series : catalog.series()) add(series);
}

void SeriesIndex::add(const core::Series& series) {
  const std::string interval = series.interval.text();
  by_name_.emplace(joined(series.venue, series.symbol, interval), series.id);
  venues_.insert(series.venue);
  symbols_.insert(series.symbol);
  intervals_.insert(interval);
  std::string fields;
  JsonWriter(fields).field("venue", series.venue).field("symbol", series.symbol).field("interval", interval);
  name_fields_.push_back(std::move(fields));
}

std::optional<core::SeriesId> SeriesIndex::find(std::string_view venue, std::string_view symbol,
                                                std::string_view interval) const {
  const auto found = by_name_.find(joined(venue, symbol, canonical_interval(interval)));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

std::string SeriesIndex::nearby_series(std::string_view venue, std::string_view symbol,
                                       std::string_view interval) const {
  const std::string wanted_interval = canonical_interval(interval);
  std::vector<Scored> candidates;
  candidates.reserve(catalog_.size());
  for (const core::Series& series : catalog_.series()) {
    // The symbol counts most: it is what people ask for; venue and interval are the smaller mistakes.
    const std::size_t score = 4 * distance(symbol, series.symbol) + (series.venue == venue ? 0 : 2) +
                              (series.interval.text() == wanted_interval ? 0 : 1);
    candidates.emplace_back(score,
                            fmt::format("{}/{}/{}", series.venue, series.symbol, series.interval.text()));
  }
  return best_of(std::move(candidates));
}

std::string SeriesIndex::nearby(const std::unordered_set<std::string>& names, std::string_view wanted) {
  std::vector<Scored> candidates;
  candidates.reserve(names.size());
  for (const std::string& name : names) candidates.emplace_back(distance(wanted, name), name);
  return best_of(std::move(candidates));
}

}  // namespace lockstep::engine
