// Publications wait for the journal; a disk that is full makes every series invalid, and nothing is lost.
#include "engine/signal_gate.hpp"

#include <spdlog/spdlog.h>

#include "tests/engine/journal/memory_storage.hpp"
#include "tests/support/catch.hpp"

namespace lockstep::engine::journal::test {
namespace {

struct Rig {
  Rig()
      : writer(storage, "/data/journal", JournalConfig{}, {}, {}),
        port(writer.add_port()),
        gate(2, [this](const Signal& signal) { out.push_back(signal); }) {
    gate.guard({&port}, writer);
    spdlog::set_level(spdlog::level::off);
  }
  /// A closed bar of a live series that rests on a record of its own.
  void publish(core::SeriesId series, std::uint64_t sequence, bool has_record = true) {
    Signal signal;
    signal.kind = has_record ? Signal::Kind::closed_bar : Signal::Kind::open_bar;
    signal.state = SeriesState::live;
    signal.reason = core::Reason::none;
    signal.is_valid = true;
    signal.series = series;
    signal.sequence = sequence;
    if (has_record) port.append(NoteRecord{NoteKind::gap, series, 1});
    signal.journal_ticket = port.last_ticket();
    gate.take(signal);
  }
  void write() {
    port.flush();
    writer.step();
    gate.release();
  }

  MemoryStorage storage;
  Writer writer;
  Port& port;
  std::vector<Signal> out;
  SignalGate gate;
};

}  // namespace

TEST_CASE("nothing is published before the journal has what it rests on", "[journal][gate]") {
  Rig rig;
  rig.publish(0, 1, false);
  REQUIRE(rig.out.size() == 1);
  rig.publish(0, 2);
  rig.publish(0, 3, false);
  rig.publish(1, 1, false);
  REQUIRE(rig.out.size() == 1);
  rig.gate.release();
  REQUIRE(rig.out.size() == 1);
  rig.write();
  REQUIRE(rig.out.size() == 4);
  for (std::uint64_t i = 0; i < 3; ++i) REQUIRE(rig.out[i].sequence == i + 1);
}

TEST_CASE("S5: while the disk is full every series is HALTED, and then goes on with all it had",
          "[journal][gate][fault][S5]") {
  Rig rig;
  rig.publish(0, 1);
  rig.write();
  REQUIRE(rig.out.back().is_valid);
  rig.storage.capacity = 0;
  rig.publish(0, 2);
  rig.write();
  rig.gate.watch_journal();
  REQUIRE(rig.gate.is_stuck());
  REQUIRE(rig.out.size() == 2);  // the halt of series 0; series 1 has said nothing yet
  REQUIRE_FALSE(rig.out.back().is_valid);
  REQUIRE(rig.out.back().state == SeriesState::halted);
  REQUIRE(rig.out.back().reason == core::Reason::journal_unavailable);
  rig.gate.watch_journal();
  REQUIRE(rig.out.size() == 2);
  rig.storage.capacity = SIZE_MAX;
  rig.writer.step();
  rig.gate.watch_journal();
  REQUIRE_FALSE(rig.gate.is_stuck());
  REQUIRE(rig.out.size() == 4);  // live again as it was, then what had waited
  REQUIRE((rig.out[2].is_valid && rig.out[2].sequence == 1 && rig.out[2].kind == Signal::Kind::state));
  REQUIRE((rig.out[3].is_valid && rig.out[3].sequence == 2));
}

// Found by simulation, seed 2: minutes of events had waited for the disk, and each was shown as valid.
TEST_CASE("S5: what waited for a full disk is worked off before anything is valid again",
          "[journal][gate][fault][S5]") {
  Rig rig;
  bool has_backlog = false;
  rig.gate.guard({&rig.port}, rig.writer, [&] { return has_backlog; });
  rig.publish(0, 1);
  rig.write();
  rig.storage.capacity = 0;
  rig.publish(0, 2);
  rig.write();
  rig.gate.watch_journal();
  rig.storage.capacity = SIZE_MAX;
  has_backlog = true;
  for (std::uint64_t old = 3; old < 10; ++old) {
    rig.publish(0, old);
    rig.write();
    rig.gate.watch_journal();
    REQUIRE(rig.gate.is_stuck());
    REQUIRE_FALSE(rig.out.back().is_valid);
  }
  has_backlog = false;
  for (int i = 0; i < 3; ++i) rig.gate.watch_journal();
  REQUIRE_FALSE(rig.gate.is_stuck());
  REQUIRE(rig.out.back().is_valid);
  REQUIRE(rig.out.back().sequence == 9);
}

// Found by simulation, seed 4.
TEST_CASE("S5: traffic that never ends does not keep the series HALTED", "[journal][gate][fault][S5]") {
  Rig rig;
  rig.gate.guard({&rig.port}, rig.writer, [] { return true; });
  rig.publish(0, 1);
  rig.write();
  rig.storage.capacity = 0;
  rig.publish(0, 2);
  rig.write();
  rig.gate.watch_journal();
  REQUIRE(rig.gate.is_stuck());
  rig.storage.capacity = SIZE_MAX;
  rig.write();
  for (int i = 0; i < 20; ++i) rig.gate.watch_journal();
  REQUIRE_FALSE(rig.gate.is_stuck());
  REQUIRE(rig.out.back().is_valid);
}

}  // namespace lockstep::engine::journal::test
