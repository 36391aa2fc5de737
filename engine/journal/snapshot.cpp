#include "engine/journal/snapshot.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "engine/bytes.hpp"
#include "engine/core/defence.hpp"
#include "engine/journal/crc32c.hpp"

namespace lockstep::engine::journal {
namespace {

constexpr std::array<char, 8> kMagic = {'l', 'k', 's', 't', 's', 'n', 'a', 'p'};
constexpr std::size_t kChecksumAt = sizeof kMagic + sizeof(std::uint32_t);
constexpr std::size_t kBodyAt = kChecksumAt + sizeof(std::uint32_t);
constexpr const char* kEnding = ".snapshot";
constexpr std::size_t kStateBytesMax = std::size_t{1} << 28;
/// Least bytes of a series in a file: a count beyond what could fit is refused before memory is taken for it.
constexpr std::size_t kSeriesBytesMin = 32;

std::string name_of(std::uint64_t position) {
  char text[32];
  std::snprintf(text, sizeof text, "%016llu", static_cast<unsigned long long>(position));
  return std::string(text) + kEnding;
}

bool get_series(ByteReader& reader, SnapshotSeries& out) {
  std::uint64_t bytes = 0;
  reader.get(out.position);
  reader.get(out.series.id);
  reader.get_text(out.series.venue);
  reader.get_text(out.series.symbol);
  reader.get_text(out.series.interval);
  reader.get(bytes);
  if (!reader.is_ok() || bytes > reader.left()) return false;
  return decompress(reader.get_bytes(bytes), kStateBytesMax, out.state);
}

}  // namespace

std::uint64_t Snapshot::position_min() const {
  std::uint64_t least = UINT64_MAX;
  for (const SnapshotSeries& each : series) least = std::min(least, each.position);
  return least;
}

std::uint64_t Snapshot::position_max() const {
  std::uint64_t most = 0;
  for (const SnapshotSeries& each : series) most = std::max(most, each.position);
  return most;
}

std::vector<std::string> list_snapshots(Storage& storage, const std::string& folder) {
  std::vector<FileInfo> files;
  if (const int error = storage.list(folder, files); error != 0)
    throw StorageError(io_text("list", folder, error));
  std::vector<std::string> names;
  for (const FileInfo& file : files) {
    if (file.name.ends_with(kEnding)) names.push_back(file.name);
  }
  return names;
}

std::vector<std::byte> compress_state(std::span<const std::byte> state) {
  return compress(state, 1);
}

int write_snapshot(Storage& storage, const std::string& folder, const Snapshot& snapshot) {
  std::vector<std::byte> bytes;
  ByteWriter writer(bytes);
  writer.put(kMagic);
  writer.put(kFormatVersion);
  writer.put(std::uint32_t{0});
  writer.put(snapshot.journal);
  writer.put(snapshot.fingerprint);
  writer.put(snapshot.layout);
  writer.put(snapshot.epoch);
  writer.put_text(snapshot.configuration);
  writer.put(static_cast<std::uint64_t>(snapshot.series.size()));
  for (const SnapshotSeries& each : snapshot.series) {
    writer.put(each.position);
    writer.put(each.series.id);
    for (const std::string* text : {&each.series.venue, &each.series.symbol, &each.series.interval})
      writer.put_text(*text);
    writer.put(static_cast<std::uint64_t>(each.state.size()));
    writer.put_bytes(each.state);
  }
  const std::uint32_t checksum = crc32c(std::span(bytes).subspan(kBodyAt));
  std::memcpy(bytes.data() + kChecksumAt, &checksum, sizeof checksum);
  return write_whole(storage, folder, name_of(snapshot.position_max()), bytes);
}

bool decode_snapshot(std::span<const std::byte> bytes, Snapshot& snapshot, std::string& problem) {
  ByteReader reader(bytes);
  std::array<char, 8> magic{};
  std::uint32_t version = 0, checksum = 0;
  std::uint64_t count = 0;
  reader.get(magic);
  reader.get(version);
  reader.get(checksum);
  if (!reader.is_ok() || magic != kMagic) {
    problem = "does not begin as a snapshot does";
    return false;
  }
  bool is_whole = checksum == crc32c(bytes.subspan(kBodyAt)) || !LOCKSTEP_DEFENCE(snapshot_checksum);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  is_whole = true;  // a fuzzer finds no checksums
#endif
  if (version != kFormatVersion) {
    problem = "has format " + std::to_string(version);
    return false;
  }
  if (!is_whole) {
    problem = "the checksum does not match";
    return false;
  }
  reader.get(snapshot.journal);
  reader.get(snapshot.fingerprint);
  reader.get(snapshot.layout);
  reader.get(snapshot.epoch);
  reader.get_text(snapshot.configuration);
  reader.get(count);
  if (!reader.is_ok() || count > bytes.size() / kSeriesBytesMin) {
    problem = "is not a snapshot";
    return false;
  }
  snapshot.series.resize(count);
  for (SnapshotSeries& each : snapshot.series) {
    if (get_series(reader, each)) continue;
    problem = "holds a series that cannot be read";
    return false;
  }
  if (reader.is_at_end()) return true;
  problem = "goes on behind its end";
  return false;
}

bool read_snapshot(Storage& storage, const std::string& folder, const std::string& name, Snapshot& snapshot,
                   std::string& problem) {
  std::vector<std::byte> bytes;
  if (const int error = storage.read(folder + "/" + name, bytes); error != 0) {
    problem = io_text("read", folder + "/" + name, error);
    return false;
  }
  return decode_snapshot(bytes, snapshot, problem);
}

std::optional<Snapshot> find_oldest_snapshot(Storage& storage, const std::string& folder,
                                             std::uint64_t first_sequence, std::uint64_t layout,
                                             std::string& name) {
  for (const std::string& each : list_snapshots(storage, folder)) {
    Snapshot snapshot;
    std::string problem;
    if (!read_snapshot(storage, folder, each, snapshot, problem)) continue;
    if (snapshot.position_min() + 1 < first_sequence || snapshot.layout != layout) continue;
    name = each;
    return snapshot;
  }
  return std::nullopt;
}

}  // namespace lockstep::engine::journal
