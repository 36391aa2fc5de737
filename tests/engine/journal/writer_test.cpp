// The writer: groups, segments, and what it does when the disk does not do its part.
#include "engine/journal/writer.hpp"

#include <spdlog/spdlog.h>

#include <future>

#include "engine/journal/keeper.hpp"
#include "engine/watchdog.hpp"
#include "tests/engine/journal/memory_storage.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/eventually.hpp"

namespace lockstep::engine::journal::test {
namespace {

using lockstep::test::Rng;

const std::string kFolder = "/data/journal";

JournalConfig small_segments(std::int64_t bytes = 4000) {
  JournalConfig config;
  config.segment_bytes = bytes;
  return config;
}

/// A writer without its thread, on a disk in memory.
struct Rig {
  explicit Rig(const JournalConfig& config = small_segments(), const WriterPosition& position = {})
      : writer(storage, kFolder, config, position,
               {{}, [this](const std::string& text) { failure = text; }, {}}),
        port(writer.add_port()) {
    spdlog::set_level(spdlog::level::off);
  }

  /// Record `number` of a series of its own; its bar's time is the number.
  std::uint64_t append(std::int64_t number) {
    EventRecord record;
    record.event.kind = core::EventKind::bar;
    record.event.is_closed = 1;
    record.event.bar = {number, 1, 1, 1, 1};
    return port.append(record);
  }
  Writer::Step write(std::int64_t from, std::int64_t to) {
    for (std::int64_t i = from; i <= to; ++i) append(i);
    port.flush();
    return writer.step();
  }

