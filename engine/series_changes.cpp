#include "engine/series_changes.hpp"

#include <simdjson.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>

#include "engine/api/series_names.hpp"
#include "engine/config.hpp"
#include "engine/core/interval.hpp"
#include "engine/journal/storage.hpp"

namespace lockstep::engine {
namespace {

constexpr std::size_t kFileBytesMax = 64 << 20;

/// False: not a list of series.
bool read_names(simdjson::dom::element list, std::set<SeriesName>& names) {
  simdjson::dom::array entries;
  if (list.get(entries) != simdjson::SUCCESS) return false;
  for (const simdjson::dom::element entry : entries) {
    std::string_view venue, symbol, interval;
    if (entry["venue"].get(venue) != simdjson::SUCCESS || entry["symbol"].get(symbol) != simdjson::SUCCESS ||
        entry["interval"].get(interval) != simdjson::SUCCESS || !core::Interval::parse(interval))
      return false;
    names.insert({std::string(venue), std::string(symbol), core::Interval::parse(interval)->text()});
  }
  return true;
}

}  // namespace

std::string series_changes_file(const std::string& data_dir) {
  return data_dir + "/symbols.json";
}

SeriesChanges load_series_changes(const std::string& file) {
  SeriesChanges changes;
  std::ifstream in(file, std::ios::binary);
  if (!in && errno == ENOENT) return changes;
  const auto refuse = [&](const std::string& why) {
    return ConfigError(
        file + ": " + why +
        "; it holds the series that were added and removed over the API. Mend it, or remove it and "
        "the configuration alone holds");
  };
  if (!in) throw refuse("cannot be read: " + std::string(std::strerror(errno)));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (in.bad() || text.size() > kFileBytesMax) throw refuse("cannot be read, or has more than 64 MiB");
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  const simdjson::padded_string padded(text);
  if (const auto error = parser.parse(padded).get(document))
    throw refuse(std::string("is not JSON: ") + simdjson::error_message(error));
  simdjson::dom::element added, removed;
  const bool is_right = document["added"].get(added) == simdjson::SUCCESS &&
                        document["removed"].get(removed) == simdjson::SUCCESS &&
                        read_names(added, changes.added) && read_names(removed, changes.removed);
  if (!is_right) throw refuse("is not lists `added` and `removed` of venue, symbol and interval");
  return changes;
}

int save_series_changes(const std::string& file, const SeriesChanges& changes) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_names(json, "added", changes.added);
  write_names(json, "removed", changes.removed);
  json.end_object();
  text += '\n';
  const std::size_t slash = file.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : file.substr(0, slash);
  return journal::write_whole(journal::posix_storage(), folder, file.substr(slash + 1),
                              std::as_bytes(std::span(text)));
}

}  // namespace lockstep::engine
