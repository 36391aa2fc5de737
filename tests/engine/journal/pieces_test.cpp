// Segments that are read piece by piece: whatever is wrong with them, the same is found as in the whole.
#include <spdlog/spdlog.h>

#include "engine/journal/segments.hpp"
#include "engine/journal/writer.hpp"
#include "tests/engine/journal/memory_storage.hpp"
#include "tests/support/catch.hpp"
#include "tests/tools/temporary_folder.hpp"

namespace lockstep::engine::journal::test {
namespace {

using lockstep::test::Rng;

const std::string kFolder = "/data/journal";
/// As segments.cpp reads them.
constexpr std::size_t kPieceBytes = 256 << 10;

/// The real disk, whole files only.
class WholeFiles final : public Storage {
 public:
  int create(const std::string& path, std::unique_ptr<File>& file) override {
    return disk_.create(path, file);
  }
  int open(const std::string& path, std::unique_ptr<File>& file) override { return disk_.open(path, file); }
  int read(const std::string& path, std::vector<std::byte>& bytes) override {
    return disk_.read(path, bytes);
  }
  int list(const std::string& folder, std::vector<FileInfo>& files) override {
    return disk_.list(folder, files);
  }
  int rename(const std::string& from, const std::string& to) override { return disk_.rename(from, to); }
  int remove(const std::string& path) override { return disk_.remove(path); }
  int sync_folder(const std::string& folder) override { return disk_.sync_folder(folder); }
  int make_folder(const std::string& path) override { return disk_.make_folder(path); }

 private:
  Storage& disk_ = posix_storage();
};

/// Two segments of some 1.5 MiB, a record in each that is larger than a piece.
MemoryStorage make_journal() {
  spdlog::set_level(spdlog::level::off);
  MemoryStorage storage;
  JournalConfig config;
  config.segment_bytes = 1'500'000;
  Writer writer(storage, kFolder, config, {}, {});
  Port& port = writer.add_port();
  for (int i = 0; i < 16; ++i) {
    for (int k = 0; k < 1'000; ++k) {
      EventRecord record;
      record.event.kind = core::EventKind::bar;
      record.event.is_closed = 1;
      record.event.bar = {i * 1'000 + k, 1, 1, 1, 1};
      port.append(record);
    }
    if (i == 3 || i == 13) port.append(ConfigurationRecord{std::string(3 * kPieceBytes / 2, 'x')});
    port.flush();
    REQUIRE(writer.step() == Writer::Step::written);
  }
  return storage;
}

struct Read {
  JournalEnd end;
  std::vector<std::uint64_t> sequences;
  std::vector<std::size_t> offsets;
  std::vector<std::uint32_t> checksums;
};

Read read_all(Storage& storage, const std::string& folder) {
  Read read;
  read.end = read_journal(storage, folder, 1, [&](const RecordView& record, const SegmentFile&) {
    read.sequences.push_back(record.header.sequence);
    read.offsets.push_back(record.offset);
    read.checksums.push_back(record.header.checksum);
    return true;
  });
  return read;
}

void require_same(const Read& a, const Read& b) {
  REQUIRE((a.sequences == b.sequences));
  REQUIRE((a.offsets == b.offsets));
  REQUIRE((a.checksums == b.checksums));
  REQUIRE(a.end.good_bytes == b.end.good_bytes);
  REQUIRE(a.end.next_sequence == b.end.next_sequence);
  REQUIRE(a.end.chain == b.end.chain);
  REQUIRE(a.end.damage.has_value() == b.end.damage.has_value());
  if (!a.end.damage) return;
  REQUIRE(a.end.damage->text() == b.end.damage->text());
  REQUIRE(a.end.damage->is_torn_tail == b.end.damage->is_torn_tail);
}

/// A place anywhere, or close to where a piece ends.
std::size_t draw_place(Rng& rng, std::size_t size) {
  const auto any = static_cast<std::size_t>(rng.between(0, static_cast<std::int64_t>(size) - 1));
  if (rng.between(0, 1) == 0) return any;
  const std::size_t near = any / kPieceBytes * kPieceBytes + static_cast<std::size_t>(rng.between(0, 300));
  return std::min(near, size - 1);
}

}  // namespace

TEST_CASE("read in pieces, a segment says what it says as a whole", "[journal][pieces]") {
  const MemoryStorage journal = make_journal();
  REQUIRE(journal.files.size() == 2);
  const lockstep::test::TemporaryFolder folder;
  const auto write = [&](const std::string& path, const std::vector<std::byte>& bytes) {
    folder.write(std::filesystem::path(path).filename().string(),
                 {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  for (const auto& [path, content] : journal.files) write(path, content.bytes);
  WholeFiles whole;
  const Read good = read_all(posix_storage(), folder.path(""));
  REQUIRE_FALSE(good.end.damage);
  REQUIRE(good.sequences.size() == 16'002);
  require_same(good, read_all(whole, folder.path("")));

  Rng rng(7);
  for (int draw = 0; draw < 80; ++draw) {
    const auto file = std::next(journal.files.begin(), rng.between(0, 1));
    std::vector<std::byte> bytes = file->second.bytes;
    const std::size_t place = draw_place(rng, bytes.size());
    switch (rng.between(0, 3)) {
      case 0:
        bytes[place] ^= std::byte{static_cast<unsigned char>(1 << rng.between(0, 7))};
        break;
      case 1:
        bytes.resize(place);
        break;
      case 2:
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(place), bytes.end(), std::byte{0});
        break;
      default:
        bytes.insert(bytes.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(place));
    }
    write(file->first, bytes);
    CAPTURE(draw, place, file->first);
    require_same(read_all(posix_storage(), folder.path("")), read_all(whole, folder.path("")));
    write(file->first, file->second.bytes);
  }
}

}  // namespace lockstep::engine::journal::test
