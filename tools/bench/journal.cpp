// What the journal costs, and what a start on one takes.
#include <chrono>
#include <stdexcept>

#include "engine/journal/writer.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/journal_room.hpp"
#include "tools/bench/statistics.hpp"

namespace lockstep::bench {
namespace {

/// Bars a second from append() to durable, in batches as a shard makes them.
double append_rate(const engine::JournalConfig& journal, std::int64_t bars) {
  const tools::TemporaryFolder folder = make_journal_folder();
  engine::journal::Writer writer(engine::journal::posix_storage(), folder.path(), journal, {}, {});
  engine::journal::Port& port = writer.add_port();
  writer.start();
  engine::journal::EventRecord record;
  record.event.kind = core::EventKind::bar;
  const std::int64_t begin = wall_ns();
  for (std::int64_t i = 1; i <= bars; ++i) {
    record.event.bar = {i, i, i, i, i};
    port.append(record);
    if (i % kJournalBatch == 0) port.flush();
    while (i % kJournalBatch == 0 && port.is_blocked()) {
    }
  }
  port.flush();
  if (!writer.wait_done(std::chrono::seconds(60)) || !writer.stop())
    throw std::runtime_error("bench: the journal cannot be written: " + writer.trouble());
  return static_cast<double>(bars) / (static_cast<double>(wall_ns() - begin) * 1e-9);
}

/// Seconds until a daemon's series are there again.
double start_seconds(const engine::Config& config) {
  const std::int64_t begin = wall_ns();
  const JournalRoom room(config);
  return static_cast<double>(wall_ns() - begin) * 1e-9;
}

}  // namespace

Json measure_journal(const BenchOptions& options) {
  const tools::TemporaryFolder folder = make_journal_folder();
  engine::Config config;
  config.engine.anchor = {Anchor::Kind::rolling, 0, 500, 100};
  const int bars = options.is_quick ? 520 : 900;
  const int minutes = options.is_quick ? 5 : 100;
  Json json;
  std::vector<double> plain_ns, journal_ns, durable_ms;
  {
    JournalRoom room(config);
    room.warm_up(bars);
    for (int i = 0; i < minutes; ++i) plain_ns.push_back(room.close_minute().first);
  }
  config.engine.data_dir = folder.path();
  config.engine.data_dir_given = true;
  {
    JournalRoom room(config);
    room.warm_up(bars);
    for (int i = 0; i < minutes; ++i) {
      const auto [ns, ms] = room.close_minute();
      journal_ns.push_back(ns);
      durable_ms.push_back(ms);
    }
  }  // without a last snapshot, as a kill leaves it
  json["commit_path_ns"] = percentiles(plain_ns);
  json["commit_path_journal_ns"] = percentiles(journal_ns);
  json["minute_close_1000_durable_ms"] = percentiles(durable_ms);
  json["start_1000_symbols_bars"] = static_cast<std::int64_t>(JournalRoom::kSymbols) * (bars + minutes);
  json["start_1000_symbols_s"] = rounded(start_seconds(config), 3);
  {
    JournalRoom room(config);
    if (!room.stop()) throw std::runtime_error("bench: the journal could not be ended");
  }
  json["start_1000_symbols_from_snapshot_s"] = rounded(start_seconds(config), 3);
  const std::int64_t appended = options.is_quick ? 100'000 : 2'000'000;
  json["append_bars_per_s"] = rounded(append_rate(config.journal, appended), 0);
  config.journal.fsync = engine::FsyncPolicy::interval;
  json["append_bars_per_s_interval"] = rounded(append_rate(config.journal, appended), 0);
  return json;
}

}  // namespace lockstep::bench