  std::string failure;
  MemoryStorage storage;
  Writer writer;
  Port& port;
};

/// Numbers of the records that can be read, in order; `end` says where and why reading ended.
std::vector<std::int64_t> read_numbers(MemoryStorage& storage, JournalEnd& end) {
  std::vector<std::int64_t> numbers;
  end = read_journal(storage, kFolder, 1, [&](const RecordView& record, const SegmentFile&) {
    EventRecord event;
    REQUIRE(decode(record.payload, event));
    numbers.push_back(event.event.bar.ts_open_ms);
    return true;
  });
  return numbers;
}

void require_numbers(MemoryStorage& storage, std::int64_t count) {
  JournalEnd end;
  const auto numbers = read_numbers(storage, end);
  REQUIRE_FALSE(end.damage);
  REQUIRE(static_cast<std::int64_t>(numbers.size()) == count);
  for (std::int64_t i = 0; i < count; ++i) REQUIRE(numbers[static_cast<std::size_t>(i)] == i + 1);
}

}  // namespace

TEST_CASE("what was written is read again, over many segments", "[journal][writer]") {
  Rig rig;
  for (std::int64_t i = 0; i < 100; ++i) REQUIRE(rig.write(10 * i + 1, 10 * i + 10) == Writer::Step::written);
  require_numbers(rig.storage, 1000);
  REQUIRE(list_segments(rig.storage, kFolder).size() > 10);
  REQUIRE(rig.port.durable() == 1000);
}

TEST_CASE("compressed segments read as plain ones do, and a cut between both forms harms nothing",
          "[journal][writer]") {
  Rig rig;
  for (std::int64_t i = 0; i < 50; ++i) rig.write(10 * i + 1, 10 * i + 10);
  const auto plain = rig.storage.files;
  REQUIRE(compact_journal(rig.storage, kFolder, rig.writer.segment(), [] { return true; }) == 0);
  REQUIRE(compact_journal(rig.storage, kFolder, rig.writer.segment()) > 5);
  require_numbers(rig.storage, 500);
  for (const auto& [path, content] : plain) rig.storage.files.insert({path, content});
  require_numbers(rig.storage, 500);
}

TEST_CASE("S5: a full disk stops the journal without a trace, and room lets it go on",
          "[journal][writer][fault][S5]") {
  for (std::size_t room = 0; room < 1500; room += 37) {
    CAPTURE(room);
    Rig rig;
    REQUIRE(rig.write(1, 10) == Writer::Step::written);
    const auto before = rig.storage.files;
    std::size_t used = 0;
    for (const auto& [path, content] : before) used += content.bytes.size();
    rig.storage.capacity = used + room;
    if (room < 1200) {
      REQUIRE(rig.write(11, 20) == Writer::Step::stalled);
      REQUIRE(rig.port.durable() == 10);
      REQUIRE(rig.writer.is_blocked());
      REQUIRE(rig.writer.trouble().find("No space left") != std::string::npos);
      require_numbers(rig.storage, 10);
      REQUIRE(rig.writer.step() == Writer::Step::stalled);
      rig.storage.capacity = SIZE_MAX;
      REQUIRE(rig.writer.step() == Writer::Step::written);
    } else {
      REQUIRE(rig.write(11, 20) == Writer::Step::written);
    }
    REQUIRE_FALSE(rig.writer.is_blocked());
    REQUIRE(rig.writer.trouble().empty());
    REQUIRE(rig.port.durable() == 20);
    require_numbers(rig.storage, 20);
  }
}

TEST_CASE("S5: a disk that is full when a segment must begin is waited for, too",
          "[journal][writer][fault][S5]") {
  Rig rig;
  std::int64_t written = 0;
  while (rig.writer.segment() == 1) {
    rig.write(written + 1, written + 10);
    written += 10;
  }
  rig.storage.capacity = 0;
  REQUIRE(rig.write(written + 1, written + 10) == Writer::Step::stalled);
  rig.storage.capacity = SIZE_MAX;
  REQUIRE(rig.writer.step() == Writer::Step::written);
  require_numbers(rig.storage, written + 10);
}

TEST_CASE("short writes are gone on with", "[journal][writer][fault][S2]") {
  Rig rig;
  rig.storage.write_max = 7;
  REQUIRE(rig.write(1, 50) == Writer::Step::written);
  require_numbers(rig.storage, 50);
}

TEST_CASE("S2: when half a write cannot be cut off, nothing is written ever again",
          "[journal][writer][fault][S2]") {
  Rig rig;
  rig.write(1, 10);
  rig.storage.fault = [](const Call& call) { return call.name == "truncate" ? EIO : 0; };
  rig.storage.capacity = 1300 + sizeof(SegmentHeader);
  REQUIRE(rig.write(11, 20) == Writer::Step::failed);
  REQUIRE(rig.failure.find("truncate") != std::string::npos);
  rig.storage.capacity = SIZE_MAX;
  REQUIRE(rig.write(21, 30) == Writer::Step::failed);
  REQUIRE(rig.port.durable() == 10);
}

TEST_CASE("S6: a failed sync is final: what it covered is never called durable",
          "[journal][writer][fault][S6]") {
  Rig rig;
  rig.write(1, 10);
  bool fails = true;
  rig.storage.fault = [&](const Call& call) { return fails && call.name == "sync" ? EIO : 0; };
  REQUIRE(rig.write(11, 20) == Writer::Step::failed);
  fails = false;
  REQUIRE(rig.writer.step() == Writer::Step::failed);
  REQUIRE(rig.port.durable() == 10);
  REQUIRE(rig.failure.find("sync") != std::string::npos);
  REQUIRE(rig.writer.is_blocked());
}

TEST_CASE("an error of write or close that is no lack of room is final", "[journal][writer][fault][S6]") {
  const std::string call = GENERATE(as<std::string>{}, "write", "close", "create");
  Rig rig;
  rig.write(1, 10);
  rig.storage.fault = [&](const Call& each) { return each.name == call ? EIO : 0; };
  for (std::int64_t i = 11; rig.failure.empty() && i < 200; i += 10) rig.write(i, i + 9);
  REQUIRE(rig.failure.find("Input/output error") != std::string::npos);
}

TEST_CASE("policy interval publishes before the sync, policy always after it", "[journal][writer][S9]") {
  JournalConfig config = small_segments(1 << 20);
  config.fsync = GENERATE(FsyncPolicy::always, FsyncPolicy::interval, FsyncPolicy::never);
  Rig rig(config);
  int syncs = 0;
  rig.write(1, 10);
  rig.storage.fault = [&](const Call& call) {
    syncs += call.name == "sync";
    return 0;
  };
  rig.write(11, 20);
  REQUIRE(rig.port.durable() == 20);
  REQUIRE(syncs == (config.fsync == FsyncPolicy::always ? 1 : 0));
  REQUIRE(rig.writer.sync_now());
  REQUIRE(syncs == 1);
}

TEST_CASE("S1, S9: after a power cut at any moment the journal is a prefix with all that was promised",
          "[journal][writer][fault][S1][S9]") {
  JournalConfig config = small_segments(100'000);
  Rig rig(config);
  Rng rng(4);
  std::uint64_t cuts = 0, torn = 0;
  rig.storage.changed = [&] {
    MemoryStorage left = rig.storage.after_power_cut(rng);
    JournalEnd end;
    const auto numbers = read_numbers(left, end);
    REQUIRE(numbers.size() >= rig.port.durable());
    for (std::size_t i = 0; i < numbers.size(); ++i) REQUIRE(numbers[i] == static_cast<std::int64_t>(i) + 1);
    if (end.damage) {
      CAPTURE(end.damage->text());
      REQUIRE(end.damage->is_torn_tail);
      ++torn;
    }
    ++cuts;
  };
  for (std::int64_t next = 1; next <= 10'000;) {
    const std::int64_t last = std::min<std::int64_t>(10'000, next + rng.between(0, 60));
    REQUIRE(rig.write(next, last) == Writer::Step::written);
    next = last + 1;
  }
  REQUIRE(cuts > 500);
  REQUIRE(torn > 50);
}

TEST_CASE("the thread writes what several ports give, in each port's order", "[journal][writer]") {
  MemoryStorage storage;
  JournalConfig config = small_segments(20'000);
  config.fsync = FsyncPolicy::interval;
  config.fsync_ms = 1;
  Writer writer(storage, kFolder, config, {}, {});
  std::vector<Port*> ports;
  for (int i = 0; i < 3; ++i) ports.push_back(&writer.add_port());
  writer.start();
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      for (std::int64_t n = 0; n < 2000; ++n) {
        EventRecord record;
        record.event.kind = core::EventKind::bar;
        record.event.series = i;
        record.event.bar.ts_open_ms = n;
        ports[i]->append(record);
        if (n % 7 == 0) ports[i]->flush();
      }
      ports[i]->flush();
    });
  }
  for (std::thread& thread : threads) thread.join();
  REQUIRE(writer.wait_done(std::chrono::seconds(20)));
  for (Port* port : ports) REQUIRE(port->durable() == 2000);
  REQUIRE(writer.stop());
  std::vector<std::int64_t> next(3);
  bool has_stop = false;
  const JournalEnd end = read_journal(storage, kFolder, 1, [&](const RecordView& record, const SegmentFile&) {
    EventRecord event;
    has_stop = record.type() == RecordType::stop;
    if (!decode(record.payload, event)) return true;
    REQUIRE(event.event.bar.ts_open_ms == next.at(event.event.series)++);
    return true;
  });
  REQUIRE_FALSE(end.damage);
  REQUIRE(has_stop);
  REQUIRE(next == std::vector<std::int64_t>{2000, 2000, 2000});
}

TEST_CASE("S5: a snapshot that would eat the journal's room is not begun", "[journal][fault][S5]") {
  MemoryStorage storage;
  JournalConfig config;
  Writer writer(storage, "/data/journal", config, {}, {});
  Snapshot like;
  like.series.resize(1);
  Keeper keeper(storage, "/data", config, like, writer);
  storage.make_folder(snapshot_folder("/data"));
  const std::vector<std::vector<std::byte>> states = {std::vector<std::byte>(100)};
  const auto reserved = 2 * static_cast<std::uint64_t>(config.segment_bytes);
  storage.space = reserved;
  REQUIRE(keeper.write_last(states, 1) == ENOSPC);
  REQUIRE(storage.files.empty());
  storage.space = reserved + 4096;
  REQUIRE(keeper.write_last(states, 1) == 0);
  REQUIRE(list_snapshots(storage, snapshot_folder("/data")).size() == 1);
}

TEST_CASE("P4: a keeper that hangs in the disk is noticed", "[journal][writer][fault][P4]") {
  MemoryStorage storage;
  const JournalConfig config;
  Writer writer(storage, kFolder, config, {}, {});
  Snapshot like;
  like.series.resize(1);
  Keeper keeper(storage, "/data", config, like, writer);
  std::promise<void> entered, released;
  storage.fault = [&, is_first = true](const Call&) mutable {
    if (!std::exchange(is_first, false)) return 0;
    entered.set_value();
    released.get_future().wait();
    return 0;
  };
  std::int64_t now_ns = 1;
  engine::Watchdog dog({{"keeper", [&] { return keeper.beats(); }, std::chrono::seconds(120), false}}, {},
                       [&] {
                         return Watchdog::Clocks{now_ns, now_ns, now_ns};
                       });
  const auto pass = [&](int seconds) {
    for (int i = 0; i < 4 * seconds; ++i) {
      now_ns += 250'000'000;
      dog.look();
    }
  };
  keeper.start();
  keeper.ask_now();
  REQUIRE(lockstep::test::eventually([&] { return keeper.generation() == 1; }, std::chrono::seconds(20)));
  keeper.take_state(0, 0, std::vector<std::byte>(100));
  entered.get_future().wait();  // it writes the snapshot now
  pass(119);
  REQUIRE(dog.stats().stuck.empty());
  pass(3);
  REQUIRE(dog.stats().stuck == "keeper");
  const std::uint64_t beats = keeper.beats();
  released.set_value();
  REQUIRE(lockstep::test::eventually([&] { return keeper.beats() > beats; }, std::chrono::seconds(20)));
  pass(1);
  REQUIRE(dog.stats().stuck.empty());
  keeper.stop();
  storage.fault = {};
  REQUIRE(keeper.snapshots() == 1);
}

}  // namespace lockstep::engine::journal::test
